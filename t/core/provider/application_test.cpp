// SPDX-License-Identifier: BSD-2-Clause
// Applications have ids that no client has, which fit into the store's fields, and are found by them.
#include "core/provider/application.h"

#include <gtest/gtest.h>

#include "core/text/base64url.h"
#include "t/harness/builders.h"

namespace slo::application_test {

TEST(ApplicationId, is_the_name_behind_a_prefix) {
  EXPECT_EQ(application_id("intranet.example/app/logout"), ClientId{"app:intranet.example/app/logout"});
  EXPECT_EQ(application_id(std::string(59, 'a')), ClientId{"app:" + std::string(59, 'a')});
}

TEST(ApplicationId, is_a_digest_where_the_name_is_long) {
  const ClientId id = application_id(std::string(60, 'a'));
  EXPECT_EQ(id, ClientId{"app:#Ee45EhHGJWRgtu03WVf63Y"});
  EXPECT_NE(id, application_id(std::string(61, 'a')));
}

TEST(ApplicationId, is_told_from_a_clients) {
  EXPECT_TRUE(is_application(application_id("intranet.example")));
  EXPECT_TRUE(is_application(application_id(std::string(300, 'a'))));
  for (const char* client : {"app-a", "app", "xapp:a", "App:a", ""})
    EXPECT_FALSE(is_application(ClientId{client}));
}

TEST(Application, is_called_where_it_has_a_logout_url_at_its_own_server_or_elsewhere) {
  EXPECT_FALSE(Application{}.is_called());
  EXPECT_TRUE((Application{.target = "/logout"}.is_called()));
  EXPECT_TRUE((Application{.target = "/logout"}.is_own_location()));
  EXPECT_FALSE((Application{.target = "https://app.example/logout"}.is_own_location()));
}

TEST(Application, is_found_by_its_id) {
  Provider provider = a_provider();
  provider.applications = {{.name = "a", .id = application_id("a")},
                           {.name = "b", .id = application_id("b")}};
  EXPECT_EQ(provider.find_application(ClientId{"app:b"}), &provider.applications[1]);
  EXPECT_EQ(provider.find_application(ClientId{"app:c"}), nullptr);
}

TEST(Application, is_named_by_its_id_where_it_is_not_configured_here) {
  const std::string name(70, 'a');
  Provider provider = a_provider();
  EXPECT_EQ(application_name(provider, application_id("wiki.example")), "wiki.example");
  EXPECT_EQ(application_name(provider, application_id(name)), application_id(name).value.substr(4));
  provider.applications = {{.name = name, .id = application_id(name)}};
  EXPECT_EQ(application_name(provider, application_id(name)), name);
}

TEST(AppCookieSecret, is_made_of_the_stores_and_is_no_digest_of_any_cookie) {
  const std::string store_secret = "a secret that keys cookie digests";
  const std::string secret = derive_app_cookie_secret(store_secret);
  EXPECT_EQ(secret.size(), 32U);
  EXPECT_EQ(secret, derive_app_cookie_secret(store_secret));
  EXPECT_NE(secret, derive_app_cookie_secret("another"));
  EXPECT_EQ(secret.find(digest_cookie(store_secret, "slo cookies of applications").value), std::string::npos);
  EXPECT_EQ(derive_app_cookie_secret(""), "");
}

}  // namespace slo::application_test
