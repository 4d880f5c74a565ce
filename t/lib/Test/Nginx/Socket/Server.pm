# SPDX-License-Identifier: BSD-2-Clause
# Writes nginx.conf for a block, starts that nginx, stops it again.
package Test::Nginx::Socket::Server;

use strict;
use warnings;
use Cwd qw(abs_path);
use File::Path qw(make_path remove_tree);
use File::Spec;
use IO::Socket::INET;
use POSIX qw(WNOHANG);
use Time::HiRes qw(sleep time);

my $root = File::Spec->rel2abs( $ENV{TEST_NGINX_SERVROOT} || 't/servroot' );

our %settings = (
    root          => $root,
    binary        => $ENV{TEST_NGINX_BINARY} || 'nginx',
    port          => $ENV{TEST_NGINX_SERVER_PORT} || $ENV{TEST_NGINX_PORT} || 1984,
    workers       => 1,
    connections   => 64,
    master        => $ENV{TEST_NGINX_MASTER_PROCESS} || 'off',
    log_level     => $ENV{TEST_NGINX_LOG_LEVEL}      || 'debug',
    root_location => 1,
    env           => [],
);

my $nginx;           # pid of the running nginx
my %random_ports;    # of the current block: TEST_NGINX_RAND_PORT_n → port

sub error_log_file { return "$root/logs/error.log" }

sub expand {
    my $text = shift // '';
    return $text if ref $text;
    $text =~ s/\$(TEST_NGINX_[_A-Z0-9]+)/value_of($1)/ge;
    return $text;
}

sub value_of {
    my $name = shift;
    return $random_ports{$name} //= free_port() if $name =~ /^TEST_NGINX_RAND_PORT_\d+$/;
    return $ENV{$name} // die "No environment $name defined.\n";
}

sub free_port {
    my $socket = IO::Socket::INET->new( LocalAddr => '127.0.0.1', Listen => 1 ) or die "no free port: $!\n";
    return $socket->sockport;
}

# skip_nginx: `2: < 1.25.1`. The number of tests is of no interest to us.
sub reason_to_skip {
    my $block = shift;
    return if !defined $block->skip_nginx;
    my ( $operator, $wanted ) = $block->skip_nginx =~ /^\s*\d+\s*:\s*(<=|>=|==|<|>)\s*([\d.]+)/
      or die $block->name . " - bad skip_nginx\n";
    my ($version) = `$settings{binary} -V 2>&1` =~ m{^nginx version: \w+/([\d.]+)}m;
    my ( $have, $want ) = map { my @part = split /\./; sprintf '%03d' x 3, @part[ 0 .. 2 ] } $version, $wanted;
    my $compared = $have <=> $want;
    my %holds = ( '<' => $compared < 0, '>' => $compared > 0, '<=' => $compared <= 0, '>=' => $compared >= 0,
        '==' => $compared == 0 );
    return $holds{$operator} ? "nginx $version $operator $wanted" : undef;
}

# A fresh server root with the block's files and nginx.conf.
sub prepare {
    my $block = shift;
    stop();
    %random_ports = ();
    die "$root is not a server root of ours\n" if -d $root && !-d "$root/logs" && glob "$root/*";
    remove_tree($root);
    make_path("$root/logs", "$root/html", "$root/conf");
    spew( "$root/html/index.html", '<html><head><title>It works!</title></head><body>It works!</body></html>' );
    spew( "$root/html/foo", 'foo' );    # these two stand there in the original as well
    write_user_files($block);
    spew( "$root/conf/nginx.conf", configuration($block) );
    chmod 0755, $root;
    return;
}

sub write_user_files {
    my $block = shift;
    my $files = $block->user_files // return;
    if ( !ref $files ) {
        my ( undef, @parts ) = split /^>>>[ \t]+(\S+).*\n/m, $files;
        my @list;
        push @list, [ splice @parts, 0, 2 ] while @parts;
        $files = \@list;
    }
    for my $file (@$files) {
        my ( $name, $body ) = @$file;
        my $path = $name =~ m{^/} ? $name : "$root/html/$name";
        make_path( $path =~ s{/[^/]*$}{}r );
        spew( $path, expand($body) );
    }
    return;
}

sub spew {
    my ( $path, $content ) = @_;
    open my $out, '>', $path or die "$path: $!\n";
    print {$out} $content // '';
    close $out or die "$path: $!\n";
    return;
}

