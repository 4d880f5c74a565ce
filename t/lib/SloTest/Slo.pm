# SPDX-License-Identifier: BSD-2-Clause
# The configuration that most suites share: provider "main" with clients of every kind, its endpoint, API and carrier.
package SloTest::Slo;

use strict;
use warnings;
use Exporter qw(import);
use SloTest ();

our @EXPORT = qw(http_part server_part registration hint);

# Clients: back (back-channel at receiver A), front (front-channel), both (back-channel at B, and front), plain (none).
sub http_part {
    my ($members) = @_;
    my $others = $members // '';
    my $jwks = $others =~ /\bjwks\b/ ? '' : 'jwks off;';    # nobody answers at op.example
    return <<"END" . "$jwks $others" . <<'END';
    slo_store unix:$ENV{TEST_NGINX_REDIS_SOCKET} zone=slo:256k timeout=500ms;
    slo_provider main {
        issuer         https://op.example;
        allow_http     on;
        signing_key    $ENV{TEST_NGINX_DIR}/op.pem;
        session_cookie op_session;
        client back {
            client_name               "Back & Sons";
            post_logout_redirect_uris https://back.example/bye https://back.example/bye?lang=de;
            backchannel_logout_uri    $ENV{TEST_NGINX_RECEIVER_A}/logout?tenant=1;
            backchannel_logout_session_required on;
        }
        client front {
            redirect_uris             https://front.example/cb;
            frontchannel_logout_uri   https://front.example/out?a=1;
            frontchannel_logout_session_required on;
            post_logout_redirect_uris https://front.example/bye;
        }
        client both {
            redirect_uris             https://both.example:8443/cb;
            frontchannel_logout_uri   https://both.example:8443/out;
            backchannel_logout_uri    $ENV{TEST_NGINX_RECEIVER_B}/;
        }
        client plain { post_logout_redirect_uris https://plain.example/; }
END
    }
END
}

sub server_part {
    return <<'END';
    location = /logout { slo_end_session main; }
    location /api/     { slo_api write=on; }
    location = /status { slo_status; }
    location = /jwks   { slo_jwks main; }
    location = /_slo/deliver {
        internal;
        slo_deliver;
        proxy_pass $slo_deliver_uri;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_ignore_headers X-Accel-Redirect Set-Cookie;
    }
END
}

# A request that registers a participation.
sub registration {
    my %member = ( sub => 'alice', sid => 's1', @_ );
    return "POST /api/main/sessions\n" . JSON::PP->new->canonical->encode( \%member );
}

# An id_token_hint of the OP's own key.
sub hint {
    my %claims = ( aud => 'back', sid => 's1', @_ );
    return SloTest::id_token( \%claims, key => 'op' );
}

# The same claims, signed with a key that is not the OP's.
sub hint_by {
    my $key = shift;
    return SloTest::id_token( { aud => 'back', sid => 's1' }, key => $key );
}

1;
