# SPDX-License-Identifier: BSD-2-Clause
# tcp_listen and udp_listen: one answer from a child process that ends by itself, whatever happens to us.
package Test::Nginx::Socket::Mock;

use strict;
use warnings;
use File::Temp qw(tempfile);
use IO::Socket::INET;
use IO::Socket::UNIX;
use POSIX ();
use Socket qw(SOCK_DGRAM SOCK_STREAM);
use Test::More ();
use Test::Nginx::Socket::Client;
use Test::Nginx::Socket::Server;
use Time::HiRes qw(sleep);

use constant life => 60;    # seconds; a mock that nobody calls must not outlive a test run

my @children;

sub start {
    my $block = shift;
    my %asked;
    for my $kind (qw(tcp udp)) {
        my $listen = "${kind}_listen";
        next if !defined $block->$listen;
        my $target = Test::Nginx::Socket::Server::expand( $block->$listen );
        $target =~ s/^\s+|\s+$//g;
        $asked{$kind} = launch( $block, $kind, open_socket( $kind, $target ) );
    }
    return \%asked;
}

sub open_socket {
    my ( $kind, $target ) = @_;
    my $socket;
    if ( $target =~ /^\d+$/ ) {
        my @listen = $kind eq 'tcp' ? ( Listen => 5, ReuseAddr => 1 ) : ();
        $socket = IO::Socket::INET->new( LocalAddr => '127.0.0.1', LocalPort => $target, Proto => $kind, @listen );
    }
    else {
        unlink $target;
        my @listen = $kind eq 'tcp' ? ( Type => SOCK_STREAM, Listen => 5 ) : ( Type => SOCK_DGRAM );
        $socket = IO::Socket::UNIX->new( Local => $target, @listen );
    }
    return $socket // die "cannot listen on $kind $target: $!\n";
}

# Forks the mock; returns the file in which it leaves the query.
sub launch {
    my ( $block, $kind, $socket ) = @_;
    my ( undef, $file ) = tempfile( 'mock_XXXXXX', TMPDIR => 1, UNLINK => 1 );
    my $pid = fork // die "fork: $!\n";
    if ( $pid == 0 ) {
        $SIG{ALRM} = $SIG{TERM} = 'DEFAULT';
        alarm life;
        my $done = eval { $kind eq 'tcp' ? serve_tcp( $block, $socket, $file ) : serve_udp( $block, $socket, $file ); 1 };
        POSIX::_exit( $done ? 0 : 1 );
    }
    push @children, $pid;
    return $file;
}

sub serve_tcp {
    my ( $block, $socket, $file ) = @_;
    my $client = $socket->accept or die "accept: $!\n";
    my $wanted = $block->tcp_query_len // length( $block->tcp_query // '' );
    my $query  = '';
    while ( $client->sysread( my $chunk, 4096 ) ) {
        $query .= $chunk;
        leave( $file, $query );
        last if length $query >= $wanted;
    }
    sleep( Test::Nginx::Socket::Client::seconds( $block->tcp_reply_delay ) // 0 );
    my $reply = $block->tcp_reply;
    $reply = $reply->($query) if ref $reply eq 'CODE';
    $client->syswrite($_) for ref $reply ? @$reply : $reply // ();
    sleep life if defined $block->tcp_no_close;
    close $client;
    return;
}

sub serve_udp {
    my ( $block, $socket, $file ) = @_;
    defined $socket->recv( my $query, 4096 ) or die "recv: $!\n";
    leave( $file, $query );
    sleep( Test::Nginx::Socket::Client::seconds( $block->udp_reply_delay ) // 0 );
    my $reply = $block->udp_reply;
    $reply = $reply->($query) if ref $reply eq 'CODE';
    $socket->send($_) for ref $reply ? @$reply : $reply // ();
    return;
}

sub leave {
    my ( $file, $query ) = @_;
    Test::Nginx::Socket::Server::spew( "$file.new", $query );
    rename "$file.new", $file;
    return;
}

sub check {
    my ( $block, $asked ) = @_;
    for my $kind ( sort keys %$asked ) {
        my $query = do { local ( @ARGV, $/ ) = $asked->{$kind}; <> } // '';
        my ( $whole, $length ) = map { "${kind}_query$_" } '', '_len';
        Test::More::is( $query, $block->$whole, $block->name . " - $whole ok" ) if defined $block->$whole;
        Test::More::is( length $query, $block->$length, $block->name . " - $length ok" ) if defined $block->$length;
    }
    return;
}

sub stop_all {
    for my $pid ( splice @children ) {
        kill 'KILL', $pid;
        waitpid $pid, 0;
    }
    return;
}

1;
