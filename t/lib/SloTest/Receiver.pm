# SPDX-License-Identifier: BSD-2-Clause
# Receivers of logout tokens, well-behaved and otherwise; every request is written down for later questions.
#
#   receiver(a => 'ok');               # $TEST_NGINX_RECEIVER_A
#   receiver(b => qw(503 503 ok));     # first request, second, all others
# Behaviours: ok, a status (204, 400, 501, 503, 504 …), slow (ok after half a second), hang, refuse, reset, redirect,
# endless, dribble, garbage (no HTTP at all), or a whole response that begins with HTTP/.
package SloTest::Receiver;

use strict;
use warnings;
use Exporter qw(import);
use Fcntl qw(LOCK_EX SEEK_SET);
use IO::Select;
use IO::Socket::INET;
use JSON::PP ();
use POSIX qw(WNOHANG);
use Socket qw(SOL_SOCKET SO_LINGER);
use Time::HiRes qw(sleep time);

our @EXPORT = qw(receiver received);

use constant life => 300;    # seconds; no receiver outlives a killed test run for long

my %receivers;               # name → {pid, file, socket}
my $owner = $$;
my $json  = JSON::PP->new->canonical->latin1;

my %special = map { $_ => 1 } qw(ok slow hang refuse reset redirect endless dribble garbage);

# Starts a receiver and returns its URL without a path.
sub receiver {
    my ( $name, @behaviours ) = @_;
    @behaviours = ('ok') if !@behaviours;
    for my $behaviour (@behaviours) {
        die "unknown behaviour $behaviour\n" unless $special{$behaviour} || $behaviour =~ m{^(?:\d{3}$|HTTP/)};
    }
    my $refuses = $behaviours[0] eq 'refuse';
    # Bound but not listening, the port refuses and nobody else can get it.
    my $socket = IO::Socket::INET->new( LocalAddr => '127.0.0.1', Proto => 'tcp', $refuses ? () : ( Listen => 511 ) )
      or die "receiver $name: $!\n";
    my $url  = 'http://127.0.0.1:' . $socket->sockport;
    my $file = "$ENV{TEST_NGINX_DIR}/receiver-$name";
    open my $out, '>', $file or die "$file: $!\n";
    close $out;
    $ENV{"TEST_NGINX_RECEIVER_\U$name"} = $url;
    $receivers{$name} = { file => $file, socket => $socket };
    return $url if $refuses;

    my $pid = fork // die "fork: $!\n";
    if ( $pid == 0 ) {
        setpgrp;
        $SIG{$_} = 'DEFAULT' for qw(TERM ALRM INT);
        $SIG{CHLD} = 'IGNORE';
        eval { serve( $socket, $file, $url, \@behaviours ) };
        POSIX::_exit(0);
    }
    close $socket;
    $receivers{$name}{pid} = $pid;
    return $url;
}

# One child per connection, so that a hanging one holds up nobody.
sub serve {
    my ( $socket, $file, $url, $behaviours ) = @_;
    my $select = IO::Select->new($socket);
    for ( my $end = time + life ; time < $end && getppid == $owner ; ) {
        next if !$select->can_read(1);
        my $client = $socket->accept or next;
        my $pid    = fork // die "fork: $!\n";
        if ( $pid == 0 ) {
            close $socket;
            alarm life;
            local $SIG{PIPE} = 'IGNORE';
            eval {
                while ( my $request = read_request($client) ) {
                    my $count = write_down( $file, $request );
                    my $behaviour = $behaviours->[$count] // $behaviours->[-1];
                    answer( $client, $behaviour, $url ) or last;
                }
            };
            POSIX::_exit(0);
        }
        close $client;
    }
    return;
}

sub read_request {
    my $client = shift;
    my $line   = <$client> // return;
    my ( $method, $path ) = $line =~ /^(\S+) (\S+)/ or return;
    my %headers;
    while ( defined( my $header = <$client> ) ) {
        last if $header =~ /^\r?\n$/;
        $headers{ lc $1 } = $2 if $header =~ /^([^:]+):\s*(.*?)\r?\n$/;
    }
    my $body = '';
    read $client, $body, $headers{'content-length'} if $headers{'content-length'};
    return { method => $method, path => $path, headers => \%headers, body => $body, time => time };
}

# Returns how many there were before.
sub write_down {
    my ( $file, $request ) = @_;
    open my $out, '+<', $file or die "$file: $!\n";
    flock $out, LOCK_EX;
    my $count = () = <$out>;
    print {$out} $json->encode($request), "\n";
    close $out;
    return $count;
}

# True if the connection may carry another request.
sub answer {
    my ( $client, $behaviour, $url ) = @_;
    return say_it( $client, $behaviour ) if $behaviour =~ m{^HTTP/};
    if ( $behaviour eq 'hang' ) { sleep life; return 0 }
    if ( $behaviour eq 'reset' ) {
        setsockopt $client, SOL_SOCKET, SO_LINGER, pack 'll', 1, 0;
        close $client;
        return 0;
    }
    if ( $behaviour eq 'endless' ) {
        $client->syswrite("HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n");
        1 while $client->syswrite( 'x' x 4096 );
        return 0;
    }
    if ( $behaviour eq 'dribble' ) {
        $client->syswrite("HTTP/1.1 200 OK\r\nX-Drops: ");
        while ( $client->syswrite('.') ) { sleep 0.2 }
        return 0;
    }
    return say_it( $client, "SSH-2.0-OpenSSH_9.2\r\n" ) if $behaviour eq 'garbage';
    sleep 0.5 if $behaviour eq 'slow';
    return respond( $client, 302, "Location: $url/elsewhere\r\n", '' ) if $behaviour eq 'redirect';
    return respond( $client, 400, "Content-Type: application/json\r\n", '{"error":"invalid_request"}' ) if $behaviour eq '400';
    return respond( $client, 503, "Retry-After: 1\r\n", '' ) if $behaviour eq '503';
    return respond( $client, $behaviour =~ /^\d/ ? $behaviour : 200, '', '' );
}

sub respond {
    my ( $client, $status, $headers, $body ) = @_;
    my $length = $status == 204 ? '' : 'Content-Length: ' . length($body) . "\r\n";
    return say_it( $client, "HTTP/1.1 $status Status\r\n$length$headers\r\n$body", 1 );
}

sub say_it {
    my ( $client, $bytes, $go_on ) = @_;
    my $sent = $client->syswrite($bytes);
    return $sent && $go_on;
}

# What a receiver got: {method, path, headers (names in lower case), body, time}, in order of arrival.
sub received {
    my $name = shift;
    my $file = ( $receivers{$name} // die "no receiver $name\n" )->{file};
    open my $in, '<', $file or die "$file: $!\n";
    return map { $json->decode($_) } <$in>;
}

sub summary {
    return join "\n", map {
        my $name = $_;
        map { "$name: $_->{method} $_->{path}" } received($name)
    } sort keys %receivers;
}

# Claims of the last logout token that a receiver got; its signature is not looked at.
sub last_claims {
    my @requests = received(shift) or return;
    my ($token) = $requests[-1]{body} =~ /(?:^|&)logout_token=([^&]+)/ or return;
    return SloTest::Token::claims_of($token);
}

sub forget_all {
    for my $receiver ( values %receivers ) {
        truncate $receiver->{file}, 0;
    }
    return;
}

sub stop_all {
    return if $$ != $owner;
    for my $name ( keys %receivers ) {
        my $pid = delete( $receivers{$name} )->{pid} // next;
        kill 'KILL', -$pid;    # its own group: the connections' children as well
        waitpid $pid, 0;
    }
    return;
}

1;
