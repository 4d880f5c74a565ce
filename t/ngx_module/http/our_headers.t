# SPDX-License-Identifier: BSD-2-Clause
# What other modules do to headers behind our back, headers-more and Lua, is undone where they are ours.
#
# Each block has directives of another module and says where they stand. Of each of our answers every header that it has
# without them is compared; a page beside ours, `plainly`, shows that they do what they say.
use strict;
use warnings;
use lib 't/lib';
use SloTest qw(redis);
use SloTest::Slo;
use Test::Nginx::Socket 'no_plan';

no_shuffle();
no_long_string();
receiver( a => 'ok' );
receiver( b => 'ok' );
make_key('op');

my $modules   = $ENV{TEST_NGINX_MODULES_DIRECTORY} // '/usr/lib/nginx/modules';
my @libraries = map { "$modules/$_.so" } qw(ngx_http_headers_more_filter_module ndk_http_module ngx_http_lua_module);
my @missing   = grep { !-f } @libraries;

my $no_store = 'Cache-Control: no-store';
my $policy   = "Content-Security-Policy: default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'; frame-ancestors 'none'";
my @page     = ( 'Content-Type: text/html; charset=utf-8', $no_store, 'Referrer-Policy: no-referrer',
    'X-Content-Type-Options: nosniff', 'X-Frame-Options: DENY', $policy );
my @ours = (
    \@page, \@page,
    [ 'Content-Type: application/jwk-set\+json',                    'Cache-Control: public, max-age=300' ],
    [ 'Content-Type: text/plain; version=0\.0\.4; charset=utf-8', $no_store ],
    [ 'Content-Type: application/json',                             $no_store, 'X-Content-Type-Options: nosniff' ],
);

# All of them, each once, and none of the older word for Cache-Control.
sub exactly {
    return '\A' . join '', '(?!.*\nExpires:)', map { my ($name) = /^([\w-]+)/; "(?=.*\\n$_\\r?\\n)(?!.*\\n$name:.*\\n$name:)" } @_;
}

add_block_preprocessor( sub {
    my $block = shift;
    if (@missing) {
        Test::More::note( $block->name . " - skipped: no @missing" );
        $block->set_value( skip_nginx => '1: >= 0.0.1' );
        return;
    }
    my $others = $block->directives;
    my ( $http, $server ) = ( http_part(), server_part() );
    $server .= <<'END';
    location = /plainly {
        content_by_lua_block { ngx.header["Cache-Control"] = "as-it-was"; ngx.header["Content-Security-Policy"] = "as-it-was"; ngx.print("") }
    }
END
    if    ( $block->level =~ /http/ )   { $http   .= $others }
    elsif ( $block->level =~ /server/ ) { $server .= $others }
    else                                { $server =~ s/(?=slo_(?:end_session|jwks|status|api)\b|content_by_lua)/$others/g }
    $block->set_value( main_config => join '', map { "load_module $_;\n" } @libraries );
    $block->set_value( http_config => $http );
    $block->set_value( config      => $server );
    return if defined $block->request;
    $block->set_value( request => [ 'GET /logout', 'GET /logout?client_id=nobody', map { "GET /$_" } qw(jwks status api/main/clients plainly) ] );
    $block->set_value( error_code                => [ 200, 400, 200, 200, 200, 200 ] );
    $block->set_value( raw_response_headers_like => [ ( map { exactly(@$_) } @ours ), $block->plainly ] );
} );
run_tests();

__DATA__

=== TEST 1: headers-more that clears them, in http
--- level: http
--- directives
    more_clear_headers Cache-Control Content-Security-Policy Referrer-Policy X-Frame-Options X-Content-Type-Options;
--- plainly chomp
\A(?!.*as-it-was)


=== TEST 2: headers-more that clears them, in server
--- level: server
--- directives
    more_clear_headers Cache-Control Content-Security-Policy Referrer-Policy X-Frame-Options X-Content-Type-Options;
--- plainly chomp
\A(?!.*as-it-was)


=== TEST 3: headers-more that clears them, in location
--- level: location
--- directives
    more_clear_headers Cache-Control Content-Security-Policy Referrer-Policy X-Frame-Options X-Content-Type-Options;
--- plainly chomp
\A(?!.*as-it-was)


=== TEST 4: headers-more that clears all of a kind, in http
--- level: http
--- directives
    more_clear_headers 'Ca*' 'Content-S*' 'X-*' 'R*';
--- plainly chomp
\A(?!.*as-it-was)


=== TEST 5: headers-more that clears all of a kind, in server
--- level: server
--- directives
    more_clear_headers 'Ca*' 'Content-S*' 'X-*' 'R*';
--- plainly chomp
\A(?!.*as-it-was)


=== TEST 6: headers-more that clears all of a kind, in location
--- level: location
--- directives
    more_clear_headers 'Ca*' 'Content-S*' 'X-*' 'R*';
--- plainly chomp
\A(?!.*as-it-was)


=== TEST 7: headers-more that sets others, in http
--- level: http
--- directives
    more_set_headers "Content-Security-Policy: default-src 'self'" "Cache-Control: public" "Referrer-Policy: unsafe-url" "X-Frame-Options: SAMEORIGIN" "X-Content-Type-Options: sniff" "Expires: Thu, 01 Jan 2099 00:00:00 GMT";
--- plainly chomp
\A(?!.*as-it-was)(?=.*\nCache-Control: public\r?\n)(?=.*\nExpires: Thu)(?=.*\nContent-Security-Policy: default-src 'self')


