# SPDX-License-Identifier: BSD-2-Clause
# Other modules, switched on for the whole server or all of http, neither cost a receiver its one token nor harm a page.
#
# Each block names directives of another module and where they stand. A session of three clients is ended, which gives a
# page with a frame, and one of a single client, which gives a redirect; both wait for the receivers' answers. What was
# said then goes into the table at the end, a line per module: `prove -v t/ngx_module/http/other_modules.t | grep '|'`.
use strict;
use warnings;
use lib 't/lib';
use SloTest qw(redis);
use SloTest::Slo;
use Test::Nginx::Socket 'no_plan';

no_shuffle();
no_long_string();
Test::Nginx::Socket::log_level('info');
receiver( a => 'ok' );
receiver( b => 'ok' );
make_key('op');
write_file( 'hello.js', "export default { value: r => r.uri.length.toString(), head: r => { r.headersOut['X-Js'] = r.variables.uri; } };\n" );

# $libraries{word}: what a block's `load` needs of Debian's modules, in the order they depend on each other.
my $directory = $ENV{TEST_NGINX_MODULES_DIRECTORY} // '/usr/lib/nginx/modules';
my %libraries = (
    lua   => [qw(ndk_http_module ngx_http_lua_module)],
    more  => ['ngx_http_headers_more_filter_module'],
    echo  => ['ngx_http_echo_module'],
    js    => ['ngx_http_js_module'],
    perl  => ['ngx_http_perl_module'],
    subs  => ['ngx_http_subs_filter_module'],
    purge => ['ngx_http_cache_purge_module'],
);
my ( %table, $plain_page );