sub configuration {
    my $block       = shift;
    my $modules     = join '', map { 'load_module ' . abs_path($_) . ";\n" } split ' ', $ENV{TEST_NGINX_LOAD_MODULES} // '';
    my $env         = join '', map { /\s/ ? "env '$_';\n" : "env $_;\n" } @{ $settings{env} };
    my $user        = $> == 0 ? "user root;\n" : '';
    my $log_level   = $block->log_level // $settings{log_level};
    my $main        = expand( $block->main_config );
    my $http        = expand( $block->http_config );
    my $server      = expand( $block->config );
    my $server_name = $block->server_name // 'localhost';
    my $temp        = join "\n    ",
      map { "${_}_temp_path $root/${_}_temp;" } grep { $http !~ /\b${_}_temp_path\b/ } qw(client_body proxy fastcgi scgi uwsgi);
    my $fallback = $settings{root_location} ? "location / { root $root/html; index index.html index.htm; }" : '';
    chomp $log_level;
    return <<"CONF";
worker_processes $settings{workers};
daemon off;
master_process $settings{master};
error_log @{[ error_log_file() ]} $log_level;
pid $root/logs/nginx.pid;
$user$env$modules$main
http {
    access_log $root/logs/access.log;
    $temp
    default_type text/plain;
    keepalive_timeout 68;
$http
    server {
        listen 127.0.0.1:$settings{port};
        server_name '$server_name';
        client_max_body_size 30M;
$server
        $fallback
    }
}
@{[ expand($block->post_main_config) ]}
events { worker_connections $settings{connections}; }
CONF
}

sub spawn {
    my $pid = fork // die "fork: $!\n";
    return $pid if $pid;
    open STDOUT, '>',  '/dev/null' or POSIX::_exit(127);
    open STDERR, '>>', "$root/logs/stderr" or POSIX::_exit(127);
    no warnings 'exec';
    exec { $settings{binary} } $settings{binary}, '-e', error_log_file(), '-p', "$root/", '-c', "$root/conf/nginx.conf"
      or POSIX::_exit(127);
}

# The pid file is written when the sockets listen. Returns nothing, or why there is no nginx.
sub start {
    my $block = shift;
    $nginx = spawn();
    for ( my $end = time + 15 ; time < $end ; sleep 0.01 ) {
        return if -s "$root/logs/nginx.pid";
        next   if waitpid( $nginx, WNOHANG ) != $nginx;
        $nginx = undef;
        return "exit code " . ( $? >> 8 ) . ", signal " . ( $? & 127 ) . "\n" . last_words();
    }
    return "no pid file after 15 seconds\n" . last_words();
}

sub last_words {
    open my $in, '<', error_log_file() or return '';
    my @lines = grep { !/\[debug\]/ } <$in>;
    splice @lines, 0, -10 if @lines > 10;
    return join '', @lines;
}

# Starts an nginx that is expected to give up; returns its wait status, undef if it had to be killed.
sub run_to_death {
    my $pid = spawn();
    for ( my $end = time + 15 ; time < $end ; sleep 0.01 ) {
        return $? if waitpid( $pid, WNOHANG ) == $pid;
        last      if -s "$root/logs/nginx.pid";
    }
    end( $pid, 'KILL', 5 );
    return;
}

# True once `pid` is reaped, at most `limit` seconds after `signal`.
sub end {
    my ( $pid, $signal, $limit ) = @_;
    kill $signal, $pid;
    for ( my $until = time + $limit ; time < $until ; sleep 0.005 ) {
        return 1 if waitpid( $pid, WNOHANG ) != 0;
    }
    return 0;
}

# Ends the nginx of this block; returns what was wrong with its end, if anything.
sub stop {
    my $pid = $nginx // return;
    $nginx = undef;
    if ( waitpid( $pid, WNOHANG ) == $pid ) {
        return 'nginx ended by itself: exit code ' . ( $? >> 8 ) . ', signal ' . ( $? & 127 ) . "\n" . last_words();
    }
    if ( end( $pid, 'QUIT', 2 ) || end( $pid, 'TERM', 3 ) ) {
        return $? & 127 ? 'nginx ended on signal ' . ( $? & 127 ) . "\n" . last_words() : undef;
    }
    end( $pid, 'KILL', 5 );
    return "nginx had to be killed\n" . last_words();
}

1;
