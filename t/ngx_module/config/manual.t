# SPDX-License-Identifier: BSD-2-Clause
# Fragments of the manual, taken from it as they stand, do what it says of them.
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

# The block of a manual's nginx code that holds `word`; our suites' provider is called main.
sub fragment {
    my ( $file, $word ) = @_;
    my $text = read_file( Cwd::abs_path($file) );
    while ( $text =~ /^( *)```nginx\n(.*?)^\1```$/gms ) {
        my $block = $2;
        return $block =~ s/\bcorp\b/main/gr if index( $block, $word ) >= 0;
    }
    die "$file has no block with $word\n";
}

add_block_preprocessor( sub {
    my $block   = shift;
    my $members = "client op { backchannel_logout_uri $ENV{TEST_NGINX_RECEIVER_B}/end; }\n";
    my ( $map, $beside ) = map { fragment( 'docs/operating.md', $_ ) } 'map $upstream_http_x_client_id', 'map $slo_result';
    $block->set_value( http_config => http_part($members) . $map . $beside );
    my $logout = fragment( 'docs/operating.md', 'add_header Set-Cookie $expired_beside' );
    my $rules  = fragment( 'docs/operating.md', 'client=$op_itself' );
    my $config = server_part() =~ s/^\s*location = \/logout .*\n/$logout/mr;
    $block->set_value( config => <<"END" );
$config
    location = /login {
$rules
        proxy_pass http://127.0.0.1:$ENV{TEST_NGINX_PORT}/op;
    }
    location = /op { add_header X-Client-Id back; add_header X-Sid s1; add_header X-Sub alice; return 200 "in\\n"; }
END
} );
run_tests();

__DATA__

=== TEST 1: the OP as a receiver is told with the client, and cookies beside the session's expire where it ended
--- request eval
[ 'GET /login', 'GET /logout', 'GET /logout?id_token_hint=' . SloTest::Slo::hint() ]
--- more_headers eval
[ '', 'Cookie: op_session=unknown', '' ]
--- error_code eval
[200, 200, 200]
--- raw_response_headers_unlike eval
[ qr{^X-(?:Client-Id|Sid|Sub):}mi, qr{op_session.sig}, qr{slo-none} ]
--- raw_response_headers_like eval
[ qr{200 OK}, qr{200 OK}, qr{Set-Cookie: op_session.sig=; Path=/; Max-Age=0; Secure; HttpOnly} ]
--- received
a: POST /logout?tenant=1
b: POST /end
--- received_claims
b: sid=s1
