# SPDX-License-Identifier: BSD-2-Clause
# What every suite starts with: a runner, a private directory, ports, and on demand Redis, receivers and tokens.
#
#   use lib 't/lib';
#   use SloTest qw(redis);                 # redis: a private redis-server, emptied before each block
#   use Test::Nginx::Socket 'no_plan';     # the real one (TEST_NGINX_REAL, or installed), else the one in t/lib
#
# Environment for nginx.conf: $TEST_NGINX_DIR (private directory), $TEST_NGINX_REDIS_SOCKET, and for each receiver
# $TEST_NGINX_RECEIVER_<NAME>, its http://127.0.0.1:port. In `--- init` write function names in full, SloTest::….
# $TEST_NGINX_NO_RESOLVER: what leaves nobody to look names up; Angie asks its system's name servers without it.
# $TEST_NGINX_EVERY_LINE, behind a level: the error log has all lines; Angie's leaves out those beyond a thousand a second.
#
# Sections of our own, all awaited for some seconds, since deliveries may come later than the response:
#   --- redis           commands before nginx starts, one per line
#   --- redis_after     lines `COMMAND … => reply`; lists are joined with blanks, nil is (nil)
#   --- received        the requests of all receivers, lines `name: POST /path` in order of arrival per receiver
#   --- received_claims lines `name: claim=value` of the last logout token that a receiver got; `claim!` is absent
package SloTest;

use strict;
use warnings;
use Cwd qw(abs_path);
use Exporter ();
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use IO::Socket::INET;
use Time::HiRes qw(sleep time);

our ( $dir, $lib );

our @EXPORT = qw(write_file read_file redis_command receiver received base64url make_key jwks sign_token id_token);
my $owner = $$;

# A port below the range that outgoing connections take theirs from.
sub unused_port {
    for my $try ( 0 .. 500 ) {
        my $port = 20_000 + ( $$ * 37 + $try * 101 ) % 10_000;
        my $socket = IO::Socket::INET->new( LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 1 ) or next;
        return $port;
    }
    die "no unused port\n";
}

