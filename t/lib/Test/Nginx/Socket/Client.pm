# SPDX-License-Identifier: BSD-2-Clause
# Turns a block's requests into bytes, sends them, and reads what comes back, bounded in time.
package Test::Nginx::Socket::Client;

use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use Test::More ();
use Test::Nginx::Socket::Server;
use Time::HiRes qw(sleep time);

sub seconds {
    my $text = shift // return undef;    # in lists, too
    return $1 / 1000 if $text =~ /^\s*([\d.]+)\s*ms\s*$/;
    return $1 if $text =~ /^\s*([\d.]+)\s*s?\s*$/;
    die "not a time: $text\n";
}

# The connections that a block asks for: packets to send ({value, delay_before, delay_after}), methods to expect
# answers for.
sub calls {
    my $block = shift;
    if ( defined( my $raw = $block->raw_request ) ) {
        my @packets = map { ref $_ ? $_ : { value => $_ } } ref $raw ? @$raw : $raw;
        my ($method) = ( $packets[0]{value} // '' ) =~ /^(\S+)/;
        return { packets => \@packets, methods => [$method], delay => scalar $block->raw_request_middle_delay };
    }
    if ( my $pipelined = $block->pipelined_requests ) {
        my @built = map {
            build( Test::Nginx::Socket::Server::expand( $pipelined->[$_] ),
                headers_of( $block, $_ ), $_ == $#$pipelined ? 'close' : 'keep-alive' )
        } 0 .. $#$pipelined;
        return { packets => [ { value => join '', @built } ], methods => [ map { /^(\S+)/ } @built ] };
    }
    my $request = $block->request // die $block->name . " - no request\n";
    my @requests = ref $request ? @$request : $request;
    return map { one_call( $requests[$_], headers_of( $block, $_ ) ) } 0 .. $#requests;
}

# A request is a string, or packets: strings or {value, delay_before, delay_after}.
sub one_call {
    my ( $request, $headers ) = @_;
    my @packets = map { ref $_ ? {%$_} : { value => $_ } } ref $request eq 'ARRAY' ? @$request : $request;
    my $whole = join '', map { $_->{value} } @packets;
    my $built = build( $whole, $headers, 'close' );
    my ($method) = $built =~ /^(\S+)/;

    # The head grows, so everything but the last packets' own bytes goes with the first.
    for my $packet ( reverse @packets[ 1 .. $#packets ] ) {
        my $length = length $packet->{value};
        $packet->{value} = substr $built, -$length, $length, '';
    }
    $packets[0]{value} = $built;
    return { packets => \@packets, methods => [$method] };
}

sub headers_of {
    my ( $block, $index ) = @_;
    my $more = $block->more_headers // '';
    $more = $more->[$index] // die $block->name . " - more_headers lacks entry $index\n" if ref $more;
    return join '', map { my ( $key, $value ) = split /:\s*/, $_, 2; "$key: " . ( $value // '' ) . "\r\n" }
      grep { /\S/ && !/^\s*#/ } split /\r?\n/, $more;
}

sub build {
    my ( $request, $headers, $connection ) = @_;
    1 while $request =~ s/\A(?:\s*#[^\n]+\s+|\s+)//;
    my ( $line, $body ) = split /\n/, $request, 2;
    my ( $method, $uri, $version ) = split ' ', $line;
    $uri     //= '/';
    $version //= 'HTTP/1.1';
    my $head = "$method $uri $version\r\n";
    $head .= "Host: localhost\r\n"         unless $headers =~ /^Host:/mi;
    $head .= "Connection: $connection\r\n" unless $headers =~ /^Connection:/mi;
    $head .= $headers;
    $body //= '';
    if ( $body ne '' && $headers !~ /^(?:Content-Length:|Transfer-Encoding: chunked)/mi ) {
        $body =~ s/^\s+|\s+$//g;
        $head .= 'Content-Length: ' . length($body) . "\r\n";
    }
    return "$head\r\n$body";
}

# Sends one call and returns one response per method: {code, raw_headers, headers, body}; code is '' where none came.
sub call {
    my ( $block, $call, $port, $limit ) = @_;
    my $name   = $block->name;
    my $socket = IO::Socket::INET->new( PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => $limit );
    if ( !$socket ) {
        Test::More::fail("$name - cannot connect to 127.0.0.1:$port: $!");
        return map { empty() } @{ $call->{methods} };
    }
    local $SIG{PIPE} = 'IGNORE';
    for my $packet ( @{ $call->{packets} } ) {
        sleep $packet->{delay_before} if $packet->{delay_before};
        $socket->syswrite( $packet->{value} );
        sleep $packet->{delay_after} // seconds( $call->{delay} ) // 0;
    }
    my ( $rest, $in_time ) = receive( $socket, $call->{methods}, $limit );
    Test::More::fail("$name - client socket timed out") if !$in_time && !defined $block->abort;
    close $socket;
    my @responses;
    for my $method ( @{ $call->{methods} } ) {
        my ( $response, $length ) = parse( $rest, $method, 1 );
        substr $rest, 0, $length, '';
        push @responses, $response;
    }
    return @responses;
}

# Everything until all responses are complete, the peer closes, or the time is up.
sub receive {
    my ( $socket, $methods, $limit ) = @_;
    my $bytes  = '';
    my $select = IO::Select->new($socket);
    my $end    = time + $limit;
    while (1) {
        my $left = $end - time;
        return ( $bytes, 0 ) if $left <= 0 || !$select->can_read($left);
        my $got = $socket->sysread( my $chunk, 65536 );
        return ( $bytes, 1 ) if !$got;
        $bytes .= $chunk;
        return ( $bytes, 1 ) if all_there( $bytes, $methods );
    }
    return;
}

sub all_there {
    my ( $rest, $methods ) = @_;
    for my $method (@$methods) {
        my ( undef, $length ) = parse( $rest, $method, 0 ) or return 0;
        substr $rest, 0, $length, '';
    }
    return 1;
}

sub empty { return { code => '', raw_headers => '', headers => {}, body => undef } }

# The first response in `bytes` and its length; nothing if it is incomplete. At the `end` what is there has to do.
sub parse {
    my ( $bytes, $method, $end ) = @_;
    my ($head) = $bytes =~ /\A(.*?\r\n)\r\n/s or return $end ? ( empty(), length $bytes ) : ();
    my ($code) = $head =~ m{\AHTTP/\d\.\d (\d+)} or return $end ? ( empty(), length $bytes ) : ();
    my $start  = length($head) + 2;
    if ( $code == 100 ) {
        my ( $response, $length ) = parse( substr( $bytes, $start ), $method, $end ) or return;
        return ( $response, $length + $start );
    }
    my %headers;
    for my $line ( ( split /\r\n/, $head )[ 1 .. 1000 ] ) {
        last if !defined $line;
        my ( $key, $value ) = split /:\s*/, $line, 2;
        push @{ $headers{ lc $key } }, $value // '';
    }
    my $response = { code => $code, raw_headers => $head, headers => \%headers, body => '' };
    return ( $response, $start ) if $method eq 'HEAD' || $code == 204 || $code == 304;
    my ( $body, $length ) = read_body( substr( $bytes, $start ), \%headers, $end ) or return;
    $response->{body} = $body;
    return ( $response, $start + $length );
}

sub read_body {
    my ( $rest, $headers, $end ) = @_;
    if ( ( $headers->{'transfer-encoding'}[0] // '' ) eq 'chunked' ) {
        my ( $body, $at ) = ( '', 0 );
        while ( substr( $rest, $at ) =~ /\A([0-9a-fA-F]+)[^\r]*\r\n/ ) {
            my ( $size, $head ) = ( hex $1, length $& );
            last if length($rest) < $at + $head + $size + 2;
            $body .= substr $rest, $at + $head, $size;
            $at += $head + $size + 2;
            return ( $body, $at ) if $size == 0;
        }
        return $end ? ( $body, length $rest ) : ();
    }
    my $length = $headers->{'content-length'}[0];
    return ( substr( $rest, 0, $length ), $length ) if defined $length && length($rest) >= $length;
    return $end ? ( $rest, length $rest ) : ();
}

1;
