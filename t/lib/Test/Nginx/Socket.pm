# SPDX-License-Identifier: BSD-2-Clause
# Runs suites in the format of openresty's Test::Nginx where that is not installed (Debian does not package it).
#
# Sections and functions have the meaning they have there; what is not written here does not exist. Deliberate
# differences: blocks run in the order of the file, nginx is a direct child that is waited for, never polled by pid.
#   Socket::Server   nginx.conf, start, stop      Socket::Client   requests out, responses in
#   Socket::Mock     tcp_listen and udp_listen    Socket::Check    what a block expects
package Test::Nginx::Socket;

use strict;
use warnings;
use Test::Base -base;

use Test::More ();
use Time::HiRes qw(sleep);
use Test::Nginx::Socket::Check;
use Test::Nginx::Socket::Client;
use Test::Nginx::Socket::Mock;
use Test::Nginx::Socket::Server;

our $VERSION = '0.33';
our @EXPORT  = qw(
  run_tests repeat_each no_shuffle no_long_string no_root_location workers master_on master_off worker_connections
  log_level env_to_nginx add_block_preprocessor add_cleanup_handler add_test_cleanup_handler add_response_body_check
  server_root html_dir server_port server_name server_addr timeout bail_out
);

my $repeat_each = 1;
my $timeout     = $ENV{TEST_NGINX_TIMEOUT} || 3;
my ( @preprocessors, @cleanups, @test_cleanups );
my $owner = $$;

sub settings { return \%Test::Nginx::Socket::Server::settings }

sub repeat_each {
    $repeat_each = shift if @_;
    return $repeat_each;
}

sub timeout {
    $timeout = shift if @_;
    return $timeout;
}

sub no_shuffle     { return }    # they never are
sub no_long_string { return }    # differences are shown in full anyway

sub no_root_location   { settings()->{root_location} = 0;     return }
sub workers            { settings()->{workers}       = shift; return }
sub master_on          { settings()->{master}        = 'on';  return }
sub master_off         { settings()->{master}        = 'off'; return }
sub worker_connections { settings()->{connections}   = shift; return }
sub log_level          { settings()->{log_level}     = shift; return }
sub env_to_nginx       { push @{ settings()->{env} }, @_;     return }

sub server_root { return settings()->{root} }
sub html_dir    { return settings()->{root} . '/html' }
sub server_port { return settings()->{port} }
sub server_name { return 'localhost' }
sub server_addr { return '127.0.0.1' }

sub add_block_preprocessor(&) { unshift @preprocessors, shift; return }
sub add_cleanup_handler      { unshift @cleanups,      shift; return }
sub add_test_cleanup_handler { unshift @test_cleanups, shift; return }
sub add_response_body_check  { Test::Nginx::Socket::Check::add_body_check(shift); return }

sub bail_out {
    clean_up();
    Test::More::BAIL_OUT(@_);
    return;
}

sub clean_up {
    Test::Nginx::Socket::Mock::stop_all();
    Test::Nginx::Socket::Server::stop();
    $_->() for @cleanups;
    return;
}

sub run_tests {
    for my $block ( Test::Base::blocks() ) {
        next if defined $block->SKIP;
        $_->($block) for @preprocessors;
        $block->set_value( name => "$0 " . $block->name );
        run_block($block);
        $_->($block) for @test_cleanups;    # nginx still runs, as it does in the original
        my $trouble = Test::Nginx::Socket::Server::stop();
        Test::More::fail( $block->name . " - $trouble" ) if $trouble;
    }
    clean_up();
    @cleanups = ();
    return;
}

sub skip_once {
    my $why = shift;
  SKIP: { Test::More::skip( $why, 1 ) }
    return;
}

sub run_block {
    my $block = shift;
    my $name  = $block->name;
    if ( my $why = Test::Nginx::Socket::Server::reason_to_skip($block) ) {
        Test::More::note("$name - skipped: $why");
        return skip_once($why);
    }
    Test::Nginx::Socket::Server::prepare($block);
    Test::Nginx::Socket::Check::begin_log();
    if ( defined $block->must_die ) {
        Test::Nginx::Socket::Check::must_die( $block, Test::Nginx::Socket::Server::run_to_death($block) );
        Test::Nginx::Socket::Check::error_log( $block, 0 );
        return;
    }
    if ( my $error = Test::Nginx::Socket::Server::start($block) ) {
        Test::More::fail("$name - nginx did not start: $error");
        return;
    }
    if ( defined $block->init ) {
        eval $block->init . "\n1" or Test::More::fail("$name - init failed: $@");
    }
    run_requests( $block, $_ ) for 0 .. $repeat_each - 1;
    return;
}

# One run of all requests of a block; error_log is looked at after each, as the original does.
sub run_requests {
    my ( $block, $round ) = @_;
    my $mocks   = Test::Nginx::Socket::Mock::start($block);
    my $limit   = Test::Nginx::Socket::Client::seconds( $block->timeout ) // $timeout;
    my @calls   = Test::Nginx::Socket::Client::calls($block);
    my $answers = @calls > 1 || defined $block->pipelined_requests;
    my $index   = 0;
    for my $call (@calls) {
        my @responses = Test::Nginx::Socket::Client::call( $block, $call, settings()->{port}, $limit );
        for my $response (@responses) {
            unless ( defined $block->ignore_response ) {
                Test::Nginx::Socket::Check::response( $block, $response, $answers ? $index : undef, $round );
            }
            ++$index;
        }
        sleep( $block->wait ) if $block->wait;
        Test::Nginx::Socket::Check::error_log( $block, $round );
    }
    Test::Nginx::Socket::Mock::check( $block, $mocks );
    Test::Nginx::Socket::Mock::stop_all();
    return;
}

END {
    if ( $$ == $owner ) {
        local $?;    # the verdict of the tests, not of the children we reap
        clean_up();
    }
}

1;