# The real Test::Nginx where it can be had, else the one beside this file.
sub find_runner {
    my $real = $ENV{TEST_NGINX_REAL};
    local @INC = grep { ref $_ || ( abs_path($_) // '' ) ne $lib } @INC;
    unshift @INC, grep { -d } "$real/lib", $real if $real;
    my $found = $ENV{TEST_NGINX_OWN} && !$real ? 0 : eval { require Test::Nginx::Socket; 1 };
    die "no Test::Nginx in $real: $@" if $real && !$found;
    if ( !$found ) {
        delete $INC{'Test/Nginx/Socket.pm'};
        @INC = ( $lib, @INC );
        require Test::Nginx::Socket;
    }
    return;
}

BEGIN {
    $lib = dirname( abs_path(__FILE__) );
    $dir = tempdir( 'slo-test-XXXXXX', TMPDIR => 1, CLEANUP => 1 );    # short: unix sockets live here
    chmod 0755, $dir;
    $ENV{TEST_NGINX_DIR} = $dir;
    $ENV{TEST_NGINX_SERVROOT} ||= "$dir/servroot";
    $ENV{TEST_NGINX_PORT}     ||= unused_port();
    my $nginx = $ENV{TEST_NGINX_BINARY} || 'nginx';
    my $is_angie = `$nginx -V 2>&1` =~ /^Angie version/;
    $ENV{TEST_NGINX_NO_RESOLVER} //= $is_angie ? 'resolver off;' : '';
    $ENV{TEST_NGINX_EVERY_LINE}  //= $is_angie ? 'rate=0' : '';
    find_runner();
}

use SloTest::Receiver;
use SloTest::Redis;
use SloTest::Token;

# Which runner it is: real or own.
sub runner { return $INC{'Test/Nginx/Socket.pm'} =~ m{^\Q$lib\E/} ? 'own' : 'real' }

sub import {
    my ( $class, @wishes ) = @_;
    my %wish = map { $_ => 1 } @wishes;
    require_module() if !$wish{no_module};
    SloTest::Redis::start($dir) if $wish{redis};
    Test::Nginx::Socket::add_block_preprocessor( sub { before_block( $_[0] ) } );
    Test::Nginx::Socket::add_test_cleanup_handler( sub { after_block( $_[0] ) } );
    @_ = ($class);
    goto &Exporter::import;
}

# TEST_NGINX_LOAD_MODULES, else the build directory's module.
sub require_module {
    return if $ENV{TEST_NGINX_LOAD_MODULES};
    my $module = abs_path("$lib/../..") . '/build/ngx_http_slo_module.so';
    die "no module at $module: build it, or name it in TEST_NGINX_LOAD_MODULES\n" if !-f $module;
    $ENV{TEST_NGINX_LOAD_MODULES} = $module;
    return;
}

# What is posted to the API is JSON, unless a block has a list of headers for its requests and says itself what it sends.
sub say_json_to_the_api {
    my $block   = shift;
    my $request = $block->request;
    my @is_json = map { !ref && /^\s*POST \/api\// ? 1 : 0 } ref $request ? @$request : $request // '';
    my $headers = $block->more_headers // '';
    return if ref $headers || !grep { $_ } @is_json;
    my $others = join "\n", grep { !/^content-type:/i } split /\n/, $headers;
    my @each   = map { $_ ? "Content-Type: application/json\n$others" : $headers } @is_json;
    $block->set_value( more_headers => ref $request ? \@each : $each[0] );
    return;
}

sub before_block {
    my $block = shift;
    # What must never be logged, unless a block says itself what must not.
    if ( $ENV{TEST_NGINX_LOAD_MODULES} && !defined $block->no_error_log && !defined $block->must_die ) {
        $block->set_value( no_error_log => "[alert]\n[emerg]\nslo: unexpected\n" );
    }
    say_json_to_the_api($block);
    SloTest::Receiver::forget_all();
    return if !SloTest::Redis::in_use();
    SloTest::Redis::start($dir);    # a block may have stopped it, or frozen it
    SloTest::Redis::thaw();
    redis_command('FLUSHALL');
    redis_command( split ' ' ) for grep { /\S/ } split /\n/, $block->redis // '';
    return;
}

sub after_block {
    my $block = shift;
    my $name  = $block->name;
    for my $line ( grep { /\S/ } split /\n/, $block->redis_after // '' ) {
        my ( $command, $wanted ) = $line =~ /^\s*(.+?)\s+=>\s*(.*?)\s*$/ or die "$name - bad redis_after: $line\n";
        my $got = awaited( $wanted, sub { SloTest::Redis::as_text( redis_command( split ' ', $command ) ) } );
        Test::More::is( $got, $wanted, "$name - redis_after: $command" );
    }
    if ( defined $block->received ) {
        my $wanted = join "\n", sort_by_name( split /\n/, $block->received );
        my $got    = awaited( $wanted, \&SloTest::Receiver::summary );
        Test::More::is( $got, $wanted, "$name - received" );
    }
    check_claims( $name, $_ ) for grep { /\S/ } split /\n/, $block->received_claims // '';
    return;
}

sub check_claims {
    my ( $name, $line ) = @_;
    if ( my ( $absent, $claim ) = $line =~ /^\s*(\w+):\s*(\w+)!\s*$/ ) {
        my $claims = SloTest::Receiver::last_claims($absent);
        Test::More::ok( $claims && !exists $claims->{$claim}, "$name - received_claims: $absent has no $claim" );
        return;
    }
    my ( $receiver, $claim, $wanted ) = $line =~ /^\s*(\w+):\s*(\w+)=(.*?)\s*$/ or die "$name - bad received_claims: $line\n";
    my $got = awaited(
        $wanted,
        sub {
            my $claims = SloTest::Receiver::last_claims($receiver) or return '(no logout token)';
            my $value  = $claims->{$claim} // return '(absent)';
            return ref $value ? SloTest::Token::to_json($value) : $value;
        }
    );
    Test::More::is( $got, $wanted, "$name - received_claims: $receiver: $claim" );
    return;
}

# Stable by receiver name; lines of one receiver keep their order.
sub sort_by_name {
    my @lines = map { s/^\s+|\s+$//gr } grep { /\S/ } @_;
    my %rank;
    return map { $lines[$_] } sort { ( $lines[$a] =~ /^(\w+)/ )[0] cmp( $lines[$b] =~ /^(\w+)/ )[0] || $a <=> $b } 0 .. $#lines;
}

# What `look` says as soon as it says `wanted`, at the latest after five seconds.
sub awaited {
    my ( $wanted, $look ) = @_;
    my $got;
    for ( my $end = time + 5 ; ; sleep 0.05 ) {
        $got = $look->();
        return $got if $got eq $wanted || time > $end;
    }
    return;
}

sub path_of { return $_[0] =~ m{^/} ? $_[0] : "$dir/$_[0]" }

# Writes a file, by default in the private directory; returns its path.
sub write_file {
    my ( $name, $content ) = @_;
    my $path = path_of($name);
    open my $out, '>', $path or die "$path: $!\n";
    print {$out} $content;
    close $out or die "$path: $!\n";
    return $path;
}

sub read_file {
    my $path = path_of(shift);
    open my $in, '<', $path or die "$path: $!\n";
    local $/;
    return scalar <$in>;
}

END {
    if ( $$ == $owner ) {
        local $?;    # the verdict of the tests
        SloTest::Receiver::stop_all();
        SloTest::Redis::stop();
    }
}

1;
