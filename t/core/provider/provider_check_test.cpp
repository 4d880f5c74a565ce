// SPDX-License-Identifier: BSD-2-Clause
// What could only fail at a logout is found before.
#include <gtest/gtest.h>

#include <functional>

#include "core/provider/provider.h"
#include "core/text/showable.h"
#include "t/harness/builders.h"

namespace slo::provider_check_test {

// The sentence that refuses a_provider() after `spoil`.
std::string refused(const std::function<void(Provider&)>& spoil) {
  Provider provider = a_provider();
  spoil(provider);
  const auto checked = check(provider);
  if (checked) return "accepted";
  EXPECT_EQ(checked.error().fault, Fault::configuration_invalid);
  return checked.error().detail;
}

std::string with_issuer(const std::string& issuer, bool allow_http = false) {
  return refused([&](Provider& provider) {
    provider.issuer = Issuer{issuer};
    provider.store_tag = store_tag(provider.issuer);
    provider.egress.allow_http = allow_http;
  });
}

std::string with_cookie(CookieScope scope) {
  return refused([&](Provider& provider) { provider.session_cookies = {std::move(scope)}; });
}

TEST(ProviderCheck, accepts_the_provider_of_the_tests) {
  EXPECT_EQ(refused([](Provider&) {}), "accepted");
  EXPECT_EQ(refused([](Provider& provider) {
              provider.clients = {};
              provider.signing_keys.clear();
              provider.session_cookies.clear();
            }),
            "accepted");
}

TEST(ProviderCheck, wants_an_https_issuer) {
  EXPECT_EQ(with_issuer("https://sso.example.com:8443/realms/one"), "accepted");
  EXPECT_EQ(with_issuer(""), "\"issuer\" is missing");
  EXPECT_EQ(with_issuer("sso.example.com"),
            "\"issuer\" \"sso.example.com\" must be absolute, with a scheme such as https:");
  EXPECT_EQ(with_issuer("urn:sso"), "\"issuer\" \"urn:sso\" must be an https URL");
}

TEST(ProviderCheck, wants_http_to_be_allowed) {
  EXPECT_EQ(with_issuer("http://sso"),
            "\"issuer\" \"http://sso\" must be an https URL, unless \"allow_http\" is on");
  EXPECT_EQ(with_issuer("http://sso", true), "accepted");
}

TEST(ProviderCheck, wants_an_issuer_without_query_fragment_and_user) {
  for (const auto* issuer : {"https://sso/?x", "https://sso/?", "https://sso/#", "https://sso#x"}) {
    EXPECT_EQ(with_issuer(issuer),
              "\"issuer\" \"" + showable_uri(issuer) + "\" must not have a query or fragment");
  }
  EXPECT_EQ(with_issuer("https://me:hush@sso/"), "\"issuer\" must not hold a user name or password");
}

TEST(ProviderCheck, wants_the_store_tag_of_the_issuer) {
  EXPECT_EQ(refused([](Provider& provider) { provider.store_tag.clear(); }),
            "the store tag \"\" is not that of the issuer");
}

TEST(ProviderCheck, wants_a_key_for_every_client_with_a_back_channel) {
  EXPECT_EQ(refused([](Provider& provider) { provider.signing_keys.clear(); }),
            "client \"app-a\" has a \"backchannel_logout_uri\" and wants RS256 logout tokens, but no "
            "\"signing_key\" is an "
            "RSA key of at least 2048 bits");
  const auto wanting = [](jose::Algorithm algorithm) {
    return refused(
        [=](Provider& provider) { client_of(provider, "app-a").id_token_signed_response_alg = algorithm; });
  };
  EXPECT_EQ(wanting(jose::Algorithm::PS512), "accepted");
  EXPECT_EQ(wanting(jose::Algorithm::ES256),
            "client \"app-a\" has a \"backchannel_logout_uri\" and wants ES256 logout tokens, but no "
            "\"signing_key\" is a "
            "P-256 key");
  EXPECT_EQ(wanting(jose::Algorithm::HS256),
            "client \"app-a\" needs a \"client_secret\" for its HS256 logout tokens");
}

TEST(ProviderCheck, wants_one_key_that_may_sign) {
  EXPECT_EQ(
      refused([](Provider& provider) { std::swap(provider.shown_keys, provider.signing_keys); }),
      "client \"app-a\" has a \"backchannel_logout_uri\" and wants RS256 logout tokens, but no "
      "\"signing_key\" is an RSA key of at least 2048 bits that may sign: take \"publish_only\" from one");
  EXPECT_EQ(refused([](Provider& provider) {
              provider.shown_keys.push_back(a_key(test_keys::p256));
              provider.shown_keys[0].set_kid(provider.signing_keys[0].kid());
            }),
            "\"signing_key\" \"" + a_provider().signing_keys[0].kid() +
                "\" stands twice: give each key a kid of its own");
}

TEST(ProviderCheck, wants_keys_by_tls_but_from_this_host) {
  const auto with = [](std::string_view address) {
    return refused([&](Provider& provider) {
      provider.keys_from = KeysFrom::url;
      provider.jwks_uri = address;
    });
  };
  for (const auto* address :
       {"https://sso/jwks", "http://127.0.0.1:8080/jwks", "http://[::1]/jwks", "http://localhost/jwks"}) {
    EXPECT_EQ(with(address), "accepted");
  }
  for (const auto* address : {"http://sso/jwks", "http://127.0.0.1.example/jwks", "http://10.0.0.1/jwks"}) {
    EXPECT_EQ(with(address),
              "\"jwks\" \"" + std::string(address) + "\" must be an https URL, unless \"allow_http\" is on");
  }
}

TEST(ProviderCheck, wants_an_end_session_that_browsers_can_be_sent_to) {
  const auto with = [](std::string_view address, bool allow_http = false) {
    return refused([&](Provider& provider) {
      provider.end_session_endpoint = address;
      provider.egress.allow_http = allow_http;
    });
  };
  EXPECT_EQ(with("https://sso:8443/logout?realm=a"), "accepted");
  EXPECT_EQ(with("http://sso/logout", true), "accepted");
  EXPECT_EQ(with("http://sso/logout"),
            "\"end_session\" \"http://sso/logout\" must be an https URL, unless \"allow_http\" is on");
  for (const auto* address : {"https://sso/logout#a", "mailto:sso", "https://me@sso/logout"}) {
    EXPECT_EQ(with(address), "\"end_session\" \"" + showable_uri(address) +
                                 "\" must be an https URL without user name and fragment");
  }
  EXPECT_EQ(with("/logout"), "\"end_session\" \"/logout\" must be absolute, with a scheme such as https:");
}

TEST(ProviderCheck, wants_no_key_for_clients_without_a_back_channel) {
  EXPECT_EQ(refused([](Provider& provider) {
              provider.signing_keys.clear();
              enrol(provider, a_front_client("app-a"));
            }),
            "accepted");
}

TEST(ProviderCheck, blames_the_first_client_by_name) {
  EXPECT_TRUE(refused([](Provider& provider) {
                for (const auto* id : {"c9", "c3", "c1", "c7", "c2"}) enrol(provider, a_back_client(id));
                expel(provider, "app-a");
                provider.signing_keys.clear();
              }).starts_with("client \"c1\" "));
}

TEST(ProviderCheck, wants_private_signing_keys_with_names_of_their_own) {
  EXPECT_EQ(refused([](Provider& provider) {
              provider.signing_keys.push_back(
                  granted(jose::Key::from_jwk(granted(parse_json(test_keys::client_p256_jwk)).get())));
            }),
            "\"signing_key\" \"enc-ec\" must be a private key");
  EXPECT_EQ(refused([](Provider& provider) {
              provider.signing_keys.push_back(a_key(test_keys::p256));
              for (auto& key : provider.signing_keys) key.set_kid("k1");
            }),
            "\"signing_key\" \"k1\" stands twice: give each key a kid of its own");
}

TEST(ProviderCheck, wants_a_secret_that_seals_tickets) {
  EXPECT_EQ(refused([](Provider& provider) { provider.ticket_secret.clear(); }),
            "the secret that seals tickets must have 32 bytes");
}

TEST(ProviderCheck, wants_a_landing_that_is_an_http_url) {
  const auto landing = [](const std::string& uri) {
    return refused([&](Provider& provider) { provider.post_logout_uri = uri; });
  };
  EXPECT_EQ(landing("https://www.example.com/bye?x#y"), "accepted");
  EXPECT_EQ(landing("javascript:x"), "\"post_logout\" \"javascript:x\" must be an http or https URL");
  EXPECT_EQ(landing("/bye"), "\"post_logout\" \"/bye\" must be absolute, with a scheme such as https:");
}

TEST(ProviderCheck, wants_a_session_cookie_that_can_be_cleared) {
  EXPECT_EQ(with_cookie({.name = "__Host-op"}), "accepted");
  EXPECT_EQ(with_cookie({.name = "__Secure-op", .path = "/sso", .domain = "example.com"}), "accepted");
  constexpr auto bad_name = "\"session_cookie\" must have a name of letters, digits and !#$%&'*+-.^_`|~";
  EXPECT_EQ(with_cookie({.name = ""}), bad_name);
  EXPECT_EQ(with_cookie({.name = "op session"}), bad_name);
  EXPECT_EQ(with_cookie({.name = "op=1"}), bad_name);
  EXPECT_EQ(with_cookie({.name = "op", .path = "sso"}),
            "\"session_cookie\" \"op\" must have a path that begins with / and has no ;");
  EXPECT_EQ(with_cookie({.name = "op", .path = "/;x"}),
            "\"session_cookie\" \"op\" must have a path that begins with / and has no ;");
  EXPECT_EQ(with_cookie({.name = "op", .domain = "a\r\nb"}),
            "\"session_cookie\" \"op\" must have a domain that is a host name, such as example.com");
}

TEST(ProviderCheck, wants_a_cookie_domain_that_is_a_host_name) {
  for (const auto* domain :
       {"example.com", ".example.com", "localhost", "xn--bcher-kva.example", "a_b.example"}) {
    EXPECT_EQ(with_cookie({.name = "op", .domain = domain}), "accepted") << domain;
  }
  for (const auto* domain : {"example.com:80", "https://example.com", "example.com/", "a..b", "..a", ".",
                             "a.", "*.a", "-a.b", "a b", "a;b",
                             "b\xC3\xBC"
                             "cher.example"}) {
    EXPECT_EQ(with_cookie({.name = "op", .domain = domain}),
              "\"session_cookie\" \"op\" must have a domain that is a host name, such as example.com")
        << domain;
  }
}

TEST(ProviderCheck, wants_an_upstream_logout_that_browsers_can_be_sent_to) {
  const auto with = [](std::string_view address) {
    return refused([&](Provider& provider) {
      provider.upstream_logout = {.uri = std::string(address), .by_browser = true};
    });
  };
  EXPECT_EQ(with("https://op/end?realm=a"), "accepted");
  EXPECT_EQ(with("http://op/end"),
            "\"upstream_logout\" \"http://op/end\" must be an https URL, unless \"allow_http\" is on");
  EXPECT_EQ(with("https://op/end#a"),
            "\"upstream_logout\" \"https://op/end#a\" must be an https URL without "
            "user name and fragment");
}

TEST(ProviderName, is_one_that_needs_no_quoting_anywhere) {
  for (const std::string_view name : {"corp", "Corp-2", "a.b_c", "0"})
    EXPECT_TRUE(is_provider_name(name)) << name;
  EXPECT_TRUE(is_provider_name(std::string(64, 'a')));
  for (const std::string_view name :
       {"", "a b", "a\"b", "a{b", "a}b", "a\nb", "a/b", "a%b", "a,b", "a\\b", "\xC3\xBC", "a\x7F"}) {
    EXPECT_FALSE(is_provider_name(name)) << name;
  }
  EXPECT_FALSE(is_provider_name(std::string(65, 'a')));
}

TEST(ProviderCheck, takes_up_to_eight_session_cookies_each_once) {
  const auto with = [](std::vector<CookieScope> scopes) {
    return refused([&](Provider& provider) { provider.session_cookies = std::move(scopes); });
  };
  std::vector<CookieScope> scopes;
  for (int i = 0; i < 8; ++i) scopes.push_back({.name = "op" + std::to_string(i)});
  EXPECT_EQ(with(scopes), "accepted");
  scopes.push_back({.name = "op8"});
  EXPECT_EQ(with(scopes), "\"session_cookie\" must not stand more than 8 times");
  EXPECT_EQ(with({{.name = "op"}, {.name = "op", .path = "/sso"}}), "\"session_cookie\" \"op\" stands twice");
  EXPECT_EQ(with({{.name = "op"}, {.name = "op 2"}}),
            "\"session_cookie\" must have a name of letters, digits and !#$%&'*+-.^_`|~");
}

TEST(ProviderCheck, wants_a_session_cookie_that_keeps_the_promise_of_its_prefix) {
  EXPECT_EQ(with_cookie({.name = "__Host-op", .path = "/sso"}),
            "\"session_cookie\" \"__Host-op\" must have the path / and no domain, as its prefix says");
  EXPECT_EQ(with_cookie({.name = "__Host-op", .domain = "example.com"}),
            "\"session_cookie\" \"__Host-op\" must have the path / and no domain, as its prefix says");
  EXPECT_EQ(with_cookie({.name = "__Secure-op", .secure = false}),
            "\"session_cookie\" \"__Secure-op\" must be secure, as its prefix says");
}

TEST(ProviderCheck, wants_times_and_numbers_that_work) {
  const std::vector<std::pair<std::function<void(Provider&)>, std::string>> rows{
      {[](Provider& p) { p.absolute = Seconds{0}; }, "\"session\" absolute must be 1 second to 400 days"},
      {[](Provider& p) { p.absolute = std::chrono::days{401}; },
       "\"session\" absolute must be 1 second to 400 days"},
      {[](Provider& p) { p.idle = Seconds{-1}; }, "\"session\" idle must be 0 to 400 days"},
      {[](Provider& p) { p.tombstone = Seconds{0}; }, "\"tombstone\" must be 1 second to 400 days"},
      {[](Provider& p) { p.tombstone = std::chrono::days{401}; },
       "\"tombstone\" must be 1 second to 400 days"},
      {[](Provider& p) { p.leeway = Seconds{-1}; }, "\"leeway\" must be 0 to 1 day"},
      {[](Provider& p) { p.leeway = Seconds{86401}; }, "\"leeway\" must be 0 to 1 day"},
      {[](Provider& p) { p.ticket_life = Seconds{0}; }, "\"confirm\" ticket must be 1 second to 1 day"},
      {[](Provider& p) { p.ticket_life = Seconds{86401}; }, "\"confirm\" ticket must be 1 second to 1 day"},
      {[](Provider& p) { p.hint.max_age = Seconds{-1}; }, "\"hint\" max_age must be 0 to 3650 days"},
      {[](Provider& p) { p.hint.max_age = std::chrono::days{3651}; },
       "\"hint\" max_age must be 0 to 3650 days"},
      {[](Provider& p) { p.frontchannel.timeout = Seconds{0}; },
       "\"frontchannel\" timeout must be 1 second to 10 minutes"},
      {[](Provider& p) { p.frontchannel.timeout = p.frontchannel.total = Seconds{601}; },
       "\"frontchannel\" timeout must be 1 second to 10 minutes"},
      {[](Provider& p) { p.frontchannel.total = Seconds{601}; },
       "\"frontchannel\" total must be at most 10 minutes"},
      {[](Provider& p) { p.frontchannel.total = Seconds{4}; },
       "\"frontchannel\" total must not be less than its timeout"},
      {[](Provider& p) { p.delivery.wait = Millis{-1}; }, "\"delivery\" wait must be 0 to 60 seconds"},
      {[](Provider& p) { p.delivery.wait = Millis{60001}; }, "\"delivery\" wait must be 0 to 60 seconds"},
      {[](Provider& p) { p.delivery.timeout = Millis{0}; },
       "\"delivery\" timeout must be 1 millisecond to 10 minutes"},
      {[](Provider& p) { p.delivery.timeout = Millis{600001}; },
       "\"delivery\" timeout must be 1 millisecond to 10 minutes"},
      {[](Provider& p) { p.delivery.concurrency = 0; }, "\"delivery\" concurrency must be at least 1"},
      {[](Provider& p) { p.delivery.per_host = 0; }, "\"delivery\" per_host must be at least 1"},
      {[](Provider& p) { p.delivery.attempts = 0; }, "\"delivery\" attempts must be at least 1"},
      {[](Provider& p) { p.delivery.first = Millis{0}; }, "\"delivery\" first must be greater than 0"},
      {[](Provider& p) { p.delivery.max = Millis{4999}; }, "\"delivery\" max must not be less than first"},
      {[](Provider& p) { p.delivery.max_age = Millis{4999}; },
       "\"delivery\" max_age must not be less than timeout"},
      {[](Provider& p) { p.delivery.max = std::chrono::days{31}; },
       "\"delivery\" max must be at most 30 days"},
      {[](Provider& p) { p.delivery.max_age = std::chrono::days{31}; },
       "\"delivery\" max_age must be at most 30 days"},
  };
  for (const auto& [spoil, sentence] : rows) EXPECT_EQ(refused(spoil), sentence);
}

}  // namespace slo::provider_check_test
