# SPDX-License-Identifier: BSD-2-Clause
# Tables of configurations and every word that `nginx -t` says of them, with file and line.
#
#   mistakes(<<'TABLE');
#   === a sentence about the mistake
#   slo_store 127.0.0.1:6379;                 the http block; relative files lie beside it
#   >>> clients.json                          a file of this row, as many as are needed
#   [{"client_id": "a"}]
#   [emerg] "slo_store" ... in http.conf:1    what is said, in order; nothing where nothing is said
#   TABLE
#
# STORE, MEMBERS, CLIENT and CARRIER stand for what is right; a server that ends sessions for `main` is added where a row
# has none. Whoever puts a secret into a row calls it hunter…: that word in an answer is a secret that was printed.
package SloTest::Mistakes;

use strict;
use warnings;
use Exporter qw(import);
use File::Path qw(make_path);
use SloTest ();
use Test::More ();

our @EXPORT = qw(mistakes);

umask 022;    # what is warned of depends on it

my %right = (
    STORE   => 'slo_store unix:/nowhere.sock;',
    MEMBERS => 'issuer https://op.example; signing_key ../op.pem; session_cookie op_session;',
    CLIENT  => 'client ok { post_logout_redirect_uris https://ok.example/; }',
    CARRIER => 'location = /d { internal; slo_deliver; proxy_pass $slo_deliver_uri; }',
);

sub mistakes {
    my ($table) = @_;
    my ( undef, @rows ) = split /^=== /m, $table;
    check_row( split /\n/, $_, 2 ) for @rows;
    Test::More::done_testing();
    return;
}

sub check_row {
    my ( $title, $body ) = @_;
    my ( @wanted, %files, $file );
    $file = 'http.conf';
    for my $line ( split /\n/, $body ) {
        if    ( $line =~ /^\[(?:emerg|warn|error|alert|crit|notice)\] / ) { push @wanted, $line }
        elsif ( $line =~ /^>>> (\S+)$/ )                                  { $file = $1; $files{$file} = '' }
        elsif ( $line =~ /\S/ )                                           { $files{$file} .= "$line\n" }
    }
    @wanted = grep { !/it needs a "resolver"/ } @wanted if $ENV{TEST_NGINX_NO_RESOLVER};    # not where the system's is asked
    my $said = said_of( \%files );
    Test::More::is( $said, join( '', map { "$_\n" } @wanted ), $title );
    Test::More::unlike( $said, qr/hunter/, "$title: no secret is printed" ) if grep { /hunter/ } $body, values %files;
    return;
}

# The lines with a level that `nginx -t` writes, less the private directory.
sub said_of {
    my ($files) = @_;
    my $dir = "$SloTest::dir/row";
    make_path($dir);
    SloTest::write_file( "$dir/$_", $files->{$_} ) for keys %$files;
    my $http = $files->{'http.conf'};
    $http =~ s/\b(STORE|MEMBERS|CLIENT|CARRIER)\b/$right{$1}/g;
    SloTest::write_file( "$dir/http.conf", $http );
    my $is_served = $http =~ /slo_end_session|^\s*server\b/m || $http !~ /slo_provider main\b/;
    my $server    = $is_served ? '' : 'server { listen 127.0.0.1:28009; location = /logout { slo_end_session main; } }';
    my $module    = join "\n", map { "load_module $_;" } split ' ', $ENV{TEST_NGINX_LOAD_MODULES};
    SloTest::write_file( "$dir/nginx.conf",
        "$module\nerror_log $dir/error.log;\npid $dir/nginx.pid;\nevents {}\nhttp { access_log off; include http.conf;\n$server }\n" );
    my $nginx = $ENV{TEST_NGINX_BINARY} || 'nginx';
    my $said = join '', map { /^\w+: (\[\w+\] .*)/ ? "$1\n" : () } split /\n/, `timeout 20 $nginx -t -e $dir/error.log -p $dir -c $dir/nginx.conf 2>&1`;
    return $said =~ s{\Q$dir\E/}{}gr =~ s{\Q$SloTest::dir\E/}{}gr;
}

1;
