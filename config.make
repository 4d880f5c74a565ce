# SPDX-License-Identifier: BSD-2-Clause
# Rules for nginx's Makefile: `make modules` calls CMake, `make install` takes the module along. CMake runs at make time,
# when configure has written ngx_auto_config.h. SLO_CMAKE passes further options to CMake.
slo_source=`pwd`
case "$NGX_OBJS" in
    /*) slo_objs=$NGX_OBJS ;;
    *)  slo_objs=$slo_source/$NGX_OBJS ;;
esac
slo_module=$NGX_OBJS/ngx_http_slo_module.so

cat << END                                                    >> $NGX_MAKEFILE

modules:	$slo_module

.PHONY:	slo_module_with_cmake slo_module_install

$slo_module:	slo_module_with_cmake

slo_module_with_cmake:
	cmake -S '$ngx_addon_dir' -B '$slo_objs/slo' \\
		-DSLO_NGX_SOURCE='$slo_source' -DSLO_NGX_OBJS='$slo_objs' \\
		-DSLO_BUILD_TESTS=OFF -DSLO_BUILD_MODULE=ON -DCMAKE_COMPILE_WARNING_AS_ERROR=OFF \\
		-DCMAKE_C_FLAGS='$NGX_CC_OPT' -DCMAKE_CXX_FLAGS='$NGX_CC_OPT' \\
		-DCMAKE_MODULE_LINKER_FLAGS='$NGX_LD_OPT' \$(SLO_CMAKE)
	+cmake --build '$slo_objs/slo' --target ngx_http_slo_module
	cp -f '$slo_objs/slo/ngx_http_slo_module.so' '$slo_module'

install:	slo_module_install

slo_module_install:	$slo_module
	mkdir -p '\$(DESTDIR)$NGX_MODULES_PATH'
	cp -f '$slo_module' '\$(DESTDIR)$NGX_MODULES_PATH/'
END
