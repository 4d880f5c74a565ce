# SPDX-License-Identifier: BSD-2-Clause
# The relying party's side of the suites: doors for an OP's logouts, and logout tokens.
package SloTest::Rp;

use strict;
use warnings;
use Exporter qw(import);
use SloTest ();

our @EXPORT = qw(rp_part signed_logout logout_token);

my $count = 0;

sub rp_part {
    return <<'END';
    location = /slo/back  { slo_backchannel_logout main; }
    location = /slo/front { slo_frontchannel_logout main; }
END
}

# A logout token of the OP's own key; a claim that is undef is left out. Claims come as `name => value`, and `_key`, `_header`.
sub signed_logout {
    my %claims = (
        iss => 'https://op.example', aud => 'gateway', iat => time, exp => time + 120, jti => "jti-$$-" . ++$count . '-' . time,
        events => { 'http://schemas.openid.net/event/backchannel-logout' => {} }, @_
    );
    my $key    = delete $claims{_key}    // 'op';
    my $header = delete $claims{_header} // { typ => 'logout+jwt' };
    delete @claims{ grep { !defined $claims{$_} } keys %claims };
    return SloTest::sign_token( \%claims, key => $key, header => $header );
}

# A request that brings it.
sub logout_token { return "POST /slo/back\nlogout_token=" . signed_logout(@_) }

1;
