# SPDX-License-Identifier: BSD-2-Clause
# An application in suites: it says which cookies it saw and sets what its query tells it; and visits to it.
package SloTest::App;

use strict;
use warnings;
use Exporter qw(import);

our @EXPORT = qw(app_part visit);

# /saw answers `saw [Cookie headers]`, and sets what `?set=` and `&set2=` say.
sub app_part {
    return <<'END';
    location = /saw {
        add_header Set-Cookie $arg_set always;
        add_header Set-Cookie $arg_set2 always;
        return 200 "saw [$http_cookie]\n";
    }
    location = /told {    # with what the guard found
        add_header Set-Cookie $arg_set always;
        add_header Set-Cookie $arg_set2 always;
        return 200 "saw [$http_x_status|$http_cookie]\n";
    }
END
}

# For a block's visits, a line each: `/path <- Cookie header [<- another] => status, saw [what the application saw]`; then
# `sets NAME=…` lines of Set-Cookie in their order, or `sets nothing`. What is not said is not looked at. `logout sid=…`: a logout
# token of the OP. Turns them into the sections of Test::Nginx.
sub visit {
    my ($block) = @_;
    my ( @requests, @headers, @codes, @bodies, @raw );
    for my $line ( grep { /\S/ } split /\n/, $block->visits // return ) {
        if ( $line =~ /^\s+sets (.*)/ ) {
            my $what = $1;
            $raw[-1] .= $what eq 'nothing' ? '(?!(?s:.*)^Set-Cookie:)' : "(?s:.*?)^Set-Cookie: \Q$what\E\\r?\$";
            next;
        }
        if ( $line =~ /^logout (.*)/ ) {
            my %claims = map { split /=/, $_, 2 } split ' ', $1;
            $claims{iat} += time if $claims{iat};    # seconds from now
            push @requests, SloTest::Rp::logout_token(%claims);
            push @headers,  'Content-Type: application/x-www-form-urlencoded';
            push @codes, 200;
            push @bodies, '';
            push @raw, '';
            next;
        }
        my ( $way, $code, $saw ) = $line =~ m{^(.*?)\s*=> (\d+)(?:, saw \[(.*)\])?$} or die "not understood: $line\n";
        my ( $path, @cookies ) = split / <- /, $way;
        push @requests, $path =~ /^[A-Z]+ / ? $path : "GET $path";
        push @headers, join "\n", map { /^[\w-]+: / ? $_ : "Cookie: $_" } @cookies;
        push @codes, $code;
        push @bodies, defined $saw ? 'saw \[' . quotemeta($saw) =~ s/^ok\\\|/(?:ok|syncing)\\|/r . '\]' : '';
        push @raw, '';
    }
    $block->set_value( request                  => \@requests );
    $block->set_value( more_headers             => \@headers );
    $block->set_value( error_code               => \@codes );
    $block->set_value( response_body_like       => \@bodies );
    $block->set_value( raw_response_headers_like => [ map { "(?m)\\A$_" } @raw ] ) if grep { $_ } @raw;
    return;
}

1;
