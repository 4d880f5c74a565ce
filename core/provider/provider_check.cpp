// SPDX-License-Identifier: BSD-2-Clause
// Finds at configuration time what would otherwise fail with the first logout.
#include <algorithm>
#include <array>
#include <set>

#include "core/provider/provider.h"
#include "core/text/showable.h"
#include "core/text/uri.h"

namespace slo {
namespace {

using Verified = Outcome<void>;

tl::unexpected<Refusal> misconfigured(std::string why) {
  return refuse(Fault::configuration_invalid, std::move(why));
}

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

Verified check_issuer(const Provider& provider) {
  const std::string& issuer = provider.issuer.value;
  if (issuer.empty()) return misconfigured("\"issuer\" is missing");
  const std::string named = "\"issuer\" \"" + showable_uri(issuer) + "\" ";
  const Outcome<Uri> uri = read_uri(issuer);
  if (!uri) return misconfigured(named + uri.error().detail);
  if (!uri->is_http()) return misconfigured(named + "must be an https URL");
  if (uri->userinfo) return misconfigured("\"issuer\" must not hold a user name or password");
  if (uri->query || uri->fragment) return misconfigured(named + "must not have a query or fragment");
  if (uri->scheme == "http" && !provider.egress.allow_http) {
    return misconfigured(named + "must be an https URL, unless \"allow_http\" is on");
  }
  return {};
}

Verified check_jwks_uri(const Provider& provider) {
  if (provider.keys_from != KeysFrom::url || provider.egress.allow_http) return {};
  if (!provider.jwks_uri.starts_with("http:")) return {};
  if (const auto uri = read_uri(provider.jwks_uri); uri && uri->is_loopback()) return {};
  return misconfigured("\"jwks\" \"" + showable_uri(provider.jwks_uri) +
                       "\" must be an https URL, unless \"allow_http\" is on");
}

Verified check_store(const Provider& provider) {
  if (provider.store_tag != store_tag(provider.issuer)) {
    return misconfigured("the store tag \"" + provider.store_tag + "\" is not that of the issuer");
  }
  return {};
}

Verified check_post_logout(const Provider& provider) {
  const std::string& text = provider.post_logout_uri;
  if (text.empty()) return {};
  const Outcome<Uri> uri = read_uri(text);
  if (uri && uri->is_http()) return {};
  const std::string why = uri ? "must be an http or https URL" : uri.error().detail;
  return misconfigured("\"post_logout\" \"" + showable_uri(text) + "\" " + why);
}

// An end_session_endpoint. RP-Initiated Logout 1.0, section 2.1: it may have a port, a path and a query.
Verified check_endpoint(const Provider& provider, const std::string& name, const std::string& text) {
  const std::string named = '"' + name + "\" \"" + showable_uri(text) + "\" ";
  const Outcome<Uri> uri = read_uri(text);
  if (!uri) return misconfigured(named + uri.error().detail);
  if (!uri->is_http() || uri->userinfo || uri->fragment) {
    return misconfigured(named + "must be an https URL without user name and fragment");
  }
  if (uri->scheme == "http" && !provider.egress.allow_http) {
    return misconfigured(named + "must be an https URL, unless \"allow_http\" is on");
  }
  return {};
}

Verified check_end_session(const Provider& provider) {
  const std::string& ours = provider.end_session_endpoint;
  return ours.empty() ? Verified{} : check_endpoint(provider, "end_session", ours);
}

Verified check_upstream_logout(const Provider& provider) {
  const auto& policy = provider.upstream_logout;
  return policy.by_browser ? check_endpoint(provider, "upstream_logout", policy.uri) : Verified{};
}

bool is_cookie_name(std::string_view name) {
  constexpr std::string_view separators = "()<>@,;:\\\"/[]?={}";
  return !name.empty() && std::ranges::all_of(name, [&](char c) {
    return c > 0x20 && c < 0x7F && separators.find(c) == std::string_view::npos;
  });
}

bool is_cookie_attribute(std::string_view value) {
  return std::ranges::all_of(value, [](char c) { return c >= 0x20 && c < 0x7F && c != ';'; });
}

// A dot in front is allowed and means nothing (RFC 6265, section 5.2.3).
bool is_domain(std::string_view name) {
  if (name.starts_with('.')) name.remove_prefix(1);
  const auto is_part = [](std::string_view part) {
    return !part.empty() && part.size() <= 63 && part.front() != '-' && part.back() != '-' &&
           std::ranges::all_of(part, [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_'; });
  };
  while (true) {
    const auto dot = name.find('.');
    if (!is_part(name.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    name.remove_prefix(dot + 1);
  }
}

// Browsers silently drop a cookie that breaks the promise of its prefix, so it would never be cleared.
Verified check_cookie_prefix(const CookieScope& cookie) {
  const bool is_host = cookie.name.starts_with("__Host-");
  if ((is_host || cookie.name.starts_with("__Secure-")) && !cookie.secure) {
    return misconfigured("\"session_cookie\" \"" + cookie.name + "\" must be secure, as its prefix says");
  }
  if (is_host && (cookie.path != "/" || !cookie.domain.empty())) {
    return misconfigured("\"session_cookie\" \"" + cookie.name +
                         "\" must have the path / and no domain, as its prefix says");
  }
  return {};
}

Verified check_session_cookie(const CookieScope& cookie) {
  if (!is_cookie_name(cookie.name)) {
    return misconfigured("\"session_cookie\" must have a name of letters, digits and !#$%&'*+-.^_`|~");
  }
  if (!cookie.path.starts_with('/') || !is_cookie_attribute(cookie.path)) {
    return misconfigured("\"session_cookie\" \"" + cookie.name +
                         "\" must have a path that begins with / and has no ;");
  }
  if (!cookie.domain.empty() && !is_domain(cookie.domain)) {
    return misconfigured("\"session_cookie\" \"" + cookie.name +
                         "\" must have a domain that is a host name, such as example.com");
  }
  return check_cookie_prefix(cookie);
}

Verified check_session_cookies(const Provider& provider) {
  if (provider.session_cookies.size() > max_session_cookies) {
    return misconfigured("\"session_cookie\" must not stand more than " +
                         std::to_string(max_session_cookies) + " times");
  }
  std::set<std::string> names;
  for (const CookieScope& cookie : provider.session_cookies) {
    if (Verified fine = check_session_cookie(cookie); !fine) return fine;
    if (!names.insert(cookie.name).second) {
      return misconfigured("\"session_cookie\" \"" + cookie.name + "\" stands twice");
    }
  }
  return {};
}

constexpr Seconds day{24LL * 3600};

template <class Time>
bool is_within(Time value, Time least, Time most) {
  return value >= least && value <= most;
}

Verified check_times(const Provider& provider) {
  const DeliveryPolicy& delivery = provider.delivery;
  struct Row {
    bool is_wrong;
    const char* why;
  };
  // What stands above is what nobody means: a user who waits an hour, an attempt whose lease outlives what is
  // owed.
  const std::array rows{
      Row{!is_session_life(provider.absolute), "\"session\" absolute must be 1 second to 400 days"},
      Row{provider.idle != Seconds{0} && !is_session_life(provider.idle),
          "\"session\" idle must be 0 to 400 days"},
      Row{!is_session_life(provider.tombstone), "\"tombstone\" must be 1 second to 400 days"},
      Row{!is_within(provider.leeway, Seconds{0}, day), "\"leeway\" must be 0 to 1 day"},
      Row{!is_within(provider.ticket_life, Seconds{1}, day), "\"confirm\" ticket must be 1 second to 1 day"},
      Row{!is_within(provider.hint.max_age, Seconds{0}, 3650 * day),
          "\"hint\" max_age must be 0 to 3650 days"},
      Row{!is_within(provider.frontchannel.timeout, Seconds{1}, Seconds{600}),
          "\"frontchannel\" timeout must be 1 second to 10 minutes"},
      Row{provider.frontchannel.total < provider.frontchannel.timeout,
          "\"frontchannel\" total must not be less than its timeout"},
      Row{provider.frontchannel.total > Seconds{600}, "\"frontchannel\" total must be at most 10 minutes"},
      Row{!is_within(delivery.wait, Millis{0}, Millis{Seconds{60}}),
          "\"delivery\" wait must be 0 to 60 seconds"},
      Row{!is_within(delivery.timeout, Millis{1}, Millis{Seconds{600}}),
          "\"delivery\" timeout must be 1 millisecond to 10 minutes"},
      Row{delivery.concurrency < 1, "\"delivery\" concurrency must be at least 1"},
      Row{delivery.per_host < 1, "\"delivery\" per_host must be at least 1"},
      Row{delivery.attempts < 1, "\"delivery\" attempts must be at least 1"},
      Row{delivery.first < Millis{1}, "\"delivery\" first must be greater than 0"},
      Row{delivery.max < delivery.first, "\"delivery\" max must not be less than first"},
      Row{delivery.max > Millis{30 * day}, "\"delivery\" max must be at most 30 days"},
      Row{delivery.max_age < delivery.timeout, "\"delivery\" max_age must not be less than timeout"},
      Row{delivery.max_age > Millis{30 * day}, "\"delivery\" max_age must be at most 30 days"},
  };
  const auto wrong = std::ranges::find_if(rows, &Row::is_wrong);
  if (wrong != rows.end()) return misconfigured(wrong->why);
  return {};
}

// An OP may publish keys of different kinds under one kid, or under none (RFC 7517, section 4.5).
bool shares_name(const jose::Key& key, const jose::Key& other) {
  if (key.kid() != other.kid()) return false;
  return key.is_same_pair(other) || key.published_names().empty() || other.published_names().empty();
}

Verified check_keys(const Provider& provider) {
  const bool needs_tickets = !provider.only_receives() || !provider.ticket_secret.empty();
  if (needs_tickets && provider.ticket_secret.size() != 32)
    return misconfigured("the secret that seals tickets must have 32 bytes");
  std::vector<const jose::Key*> keys;
  for (const jose::Key& key : provider.signing_keys) keys.push_back(&key);
  for (const jose::Key& key : provider.shown_keys) keys.push_back(&key);
  for (auto key = keys.begin(); key != keys.end(); ++key) {
    const std::string named = "\"signing_key\" \"" + (*key)->kid() + "\" ";
    if (!(*key)->is_private()) return misconfigured(named + "must be a private key");
    if (std::any_of(keys.begin(), key, [&](const jose::Key* other) { return shares_name(**key, *other); })) {
      return misconfigured(named + "stands twice: give each key a kid of its own");
    }
  }
  return {};
}

std::string kind_of_key(jose::Algorithm algorithm) {
  switch (algorithm) {
    case jose::Algorithm::ES256:
      return "a P-256 key";
    case jose::Algorithm::ES384:
      return "a P-384 key";
    case jose::Algorithm::ES512:
      return "a P-521 key";
    case jose::Algorithm::EdDSA:
      return "an Ed25519 key";
    default:
      return "an RSA key of at least 2048 bits";
  }
}

Verified check_client(const Provider& provider, const Client& client) {
  if (!client.channels().back || provider.signing_key_for(client) != nullptr) return {};
  const jose::Algorithm algorithm = provider.algorithm_of(client);
  const std::string name(jose::name_of(algorithm));
  if (jose::is_symmetric(algorithm)) {
    return misconfigured("client \"" + client.id.value + "\" needs a \"client_secret\" for its " + name +
                         " logout tokens");
  }
  const bool is_shown = std::ranges::any_of(
      provider.shown_keys, [algorithm](const jose::Key& key) { return key.fits(algorithm); });
  return misconfigured("client \"" + client.id.value + "\" has a \"backchannel_logout_uri\" and wants " +
                       name + " logout tokens, but no \"signing_key\" is " + kind_of_key(algorithm) +
                       (is_shown ? " that may sign: take \"publish_only\" from one" : ""));
}

Verified check_current_clients(const Provider& provider) {
  return check_clients(provider, *provider.clients.list());
}

constexpr std::array checks{check_issuer,          check_jwks_uri,        check_store,
                            check_end_session,     check_upstream_logout, check_post_logout,
                            check_session_cookies, check_times,           check_keys,
                            check_current_clients, check_receiving};

}  // namespace

bool is_provider_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
    return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-';
  });
}

// In the order of their names, so that the same configuration is always refused for the same client.
Outcome<void> check_clients(const Provider& provider, const ClientList& clients) {
  for (const ClientRef& client : clients.in_order()) {
    if (Verified fine = check_client(provider, *client); !fine) return fine;
  }
  return {};
}

Outcome<void> check(const Provider& provider) {
  for (const auto one : checks) {
    if (Verified fine = one(provider); !fine) return fine;
  }
  return {};
}

}  // namespace slo
