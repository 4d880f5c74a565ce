/* SPDX-License-Identifier: BSD-2-Clause */
/* Linked into the checked nginx: lets UndefinedBehaviorSanitizer write its reports to files, SLO_UNDEFINED_LOG.pid. */
#include <dlfcn.h>
#include <stdlib.h>

/*
 * Beside AddressSanitizer, libubsan keeps a report file of its own that no option names; it would write to stderr, which
 * nginx turns into its error log.
 */
__attribute__((constructor)) static void
write_reports_to_files(void)
{
    const char *path = getenv("SLO_UNDEFINED_LOG");
    void *library = dlopen("libubsan.so.1", RTLD_NOW | RTLD_NOLOAD);
    void (*set_path)(const char *) = NULL;

    if (path != NULL && library != NULL) {
        *(void **) &set_path = dlsym(library, "__sanitizer_set_report_path");
    }
    if (set_path != NULL) {
        set_path(path);
    }
}
