# SPDX-License-Identifier: BSD-2-Clause
# A cluster whose only node sends everything on to ever new ones, where nobody is: the log is not flooded.
use strict;
use warnings;
use lib 't/lib';
use IO::Select;
use IO::Socket::INET;
use POSIX ();
use SloTest;
use SloTest::Slo;
use Test::Nginx::Socket 'no_plan';

no_shuffle();
no_long_string();
master_on();
Test::Nginx::Socket::log_level('error');
receiver( a => 'ok' );
receiver( b => 'ok' );
make_key('op');

my $log  = Test::Nginx::Socket::server_root() . '/logs/error.log';
my $door = IO::Socket::INET->new( LocalAddr => '127.0.0.1', Listen => 64 ) or die "no port: $!\n";
my $port = $door->sockport;

# The first words of the whole commands in a buffer, which are taken off it.
sub take_commands {
    my @found;
    while ( $_[0] =~ /\A\*(\d+)\r\n/ ) {
        my ( $count, $at ) = ( $1, $+[0] );
        my @words;
        while ( @words < $count && substr( $_[0], $at ) =~ /\A\$(\d+)\r\n/ ) {
            last if length( $_[0] ) < $at + $+[0] + $1 + 2;
            push @words, substr $_[0], $at + $+[0], $1;
            $at += $+[0] + $1 + 2;
        }
        last if @words < $count;
        push @found, $words[0];
        substr( $_[0], 0, $at ) = '';
    }
    return @found;
}

my $owner = $$;
my $named = 0;    # nodes, so far

sub answer_to {
    my $command = shift;
    return "+OK\r\n" if $command =~ /^(?:PING|CLIENT|ASKING)$/;
    return "*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n\$9\r\n127.0.0.1\r\n:$port\r\n" if $command eq 'CLUSTER';
    ++$named;
    return sprintf "-ASK 1 127.%d.%d.%d:1\r\n", 1 + ( $named >> 16 ), $named >> 8 & 255, $named & 255;
}

sub serve {
    my $all = IO::Select->new($door);
    my %said;
    while ( getppid == $owner ) {
        for my $ready ( $all->can_read(1) ) {
            if ( $ready == $door ) { $all->add( scalar $door->accept ); next }
            if ( !sysread $ready, $said{$ready}, 65_536, length( $said{$ready} // '' ) ) {
                delete $said{$ready};
                $all->remove($ready);
                close $ready;
                next;
            }
            syswrite $ready, join '', map { answer_to($_) } take_commands( $said{$ready} );
        }
    }
    return;
}

my $node = fork // die "fork: $!\n";
if ( !$node ) {
    local $SIG{PIPE} = 'IGNORE';
    eval { serve() };
    POSIX::_exit(0);
}
END { kill 'KILL', $node if $node && $$ == $owner }

# Section `told`: so many lines tell of a node that cannot be reached; who ends says how many more there were.
Test::Nginx::Socket::add_test_cleanup_handler( sub {
    my $block = shift;
    my $told  = $block->told // return;
    my @lines = grep { / node 127\.[\d.]+:1" cannot be reached: / } split /\n/, read_file($log);
    Test::More::is( scalar @lines, $told, $block->name . ' - told: lines' );
    kill 'HUP', read_file( Test::Nginx::Socket::server_root() . '/logs/nginx.pid' );
    my $more = sub { read_file($log) =~ /\[error\] [^\n]*slo: a node cannot be reached: [1-9]\d* more in the last minute$/m ? 1 : 0 };
    Test::More::is( SloTest::awaited( 1, $more ), 1, $block->name . ' - told: how many more' );
} );
add_block_preprocessor( sub {
    my $block = shift;
    local $ENV{TEST_NGINX_REDIS_SOCKET} = '';
    $block->set_value( http_config => http_part() =~ s{unix:}{redis-cluster://127.0.0.1:$port}r );
    $block->set_value( config => server_part() );
} );
run_tests();

__DATA__

=== TEST 1: who is sent on to ever new nodes does not flood the log
--- request
GET /jwks
--- wait: 2
--- told: 10
--- no_error_log
[alert]
[crit]
