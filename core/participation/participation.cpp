// SPDX-License-Identifier: BSD-2-Clause
// Turns the values of a directive or a registration into a registration, or says which of them is wrong.
#include "core/participation/participation.h"

#include <array>

namespace slo {
namespace {

constexpr Seconds by_provider_absolute{0};
constexpr Seconds by_provider_idle{-1};

tl::unexpected<Refusal> wrong_value(std::string why) {
  return refuse(Fault::api_parameter_invalid, std::move(why));
}

Outcome<void> check_names(const Participation& seen) {
  if (seen.sub.empty()) return wrong_value("\"sub\" is missing");
  struct Row {
    const char* name;
    const std::string& value;
  };
  const std::array<Row, 4> rows{{{"sid", seen.sid},
                                 {"sub", seen.sub},
                                 {"client_sub", seen.client_sub},
                                 {"client_sid", seen.client_sid}}};
  for (const Row& row : rows) {
    if (row.value.empty() || is_storable(row.value)) continue;
    return wrong_value("\"" + std::string(row.name) +
                       "\" must be 1 to 255 bytes of UTF-8 without control characters");
  }
  if (seen.client_no_sid && !seen.client_sid.empty()) {
    return wrong_value("\"client_sid\" must be absent where \"client_no_sid\" is set");
  }
  return {};
}

Outcome<void> check_lives(const Participation& seen) {
  if (seen.absolute != by_provider_absolute && !is_session_life(seen.absolute)) {
    return wrong_value("\"absolute\" must be 1 second to 400 days");
  }
  if (seen.idle != by_provider_idle && seen.idle != Seconds{0} && !is_session_life(seen.idle)) {
    return wrong_value("\"idle\" must be 0 (no limit) to 400 days");
  }
  return {};
}

std::string presentable_client(const std::string& id) {
  return is_storable(id) ? "client \"" + id + '"' : "client #" + fingerprint(id);
}

// Does this client know the session by a sid? One that we minted ourselves was never in an ID Token.
bool client_has_sid(const Participation& seen) {
  if (seen.client_no_sid) return false;
  if (!seen.client_sid.empty()) return true;
  return !seen.sid.empty() && !is_minted(SessionKey{seen.sid});
}

// A channel that demands a sid is no channel without one: Back-Channel Logout 2.2, Front-Channel Logout 2.
Channels usable_channels(const Client& client, bool has_sid) {
  Channels channels = client.channels();
  if (!has_sid && client.backchannel_logout_session_required) channels.back = false;
  if (!has_sid && client.frontchannel_logout_session_required) channels.front = false;
  return channels;
}

Registration registration_of(const Provider& provider, const Client& client, const Participation& seen) {
  const bool has_sid = client_has_sid(seen);
  Registration registration{
      .key = SessionKey{seen.sid},
      .client = client.id,
      .channels = usable_channels(client, has_sid),
      .sub = Subject{seen.sub},
      .client_no_sid = !has_sid,
      .absolute = seen.absolute == by_provider_absolute ? provider.absolute : seen.absolute,
      .idle = seen.idle == by_provider_idle ? provider.idle : seen.idle};
  registration.cookie = seen.session_cookie.empty()
                            ? seen.cookie_digest
                            : digest_cookie(provider.cookie_secret, seen.session_cookie);
  if (!seen.client_sub.empty() && seen.client_sub != seen.sub)
    registration.client_sub = Subject{seen.client_sub};
  if (!seen.client_sid.empty() && seen.client_sid != seen.sid) registration.client_sid = Sid{seen.client_sid};
  return registration;
}

}  // namespace

Outcome<Registration> read_registration(const Provider& provider, const Participation& participation) {
  const ClientRef client = provider.find(ClientId{participation.client_id});
  if (client == nullptr) return refuse(Fault::client_unknown, presentable_client(participation.client_id));
  if (auto fine = check_names(participation); !fine) return refuse(fine.error());
  if (auto fine = check_lives(participation); !fine) return refuse(fine.error());
  if (participation.sid.empty() && participation.session_cookie.empty() && !participation.cookie_digest) {
    return refuse(Fault::session_unidentified, "neither sid nor session cookie is known");
  }
  return registration_of(provider, *client, participation);
}

}  // namespace slo
