# SPDX-License-Identifier: BSD-2-Clause
# Compares what came back and what was logged with what a block expects. One check per line of a list.
package Test::Nginx::Socket::Check;

use strict;
use warnings;
use Test::More ();
use Test::Nginx::Socket::Server;
use Time::HiRes qw(sleep);

my @body_checks;
my $log_position = 0;

sub begin_log { $log_position = 0; return }

sub add_body_check { push @body_checks, shift; return }

# `index` is the place of the response where a block has several; expectations are then lists.
sub expected {
    my ( $block, $section, $index ) = @_;
    my $value = $block->$section // return;
    return ref $value eq 'ARRAY' ? $value->[0] : $value if !defined $index;
    die $block->name . " - $section must be a list, as there are several requests\n" if ref $value ne 'ARRAY';
    return $value->[$index];
}

sub response {
    my ( $block, $response, $index, $round ) = @_;
    my $name = $block->name . ( defined $index ? " (req $index)" : '' );
    status( $block, $response, $index, $name );
    raw_headers( $block, $response, $index, $name );
    headers( $block, $response, $index, $name );
    body( $block, $response, $index, $name );
    $_->( $block, $response->{body}, $index // 0, $round, undef ) for @body_checks;
    return;
}

sub status {
    my ( $block, $response, $index, $name ) = @_;
    if ( defined $block->error_code_like ) {
        my $pattern = expected( $block, 'error_code_like', $index );
        Test::More::like( $response->{code}, qr/$pattern/sm, "$name - status code ok" );
        return;
    }
    my $code = defined $block->error_code ? expected( $block, 'error_code', $index ) : 200;
    Test::More::is( $response->{code}, $code, "$name - status code ok" );
    return;
}

sub raw_headers {
    my ( $block, $response, $index, $name ) = @_;
    if ( defined( my $like = expected( $block, 'raw_response_headers_like', $index ) ) ) {
        Test::More::like( $response->{raw_headers}, qr/$like/s, "$name - raw resp headers like" );
    }
    if ( defined( my $unlike = expected( $block, 'raw_response_headers_unlike', $index ) ) ) {
        Test::More::unlike( $response->{raw_headers}, qr/$unlike/s, "$name - raw resp headers unlike" );
    }
    return;
}

# Lines `Key: value` or `! Key` (absent); a header sent several times is joined with commas.
sub headers {
    my ( $block, $response, $index, $name ) = @_;
    for my $section (qw(response_headers response_headers_like)) {
        my $lines = expected( $block, $section, $index ) // next;
        for my $line ( grep { /\S/ } split /\n/, $lines ) {
            $line =~ s/^\s+|\s+$//g;
            if ( $line =~ /^!\s*(.+)/ ) {
                Test::More::unlike( $response->{raw_headers}, qr/^\s*\Q$1\E\s*:/mi, "$name - header $1 not present" );
                next;
            }
            my ( $key, $value ) = split /\s*:\s*/, $line, 2;
            my $got = join ', ', @{ $response->{headers}{ lc $key } // [] };
            $value =~ s/\$ServerPort\b/$Test::Nginx::Socket::Server::settings{port}/g;
            if   ( $section eq 'response_headers' ) { Test::More::is( $got, $value, "$name - header $key ok" ) }
            else                                    { Test::More::like( $got, qr/^$value$/, "$name - header $key like ok" ) }
        }
    }
    return;
}

sub body {
    my ( $block, $response, $index, $name ) = @_;
    Test::More::fail("$name - of several sections on the body only the first is compared")
      if 1 < grep { defined } $block->response_body, $block->response_body_like, $block->response_body_unlike;
    if ( defined $block->response_body ) {
        my $wanted = expected( $block, 'response_body', $index );
        if ( ref $wanted ) {
            Test::More::like( $response->{body}, $wanted, "$name - response_body - like" );
            return;
        }
        if ( defined $wanted ) {
            $wanted =~ s/\$ServerPort\b/$Test::Nginx::Socket::Server::settings{port}/g;
            $wanted = Test::Nginx::Socket::Server::expand($wanted);
        }
        Test::More::is( $response->{body}, $wanted, "$name - response_body - response is expected" );
        return;
    }
    if ( defined( my $like = expected( $block, 'response_body_like', $index ) ) ) {
        Test::More::like( $response->{body} // '', qr/$like/s, "$name - response_body_like - response is expected" );
    }
    elsif ( defined( my $unlike = expected( $block, 'response_body_unlike', $index ) ) ) {
        Test::More::unlike( $response->{body} // '', qr/$unlike/s, "$name - response_body_unlike - response is expected" );
    }
    return;
}

# `status` as wait() gave it, undef if nginx did not give up.
sub must_die {
    my ( $block, $status ) = @_;
    my $name = $block->name;
    if ( !defined $status ) {
        Test::More::fail("$name - nginx must die but it does not");
    }
    elsif ( $status & 127 ) {
        Test::More::fail( "$name - nginx died on signal " . ( $status & 127 ) );
    }
    elsif ( $status >> 8 == 127 ) {
        Test::More::fail("$name - failed to execute nginx");
    }
    elsif ( $block->must_die =~ /^\s*(\d+)\s*$/ ) {
        Test::More::is( $status >> 8, $1, "$name - die with the expected exit code" );
    }
    else {
        Test::More::isnt( $status, 0, "$name - die as expected" );
    }
    return;
}

# Lines logged since the last look; a moment is left for what is logged after the connection was closed.
sub new_lines {
    my $round = shift;
    sleep 0.05;
    open my $in, '<', Test::Nginx::Socket::Server::error_log_file() or return ();
    $log_position = 0 if $log_position > -s $in;
    seek $in, $log_position, 0;
    my @lines = <$in>;
    $log_position = tell $in;
    return @lines;
}

sub patterns {
    my $value = shift // return;
    return $value if ref $value eq 'Regexp';
    return grep { defined } @$value if ref $value;
    return grep { /\S/ } split /\n+/, $value;
}

sub matches {
    my ( $line, $pattern ) = @_;
    return ref $pattern ? $line =~ /$pattern/ : index( $line, $pattern ) >= 0;
}

sub error_log {
    my ( $block, $round ) = @_;
    my $name  = $block->name;
    my @lines = new_lines();
    grep_error_log( $block, $round, @lines );
    for my $pattern ( patterns( $block->error_log ) ) {
        Test::More::ok( ( grep { matches( $_, $pattern ) } @lines ) > 0,
            "$name - pattern \"$pattern\" matches a line in error.log" )
          or Test::More::diag( "error.log:\n", shown(@lines) );
    }
    for my $pattern ( patterns( $block->no_error_log ) ) {
        my @found = grep { matches( $_, $pattern ) } @lines;
        Test::More::ok( !@found, "$name - pattern \"$pattern\" does not match a line in error.log" )
          or Test::More::diag( "matched:\n", shown(@found) );
    }
    my $wanted = join "\n", map { ref $_ ? "$_" : $_ } patterns( $block->error_log ), patterns( $block->no_error_log );
    for my $line (@lines) {
        Test::More::diag("WARNING: $name - $line")
          if $line =~ /(\[(?:alert|crit|emerg)\])/ && index( $wanted, substr $1, 0, -1 ) < 0;
        Test::More::fail("$name - $line") if $line =~ /\bAssertion .*?failed\b/;
    }
    return;
}

sub grep_error_log {
    my ( $block, $round, @lines ) = @_;
    my $pattern = $block->grep_error_log // return;
    my $wanted  = $block->grep_error_log_out;
    Test::More::fail( $block->name . ' - a list is for rounds (repeat_each), not for requests' )
      if grep { ref $_ eq 'ARRAY' && @$_ != Test::Nginx::Socket::repeat_each() } $pattern, $wanted;
    $_ = ref $_ eq 'ARRAY' ? $_->[$round] : $_ for $pattern, $wanted;
    chomp $pattern if !ref $pattern;
    my $regex = ref $pattern ? $pattern : qr/\Q$pattern\E/;
    my $found = join '', map { /$regex/ ? "$&\n" : () } @lines;
    my $name  = $block->name . ' - grep_error_log_out';
    if   ( ref $wanted ) { Test::More::like( $found, $wanted, $name ) }
    else                 { Test::More::is( $found, Test::Nginx::Socket::Server::expand($wanted), $name ) }
    return;
}

# The last lines of interest; debug lines drown everything else.
sub shown {
    my @lines = grep { !/\[debug\]/ } @_;
    splice @lines, 0, -20 if @lines > 20;
    return @lines;
}

1;