=== TEST 8: headers-more that sets others, in server
--- level: server
--- directives
    more_set_headers "Content-Security-Policy: default-src 'self'" "Cache-Control: public" "Referrer-Policy: unsafe-url" "X-Frame-Options: SAMEORIGIN" "X-Content-Type-Options: sniff" "Expires: Thu, 01 Jan 2099 00:00:00 GMT";
--- plainly chomp
\A(?!.*as-it-was)(?=.*\nCache-Control: public\r?\n)(?=.*\nExpires: Thu)(?=.*\nContent-Security-Policy: default-src 'self')


=== TEST 9: headers-more that sets others, in location
--- level: location
--- directives
    more_set_headers "Content-Security-Policy: default-src 'self'" "Cache-Control: public" "Referrer-Policy: unsafe-url" "X-Frame-Options: SAMEORIGIN" "X-Content-Type-Options: sniff" "Expires: Thu, 01 Jan 2099 00:00:00 GMT";
--- plainly chomp
\A(?!.*as-it-was)(?=.*\nCache-Control: public\r?\n)(?=.*\nExpires: Thu)(?=.*\nContent-Security-Policy: default-src 'self')


=== TEST 10: headers-more that sets them to nothing, in http
--- level: http
--- directives
    more_set_headers "Content-Security-Policy:" "Cache-Control:" "Referrer-Policy:";
--- plainly chomp
\A(?!.*as-it-was)


=== TEST 11: headers-more that sets them to nothing, in server
--- level: server
--- directives
    more_set_headers "Content-Security-Policy:" "Cache-Control:" "Referrer-Policy:";
--- plainly chomp
\A(?!.*as-it-was)


=== TEST 12: headers-more that sets them to nothing, in location
--- level: location
--- directives
    more_set_headers "Content-Security-Policy:" "Cache-Control:" "Referrer-Policy:";
--- plainly chomp
\A(?!.*as-it-was)


=== TEST 13: Lua that clears them, in http
--- level: http
--- directives
    header_filter_by_lua_block { for _, name in ipairs { "Cache-Control", "Content-Security-Policy", "Referrer-Policy" } do ngx.header[name] = nil end }
--- plainly chomp
\A(?!.*as-it-was)


=== TEST 14: Lua that clears them, in server
--- level: server
--- directives
    header_filter_by_lua_block { for _, name in ipairs { "Cache-Control", "Content-Security-Policy", "Referrer-Policy" } do ngx.header[name] = nil end }
--- plainly chomp
\A(?!.*as-it-was)


=== TEST 15: Lua that clears them, in location
--- level: location
--- directives
    header_filter_by_lua_block { for _, name in ipairs { "Cache-Control", "Content-Security-Policy", "Referrer-Policy" } do ngx.header[name] = nil end }
--- plainly chomp
\A(?!.*as-it-was)


=== TEST 16: Lua that sets others, in http
--- level: http
--- directives
    header_filter_by_lua_block { ngx.header["Cache-Control"] = { "public", "max-age=3" }; ngx.header["Content-Security-Policy"] = "default-src *"; ngx.header["X-Frame-Options"] = { "ALLOWALL", "SAMEORIGIN" }; ngx.header["Expires"] = "Thu, 01 Jan 2099 00:00:00 GMT" }
--- plainly chomp
\A(?!.*as-it-was)(?=.*\nContent-Security-Policy: default-src \*)(?=.*\nCache-Control: public)(?=.*\nExpires: Thu)


=== TEST 17: Lua that sets others, in server
--- level: server
--- directives
    header_filter_by_lua_block { ngx.header["Cache-Control"] = { "public", "max-age=3" }; ngx.header["Content-Security-Policy"] = "default-src *"; ngx.header["X-Frame-Options"] = { "ALLOWALL", "SAMEORIGIN" }; ngx.header["Expires"] = "Thu, 01 Jan 2099 00:00:00 GMT" }
--- plainly chomp
\A(?!.*as-it-was)(?=.*\nContent-Security-Policy: default-src \*)(?=.*\nCache-Control: public)(?=.*\nExpires: Thu)


=== TEST 18: Lua that sets others, in location
--- level: location
--- directives
    header_filter_by_lua_block { ngx.header["Cache-Control"] = { "public", "max-age=3" }; ngx.header["Content-Security-Policy"] = "default-src *"; ngx.header["X-Frame-Options"] = { "ALLOWALL", "SAMEORIGIN" }; ngx.header["Expires"] = "Thu, 01 Jan 2099 00:00:00 GMT" }
--- plainly chomp
\A(?!.*as-it-was)(?=.*\nContent-Security-Policy: default-src \*)(?=.*\nCache-Control: public)(?=.*\nExpires: Thu)


=== TEST 19: cookies, targets and types of answers may be changed by who means to
--- level: location
--- directives
    more_clear_headers Set-Cookie;
    more_set_headers -t "text/html" "Content-Type: text/plain";
    header_filter_by_lua_block { if ngx.header["Location"] then ngx.header["Location"] = "https://elsewhere.example/" end }
--- request eval
[ SloTest::Slo::registration( client_id => 'back' ), 'GET /logout?id_token_hint=' . SloTest::Slo::hint() . '&post_logout_redirect_uri=https://back.example/bye', 'GET /logout' ]
--- error_code eval
[ 201, 303, 200 ]
--- raw_response_headers_like eval
[ '', '\nLocation: https://elsewhere\.example/\r?\n', '\nContent-Type: text/plain' ]
--- raw_response_headers_unlike eval
[ 'nothing of this', '\nSet-Cookie:', '\nContent-Type: text/html' ]
