# SPDX-License-Identifier: BSD-2-Clause
# Keys, JWK sets and signed tokens made with openssl and core Perl only, so that nothing under test checks itself.
package SloTest::Token;

use strict;
use warnings;
use Digest::SHA qw(hmac_sha256 hmac_sha384 hmac_sha512 sha256);
use Exporter qw(import);
use File::Temp qw(tempfile);
use JSON::PP ();
use MIME::Base64 qw(decode_base64 encode_base64);

our @EXPORT = qw(base64url make_key jwks sign_token id_token);

my $json = JSON::PP->new->canonical->utf8;
my %keys;    # name → {name, alg, pem, jwk}

sub to_json { return JSON::PP->new->canonical->allow_nonref->encode( $_[0] ) }

sub base64url {
    my $text = encode_base64( $_[0], '' );
    $text =~ tr{+/}{-_};
    $text =~ s/=+$//;
    return $text;
}

sub from_base64url {
    my $text = shift;
    $text =~ tr{-_}{+/};
    return decode_base64( $text . '=' x ( -length($text) % 4 ) );
}

# Runs openssl; `input` goes to its standard input. Returns what it wrote.
sub openssl {
    my ( $input, @words ) = @_;
    my ( $handle, $file ) = tempfile( 'openssl_XXXXXX', TMPDIR => 1, UNLINK => 1 );
    binmode $handle;
    print {$handle} $input;
    close $handle;
    my $command = join ' ', map { "'$_'" } 'openssl', @words;
    my $output  = `$command 2>/dev/null < '$file'`;
    unlink $file;
    die "openssl @words failed\n" if $? != 0;
    return $output;
}

my %algorithms = (
    RS256 => [qw(-algorithm RSA -pkeyopt rsa_keygen_bits:2048)],
    ES256 => [qw(-algorithm EC -pkeyopt ec_paramgen_curve:P-256)],
    EdDSA => [qw(-algorithm ed25519)],
);

# Makes a key pair for an algorithm (RS256, ES256, EdDSA), once per name. Returns the path of the private key's PEM.
sub make_key {
    my ( $name, $alg ) = @_;
    $alg //= 'RS256';
    my $path = "$ENV{TEST_NGINX_DIR}/$name.pem";
    my $pem  = openssl( '', 'genpkey', @{ $algorithms{$alg} // die "no such algorithm: $alg\n" } );
    open my $out, '>', $path or die "$path: $!\n";
    print {$out} $pem;
    close $out or die "$path: $!\n";
    chmod 0600, $path;    # what everybody can read is warned of
    my $jwk = public_jwk( $pem, $alg );
    $keys{$name} = { name => $name, alg => $alg, pem => $path, jwk => { %$jwk, kid => thumbprint($jwk), use => 'sig' } };
    return $path;
}

sub public_jwk {
    my ( $pem, $alg ) = @_;
    if ( $alg eq 'RS256' ) {
        my ($modulus) = openssl( $pem, qw(rsa -noout -modulus) ) =~ /Modulus=([0-9A-F]+)/;
        return { kty => 'RSA', n => base64url( pack 'H*', $modulus ), e => 'AQAB' };
    }
    my $der = openssl( $pem, qw(pkey -pubout -outform DER) );    # ends in the bare public key
    return { kty => 'OKP', crv => 'Ed25519', x => base64url( substr $der, -32 ) } if $alg eq 'EdDSA';
    return { kty => 'EC', crv => 'P-256', x => base64url( substr $der, -64, 32 ), y => base64url( substr $der, -32 ) };
}

# RFC 7638.
sub thumbprint { return base64url( sha256( $json->encode( $_[0] ) ) ) }

# The JWK set of the named keys, as text.
sub jwks {
    return $json->encode( { keys => [ map { $keys{$_}{jwk} // die "no key $_\n" } @_ ] } );
}

# A compact JWS. Options: key (a name) or secret (HS256, HS384, HS512), alg, typ, kid, and header (more members).
sub sign_token {
    my ( $claims, %option ) = @_;
    my $key    = defined $option{key} ? $keys{ $option{key} } // die "no key $option{key}\n" : undef;
    my $alg    = $option{alg} // ( $key ? $key->{alg} : 'HS256' );
    my %header = ( alg => $alg, %{ $option{header} // {} } );
    my $kid    = $option{kid} // ( $key ? $key->{jwk}{kid} : undef );
    $header{kid} = $kid         if defined $kid;
    $header{typ} = $option{typ} if defined $option{typ};
    my $input = join '.', map { base64url( $json->encode($_) ) } \%header, $claims;
    return "$input." . base64url( signature( $alg, $key, $option{secret}, $input ) );
}

sub signature {
    my ( $alg, $key, $secret, $input ) = @_;
    return '' if $alg eq 'none';
    return hmac_sha256( $input, $secret ) if $alg eq 'HS256';
    return hmac_sha384( $input, $secret ) if $alg eq 'HS384';
    return hmac_sha512( $input, $secret ) if $alg eq 'HS512';
    return openssl( $input, qw(dgst -sha256 -sign), $key->{pem} ) if $alg eq 'RS256';
    return raw_signature( openssl( $input, qw(dgst -sha256 -sign), $key->{pem} ) ) if $alg eq 'ES256';
    if ( $alg eq 'EdDSA' ) {    # openssl wants a file of known size
        my ( $handle, $file ) = tempfile( 'sign_XXXXXX', TMPDIR => 1, UNLINK => 1 );
        print {$handle} $input;
        close $handle;
        return openssl( '', qw(pkeyutl -sign -rawin -inkey), $key->{pem}, '-in', $file );
    }
    die "cannot sign with $alg\n";
}

# ECDSA: DER sequence of two integers → 64 bytes.
sub raw_signature {
    my $der = shift;
    my ( $r, $s ) = unpack 'x3 C/a x C/a', $der;
    return join '', map { substr( "\0" x 32 . $_, -32 ) } $r, $s;
}

# An ID Token as an OP issues it: five minutes old claims unless given. Claims given as undef are left out.
sub id_token {
    my ( $claims, %option ) = @_;
    my $now = time;
    my %all = ( iss => 'https://op.example', sub => 'alice', iat => $now - 5, exp => $now + 300, %$claims );
    delete @all{ grep { !defined $all{$_} } keys %all };
    return sign_token( \%all, %option );
}

sub claims_of {
    my ( undef, $payload ) = split /\./, shift;
    return $json->decode( from_base64url($payload) );
}

1;
