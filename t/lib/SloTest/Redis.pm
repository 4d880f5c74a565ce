# SPDX-License-Identifier: BSD-2-Clause
# A private redis-server on a unix socket, and just enough RESP to talk to it.
package SloTest::Redis;

use strict;
use warnings;
use Exporter qw(import);
use IO::Socket::UNIX;
use POSIX qw(WNOHANG);
use Socket qw(SOCK_STREAM);
use Time::HiRes qw(sleep time);

our @EXPORT = qw(redis_command);
my ( $pid, $socket_path, $link, $asked_for );
my $owner = $$;

sub in_use { return $asked_for }

# Starts it unless it runs; waits until it answers.
sub start {
    my $dir = shift;
    return if $pid;
    $asked_for   = 1;
    $socket_path = $ENV{TEST_NGINX_REDIS_SOCKET} = "$dir/redis.sock";
    $pid         = fork // die "fork: $!\n";
    if ( $pid == 0 ) {
        open STDOUT, '>>', "$dir/redis.log";
        open STDERR, '>>', "$dir/redis.log";
        # pdeathsig: a killed test run leaves no server behind.
        exec qw(setpriv --pdeathsig KILL), $ENV{SLO_REDIS_SERVER} || 'redis-server', qw(--port 0 --unixsocket), $socket_path,
          '--save', '', qw(--appendonly no --maxmemory-policy noeviction --dir), $dir
          or POSIX::_exit(127);
    }
    for ( my $end = time + 10 ; time < $end ; sleep 0.02 ) {
        return if eval { ( redis_command('PING') // '' ) eq 'PONG' };
        last   if waitpid( $pid, WNOHANG ) == $pid;
    }
    stop();
    die "redis-server did not start, see $dir/redis.log\n";
}

sub stop {
    return if !$pid || $$ != $owner;
    $link = undef;
    kill 'TERM', $pid;
    kill 'CONT', $pid;
    for ( my $end = time + 3 ; time < $end ; sleep 0.02 ) {
        if ( waitpid( $pid, WNOHANG ) != 0 ) { $pid = undef; return }
    }
    kill 'KILL', $pid;
    waitpid $pid, 0;
    $pid = undef;
    return;
}

# Stops it in its tracks: connections stay, nobody answers. thaw() goes on.
sub is_running { return defined $pid }
sub freeze { kill 'STOP', $pid; return }
sub thaw   { kill 'CONT', $pid; return }

# The reply: string, number, undef (nil), list reference; dies of an error reply.
sub redis_command {
    my @words = @_;
    $link //= IO::Socket::UNIX->new( Peer => $socket_path, Type => SOCK_STREAM ) // die "no Redis: $!\n";
    my $bytes = '*' . @words . "\r\n" . join '', map { '$' . length($_) . "\r\n$_\r\n" } @words;
    local $SIG{ALRM} = sub { die "Redis does not answer\n" };
    alarm 10;
    my $reply = eval { $link->syswrite($bytes) == length $bytes or die "write: $!\n"; read_reply() };
    my $error = $@;
    alarm 0;
    return $reply if !$error;
    $link = undef if $error !~ /^error reply/;
    die $error;
}

sub read_line {
    my $line = <$link> // die "Redis closed the connection\n";
    $line =~ s/\r\n$//;
    return $line;
}

sub read_reply {
    my ( $kind, $rest ) = read_line() =~ /^(.)(.*)$/s;
    return $rest if $kind eq '+' || $kind eq ':';
    die "error reply: $rest\n" if $kind eq '-';
    return undef if $rest < 0;
    return [ map { read_reply() } 1 .. $rest ] if $kind eq '*';
    my $text = '';
    while ( length $text < $rest + 2 ) {
        read $link, $text, $rest + 2 - length $text, length $text or die "Redis closed the connection\n";
    }
    return substr $text, 0, $rest;
}

sub as_text {
    my $reply = shift // return '(nil)';
    return ref $reply ? join ' ', map { as_text($_) } @$reply : $reply;
}

1;
