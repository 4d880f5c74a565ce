# SPDX-License-Identifier: BSD-2-Clause
# The headers of our answers: ours win over what a server sets for all its pages, and types are what nginx expects.
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
our $server_wide = <<'END';
    add_header Content-Security-Policy "default-src 'self'" always;
    add_header Referrer-Policy unsafe-url always;
    add_header X-Frame-Options SAMEORIGIN always;
    add_header Cache-Control public always;
    add_header Strict-Transport-Security max-age=1 always;
    expires 1h;
END
add_block_preprocessor( sub {
    my $block = shift;
    $block->set_value( http_config => http_part() . ( $block->http_config // '' ) );
    $block->set_value( config => server_part() . 'location = /other { return 200 other; }' . ( $block->config // '' ) );
} );
run_tests();

__DATA__

=== TEST 1: what a server adds to all its pages is not added to ours, but for headers that we do not set
--- http_config eval: $::server_wide
--- request eval
['GET /logout', 'GET /logout?client_id=nobody', 'GET /other']
--- error_code eval
[200, 400, 200]
--- raw_response_headers_like eval
my $ours = '^(?=(?:.*\r?\n)*Strict-Transport-Security: max-age=1\r?\n)(?=(?:.*\r?\n)*Cache-Control: no-store\r?\n)'
  . '(?=(?:.*\r?\n)*Referrer-Policy: no-referrer\r?\n)(?=(?:.*\r?\n)*X-Frame-Options: DENY\r?\n)'
  . "(?=(?:.*\\r?\\n)*Content-Security-Policy: default-src 'none')";
[$ours, $ours, 'Referrer-Policy: unsafe-url']
--- raw_response_headers_unlike eval
my $theirs = 'unsafe-url|SAMEORIGIN|public|max-age=3600|\nExpires|self';
[$theirs, $theirs, 'no-store']


=== TEST 2: the question keeps its own Referrer-Policy, so that its answer names its origin
--- http_config eval: $::server_wide
--- request eval
[SloTest::Slo::registration(client_id => 'back', session_cookie => 'c'), 'GET /logout']
--- more_headers
Cookie: op_session=c
--- error_code eval
[201, 200]
--- raw_response_headers_like eval
['Cache-Control: no-store', 'Referrer-Policy: same-origin\r?\n']
--- raw_response_headers_unlike eval
['public', 'unsafe-url|public']


=== TEST 3: the keys may be kept for as long as we say
--- http_config eval: $::server_wide
--- request
GET /jwks
--- raw_response_headers_like: Cache-Control: public, max-age=300\r?\n
--- raw_response_headers_unlike: max-age=3600|\nExpires|Cache-Control: public\r?\n


=== TEST 4: our pages are text/html to nginx: gzip takes them
--- http_config
    gzip on;
    gzip_types text/html;
    gzip_min_length 1;
--- request
GET /logout
--- more_headers
Accept-Encoding: gzip
--- response_headers
Content-Encoding: gzip
Content-Type: text/html; charset=utf-8
--- no_error_log
[error]


=== TEST 5: and sub_filter, and gzip_types names the metrics without their parameters
--- http_config
    gzip on;
    gzip_types text/plain;
    gzip_min_length 1;
    sub_filter_once off;
    sub_filter '<title>' '<title>Bye: ';
--- request eval
['GET /logout', 'GET /status']
--- more_headers eval
['', 'Accept-Encoding: gzip']
--- response_body_like eval
['<title>Bye: ', '']
--- response_headers eval
['Content-Type: text/html; charset=utf-8', "Content-Encoding: gzip\nContent-Type: text/plain; version=0.0.4; charset=utf-8"]


=== TEST 6: a charset of the server's is not added to ours
--- http_config
    charset iso-8859-1;
--- request eval
['GET /logout', 'GET /status', 'GET /api/main/clients']
--- response_headers eval
['Content-Type: text/html; charset=utf-8', 'Content-Type: text/plain; version=0.0.4; charset=utf-8', 'Content-Type: application/json']
