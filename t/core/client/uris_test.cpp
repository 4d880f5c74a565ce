// SPDX-License-Identifier: BSD-2-Clause
// URIs that a client may register, and those it may not.
#include "core/client/uris.h"

#include <gtest/gtest.h>

#include "t/harness/metadata_words.h"

namespace slo::client_uris_test {

using metadata_words::accepted;
using metadata_words::http_allowed;
using metadata_words::refused;

std::string refused_redirect(std::string_view members, const ClientRules& rules = {}) {
  return refused("post_logout_redirect_uris", members, rules, Fault::redirect_uri_invalid);
}

TEST(PostLogoutRedirectUris, are_kept_as_they_stand) {
  const Client client =
      accepted(R"("post_logout_redirect_uris":["https://A/b/../c?d","app.example:/cb","https://a"])");
  EXPECT_EQ(client.post_logout_redirect_uris,
            (std::unordered_set<std::string>{"https://A/b/../c?d", "app.example:/cb", "https://a"}));
}

TEST(PostLogoutRedirectUris, must_not_run_or_show_what_they_say) {
  for (const auto* scheme : {"javascript", "data", "file", "vbscript", "blob", "about"}) {
    const std::string uri = std::string(scheme) + ":x";
    EXPECT_EQ(refused_redirect("\"post_logout_redirect_uris\":[\"" + uri + "\"]"),
              '"' + uri + "\" must not have the scheme \"" + scheme + '"');
  }
  EXPECT_EQ(refused_redirect(R"j("post_logout_redirect_uris":["JavaScript:alert(1)"])j"),
            "\"JavaScript:alert(1)\" must not have the scheme \"javascript\"");
}

TEST(PostLogoutRedirectUris, must_be_absolute_and_without_a_fragment) {
  EXPECT_EQ(refused_redirect(R"("post_logout_redirect_uris":["/out"])"),
            "\"/out\" must be absolute, with a scheme such as https:");
  EXPECT_EQ(refused_redirect(R"("post_logout_redirect_uris":["https://a/","https://a/#x"])"),
            "\"https://a/#x\" must not have a fragment");
  EXPECT_EQ(refused_redirect(R"("post_logout_redirect_uris":["app:/cb#"])"),
            "\"app:/cb#\" must not have a fragment");
  EXPECT_EQ(refused_redirect(R"("post_logout_redirect_uris":["https://*.example.com/"])"),
            "\"https://*.example.com/\" must have a host name of letters, digits, '.', '-' and '_'");
}

TEST(PostLogoutRedirectUris, may_be_http_only_for_confidential_clients_of_a_provider_that_allows_it) {
  constexpr std::string_view http = R"("post_logout_redirect_uris":["http://a/out"])";
  const std::string of_public = R"("token_endpoint_auth_method":"none",)" + std::string(http);
  EXPECT_TRUE(accepted(http, http_allowed).may_redirect_to("http://a/out"));
  EXPECT_EQ(refused_redirect(http), "\"http://a/out\" must be https, unless \"allow_http\" is on");
  EXPECT_EQ(
      refused_redirect(of_public, http_allowed),
      "\"http://a/out\" must be https: the client is public (\"token_endpoint_auth_method\" is \"none\")");
}

TEST(PostLogoutRedirectUris, may_always_be_http_to_loopback_for_native_clients) {
  constexpr std::string_view native = R"("application_type":"native","token_endpoint_auth_method":"none",)";
  const std::string loopback = R"("post_logout_redirect_uris":["http://127.0.0.1/out"])";
  EXPECT_TRUE(accepted(std::string(native) + loopback).may_redirect_to("http://127.0.0.1:4711/out"));
  EXPECT_EQ(refused_redirect(loopback),
            "\"http://127.0.0.1/out\" must be https, unless \"allow_http\" is on");
  EXPECT_EQ(
      refused_redirect(std::string(native) + R"("post_logout_redirect_uris":["http://127.0.0.1.example/"])"),
      "\"http://127.0.0.1.example/\" must be https: the client is public (\"token_endpoint_auth_method\" is "
      "\"none\")");
}

TEST(RedirectUris, must_be_absolute_harmless_and_without_a_fragment) {
  const auto wrong = [](std::string_view members) {
    return refused("redirect_uris", members, {}, Fault::redirect_uri_invalid);
  };
  EXPECT_EQ(wrong(R"("redirect_uris":["cb"])"), "\"cb\" must be absolute, with a scheme such as https:");
  EXPECT_EQ(wrong(R"("redirect_uris":["data:x"])"), "\"data:x\" must not have the scheme \"data\"");
  EXPECT_EQ(wrong(R"("redirect_uris":["https://a/#"])"), "\"https://a/#\" must not have a fragment");
  EXPECT_EQ(accepted(R"("redirect_uris":["http://a/cb","app:/cb"])").redirect_uris,
            (std::vector<std::string>{"http://a/cb", "app:/cb"}));
}

TEST(BackchannelLogoutUri, is_kept_to_the_byte_but_always_has_a_path) {
  const auto kept = [](std::string_view uri) {
    return accepted("\"backchannel_logout_uri\":\"" + std::string(uri) + '"').backchannel_logout_uri;
  };
  EXPECT_EQ(kept("https://H:443/a/../b?x=%2f&y="), "https://H:443/a/../b?x=%2f&y=");
  EXPECT_EQ(kept("https://h"), "https://h/");
  EXPECT_EQ(kept("https://h?x=1"), "https://h/?x=1");
  EXPECT_EQ(kept("https://h:8443?"), "https://h:8443/?");
  EXPECT_EQ(kept("https://[::1]?x=/a"), "https://[::1]/?x=/a");
}

TEST(BackchannelLogoutUri, must_be_absolute_http_without_fragment_and_user) {
  const auto wrong = [](std::string_view uri) {
    return refused("backchannel_logout_uri", "\"backchannel_logout_uri\":\"" + std::string(uri) + '"');
  };
  EXPECT_EQ(wrong("https://a/#x"), "\"https://a/#x\" must not have a fragment");
  EXPECT_EQ(wrong("https://a/#"), "\"https://a/#\" must not have a fragment");
  EXPECT_EQ(wrong("/logout"), "\"/logout\" must be absolute, with a scheme such as https:");
  EXPECT_EQ(wrong("app:/logout"), "\"app:/logout\" must be an https URI");
  EXPECT_EQ(wrong("javascript:x"), "\"javascript:x\" must be an https URI");
  EXPECT_EQ(wrong("https://a/\\r\\nX"),
            "\"https://a/??X\" must be printable ASCII without blanks; percent-encode the rest");
  EXPECT_EQ(wrong("https:///x"), "\"https:///x\" must name a host");
  EXPECT_EQ(wrong(""), "\"\" must not be empty");
}

TEST(BackchannelLogoutUri, never_shows_a_password_or_a_query_in_its_message) {
  EXPECT_EQ(refused("backchannel_logout_uri", R"("backchannel_logout_uri":"https://me:hush@a/")"),
            "\"https://...@a/\" must not hold a user name or password");
  EXPECT_EQ(refused("backchannel_logout_uri", R"("backchannel_logout_uri":"http://a/?key=hush")"),
            "\"http://a/?...\" must be https, unless \"allow_http\" is on");
}

TEST(LogoutUris, may_be_http_only_for_confidential_clients_of_a_provider_that_allows_it) {
  for (const std::string member : {"backchannel_logout_uri", "frontchannel_logout_uri"}) {
    const std::string http = R"("redirect_uris":["http://a/cb"],")" + member + R"(":"http://a/x")";
    EXPECT_EQ(refused(member, http), "\"http://a/x\" must be https, unless \"allow_http\" is on");
    EXPECT_EQ(
        refused(member, R"("token_endpoint_auth_method":"none",)" + http, http_allowed),
        "\"http://a/x\" must be https: the client is public (\"token_endpoint_auth_method\" is \"none\")");
    accepted(http, http_allowed);
    accepted(R"("token_endpoint_auth_method":"private_key_jwt",)" + http, http_allowed);
  }
}

TEST(FrontchannelLogoutUri, shares_scheme_host_and_port_with_a_redirect_uri) {
  constexpr std::string_view redirects =
      R"("redirect_uris":["app:/cb","https://A.example.com:443/cb","https://b:8443/cb"],)";
  const auto with = [&](std::string_view uri) {
    return std::string(redirects) + "\"frontchannel_logout_uri\":\"" + std::string(uri) + '"';
  };
  EXPECT_EQ(accepted(with("https://a.example.com/front?x=1")).frontchannel_logout_uri,
            "https://a.example.com/front?x=1");
  accepted(with("https://b:8443/front"));
  for (const auto* uri :
       {"https://b/front", "https://b:8444/front", "https://c/front", "https://a.example.com:8443/front"}) {
    EXPECT_EQ(refused("frontchannel_logout_uri", with(uri)),
              '"' + std::string(uri) + "\" must share scheme, host and port with one of \"redirect_uris\"");
  }
  EXPECT_EQ(
      refused("frontchannel_logout_uri",
              R"("redirect_uris":["https://a/cb"],"frontchannel_logout_uri":"http://a/x")", http_allowed),
      "\"http://a/x\" must share scheme, host and port with one of \"redirect_uris\"");
}

TEST(FrontchannelLogoutUri, needs_redirect_uris) {
  EXPECT_EQ(refused("frontchannel_logout_uri", R"("frontchannel_logout_uri":"https://a/front")"),
            "needs \"redirect_uris\": it must share scheme, host and port with one of them");
}

TEST(FrontchannelLogoutUri, keeps_the_rules_of_logout_uris) {
  const auto wrong = [](std::string_view uri) {
    return refused(
        "frontchannel_logout_uri",
        R"("redirect_uris":["https://a/cb"],"frontchannel_logout_uri":")" + std::string(uri) + '"');
  };
  EXPECT_EQ(wrong("https://a/#"), "\"https://a/#\" must not have a fragment");
  EXPECT_EQ(wrong("javascript:x"), "\"javascript:x\" must be an https URI");
  EXPECT_EQ(wrong("https://a@a/"), "\"https://...@a/\" must not hold a user name or password");
}

}  // namespace slo::client_uris_test