# Sections: `load` (words of %libraries), `level` (http, server, or location: the carrier and the endpoint), `directives`, `once_in_http` (always there, e.g. zones),
# `page` (a pattern, where the page is meant to be changed).
add_block_preprocessor( sub {
    my $block = shift;
    return if !defined $block->level;
    my @missing;
    my $load = '';
    for my $library ( map { @{ $libraries{$_} } } split ' ', $block->load // '' ) {
        push @missing, $library if !-f "$directory/$library.so";
        $load .= "load_module $directory/$library.so;\n";
    }
    if (@missing) {
        Test::More::note( $block->name . " - skipped: no @missing in $directory" );
        $block->set_value( skip_nginx => '1: >= 0.0.1' );
        return;
    }
    my ( $http, $server ) = ( http_part("delivery wait=3s;\n"), server_part() );
    $http .= ( $block->once_in_http // '' ) . "\n";
    $server .= "    location = /words { return 200 words; }\n    location = /let-in { return 204; }\n    location = /t { return 200; }\n";
    if    ( $block->level =~ /http/ )   { $http   .= $block->directives }
    elsif ( $block->level =~ /server/ ) { $server .= $block->directives }
    else { $server =~ s/(?=slo_(?:end_session|deliver)\b)/$block->directives/eg }
    $block->set_value( main_config => $load );
    $block->set_value( http_config => $http );
    $block->set_value( config      => $server );
    $block->set_value( request     => [
        ( map { registration( client_id => $_ ) } qw(back both front) ),
        registration( client_id => 'back', sid => 's2' ),
        'GET /logout?id_token_hint=' . hint(),
        'GET /logout?id_token_hint=' . hint( sid => 's2' ) . '&post_logout_redirect_uri=https://back.example/bye',
        'GET /status',
    ] );
    $block->set_value( error_code => [ 201, 201, 201, 201, 200, 303, 200 ] );
    $block->set_value( received => "a: POST /logout?tenant=1\na: POST /logout?tenant=1\nb: POST /\n" );
    $block->set_value( received_claims => "a: sid=s2\na: sub=alice\nb: sid=s1\n" );
} );
# The page without its nonces; the first block's is what all others are compared with.
add_response_body_check( sub {
    my ( $block, $body, $index ) = @_;
    return if !defined $block->level || $index != 4;
    if ( $body =~ /\A\x1f\x8b/ ) {
        require IO::Uncompress::Gunzip;
        IO::Uncompress::Gunzip::gunzip( \( my $packed = $body ), \$body ) or $body = '(not gzip)';
    }
    $body =~ s/nonce="[^"]+"/nonce=""/g;
    $plain_page //= $body;
    my $name = $block->name . ' - page';
    if ( defined $block->page ) {
        my $pattern = $block->page =~ s/\n//gr =~ s/PAGE/quotemeta $plain_page/er;
        $block->set_value( page_holds => Test::More::like( $body, qr/\A$pattern\z/s, $name ) );
    }
    else { $block->set_value( page_holds => Test::More::is( $body, $plain_page, $name ) ) }
} );
add_test_cleanup_handler( sub {
    my $block = shift;
    my ( $module, $level ) = ( $block->name =~ /: (.*) in \w+$/, $block->level ) or return;
    my @told = map { "$_->{path}" } map { SloTest::Receiver::received($_) } qw(a b);
    my $cell = @told == 3 ? 'told once' : 'told ' . @told . ' of 3';
    $cell .= defined $block->page_holds && $block->page_holds ? ', page intact' : ', page harmed';
    $cell =~ s/intact/as meant/ if defined $block->page;
    push @{ $table{modules} }, $module if !$table{$module};
    $table{$module}{$level} = $cell;
} );
run_tests();
Test::More::note( sprintf '| %-34s | %-24s | %-24s | %-24s |', @$_ )
  for [ 'module', 'in http', 'in server', 'in location' ], map { [ $_, map { $_ // '' } @{ $table{$_} }{qw(http server location)} ] } @{ $table{modules} };

__DATA__

=== TEST 1: nothing else in http
--- level: http
--- directives


=== TEST 2: Lua in every phase and filter in http
--- load: lua
--- level: http
--- directives
    rewrite_by_lua_block { local v = ngx.var.uri }
    access_by_lua_block { local v = ngx.var.uri; ngx.ctx.seen = ngx.req.get_method() }
    header_filter_by_lua_block { ngx.header["X-Lua"] = ngx.var.uri }
    body_filter_by_lua_block { local v = ngx.var.uri .. #ngx.arg[1] }
    log_by_lua_block { local v = ngx.var.uri }


=== TEST 3: Lua in every phase and filter in server
--- load: lua
--- level: server
--- directives
    set_by_lua_block $seen { return ngx.var.uri }
    rewrite_by_lua_block { local v = ngx.var.uri }
    access_by_lua_block { local v = ngx.var.uri }
    header_filter_by_lua_block { ngx.header["X-Lua"] = ngx.var.uri }
    body_filter_by_lua_block { local v = ngx.var.uri .. #ngx.arg[1] }
    log_by_lua_block { local v = ngx.var.uri }


=== TEST 4: Lua that fails in a filter in http
--- load: lua
--- level: http
--- directives
    header_filter_by_lua_block { if ngx.is_subrequest then error("no") end }
    body_filter_by_lua_block { if ngx.is_subrequest then error("no") end }


=== TEST 5: headers-more in http
--- load: more
--- level: http
--- directives
    more_set_headers "X-More: $uri" "Content-Type: text/html; charset=utf-8";
    more_set_input_headers "Content-Type: application/json" "X-In: $uri";
    more_clear_input_headers Host;


=== TEST 6: headers-more in server
--- load: more
--- level: server
--- directives
    more_set_headers "X-More: $uri";
    more_set_input_headers "X-In: $uri";


=== TEST 7: echo in location
--- load: echo
--- level: location
--- directives
    echo_before_body "before";
    echo_after_body "after";
--- page
before.PAGEafter.


=== TEST 8: Lua in every phase and filter in location
--- load: lua
--- level: location
--- directives
    set_by_lua_block $seen { return ngx.var.uri .. ngx.req.get_method() }
    rewrite_by_lua_block { local v = ngx.var.uri }
    access_by_lua_block { local v = ngx.var.uri }
    header_filter_by_lua_block { ngx.header["X-Lua"] = ngx.var.uri }
    body_filter_by_lua_block { local v = ngx.var.uri .. #ngx.arg[1] }
    log_by_lua_block { local v = ngx.var.uri }
    log_subrequest on;


=== TEST 9: njs in location
--- load: js
--- level: location
--- once_in_http
    js_path $TEST_NGINX_DIR;
    js_import hello from hello.js;
    js_set $length hello.value;
--- directives
    set $copied $length;
    proxy_set_header X-Length $length;
    js_header_filter hello.head;


=== TEST 10: njs in server
--- load: js
--- level: server
--- once_in_http
    js_path $TEST_NGINX_DIR;
    js_import hello from hello.js;
    js_set $length hello.value;
--- directives
    add_header X-Length $length;


=== TEST 11: Perl in http
--- load: perl
--- level: http
--- directives
    perl_set $length 'sub { my $r = shift; return length $r->uri; }';
    add_header X-Length $length;


=== TEST 12: Perl in server
--- load: perl
--- level: server
--- once_in_http
    perl_set $length 'sub { my $r = shift; return length($r->uri) . $r->remote_addr; }';
--- directives
    set $copied $length;
    add_header X-Length $copied;


=== TEST 13: subs_filter in http
--- load: subs
--- level: http
--- directives
    subs_filter nothing-that-is-there something;
    subs_filter_types *;


=== TEST 14: subs_filter in server
--- load: subs
--- level: server
--- directives
    subs_filter nothing-that-is-there something;


=== TEST 15: cache_purge in http
--- load: purge
--- level: http
--- directives
    proxy_cache_path $TEST_NGINX_DIR/purged keys_zone=purged:1m;
    proxy_cache purged;
    proxy_cache_methods POST;
    proxy_cache_key everything;
    proxy_cache_valid any 1h;
    proxy_cache_purge PURGE from 127.0.0.1;


=== TEST 16: cache_purge in server
--- load: purge
--- level: server
--- once_in_http
    proxy_cache_path $TEST_NGINX_DIR/purged2 keys_zone=purged2:1m;
--- directives
    proxy_cache purged2;
    proxy_cache_methods POST;
    proxy_cache_key everything;
    proxy_cache_valid any 1h;
    proxy_cache_purge PURGE from 127.0.0.1;


=== TEST 17: proxy_cache in http
--- level: http
--- directives
    proxy_cache_path $TEST_NGINX_DIR/cached keys_zone=cached:1m;
    proxy_cache cached;
    proxy_cache_methods POST;
    proxy_cache_key everything;
    proxy_cache_valid any 1h;
    proxy_cache_lock on;
    proxy_cache_use_stale error updating;


=== TEST 18: proxy_cache in server
--- level: server
--- once_in_http
    proxy_cache_path $TEST_NGINX_DIR/cached2 keys_zone=cached2:1m;
--- directives
    proxy_cache cached2;
    proxy_cache_methods POST;
    proxy_cache_key everything;
    proxy_cache_valid any 1h;


=== TEST 19: mirror in http
--- level: http
--- directives
    mirror /t;


=== TEST 20: mirror in server
--- level: server
--- directives
    mirror /t;


=== TEST 21: auth_request in http
--- level: http
--- directives
    auth_request /let-in;


=== TEST 22: auth_request in server
--- level: server
--- directives
    auth_request /let-in;


=== TEST 23: limit_req in http
--- level: http
--- directives
    limit_req_zone $server_name zone=all:64k rate=1r/m;
    limit_req zone=all burst=8 nodelay;


=== TEST 24: limit_req in server
--- level: server
--- once_in_http
    limit_req_zone $server_name zone=all:64k rate=1r/m;
--- directives
    limit_req zone=all burst=8 nodelay;


=== TEST 25: limit_conn in http
--- level: http
--- directives
    limit_conn_zone $server_name zone=all:64k;
    limit_conn all 1;


=== TEST 26: limit_conn in server
--- level: server
--- once_in_http
    limit_conn_zone $server_name zone=all:64k;
--- directives
    limit_conn all 1;


=== TEST 27: realip in http
--- level: http
--- directives
    set_real_ip_from 127.0.0.1;
    set_real_ip_from unix:;
    real_ip_header X-Real-IP;


=== TEST 28: realip in server
--- level: server
--- directives
    set_real_ip_from 127.0.0.1;
    set_real_ip_from unix:;
    real_ip_header X-Real-IP;


=== TEST 29: sub_filter in http
--- level: http
--- directives
    sub_filter nothing-that-is-there something;
    sub_filter_types *;


=== TEST 30: sub_filter in server
--- level: server
--- directives
    sub_filter nothing-that-is-there something;


=== TEST 31: addition in http
--- level: http
--- directives
    add_before_body /words;
    add_after_body  /words;
    addition_types  *;
--- page
(words)?PAGE(words)?


=== TEST 32: addition in server
--- level: server
--- directives
    add_before_body /words;
    add_after_body  /words;
    addition_types  *;
--- page
(words)?PAGE(words)?


=== TEST 33: gzip and gunzip in http
--- level: http
--- directives
    gzip on;
    gzip_types *;
    gzip_proxied any;
    gunzip on;
--- more_headers
Accept-Encoding: gzip


=== TEST 34: gzip and gunzip in server
--- level: server
--- directives
    gzip on;
    gzip_types *;
    gzip_proxied any;
    gunzip on;
--- more_headers
Accept-Encoding: gzip


=== TEST 35: SSI in http
--- level: http
--- directives
    ssi on;
    ssi_types *;


=== TEST 36: SSI in server
--- level: server
--- directives
    ssi on;
    ssi_types *;


=== TEST 37: charset in http
--- level: http
--- directives
    charset utf-8;
    charset_types *;


=== TEST 38: charset in server
--- level: server
--- directives
    charset utf-8;
    charset_types *;


=== TEST 39: rewrites and redirects in server
--- level: server
--- directives
    set $scheme_was $scheme;
    if ($request_uri = "") { return 301 https://op.example/; }
    rewrite ^/_slo/ https://op.example/ permanent;


=== TEST 40: small limits and access rules in http
--- level: http
--- directives
    satisfy any;
    auth_delay 1s;
    client_body_buffer_size 1k;
    client_body_in_single_buffer on;
    limit_rate 20k;
    limit_rate_after 40k;
    error_page 400 404 405 500 502 503 /t;
    recursive_error_pages on;
    log_subrequest on;
    chunked_transfer_encoding off;
    etag on;
    expires 1h;
    post_action /t;
