// SPDX-License-Identifier: BSD-2-Clause
// Lists of clients: found by id, in order, and replaced while somebody holds one of an older list.
#include "core/client/client_list.h"

#include <gtest/gtest.h>

#include <thread>

#include "t/harness/builders.h"

namespace slo::client_list_test {

ClientRef named(std::string_view id) { return std::make_shared<const Client>(a_client(id)); }

ClientListRef list_of(const std::vector<std::string_view>& ids) {
  std::vector<ClientRef> clients;
  for (const auto id : ids) clients.push_back(named(id));
  return std::make_shared<const ClientList>(clients);
}

std::vector<std::string> ids_of(const ClientList& list) {
  std::vector<std::string> ids;
  for (const ClientRef& client : list.in_order()) ids.push_back(client->id.value);
  return ids;
}

TEST(ClientList, finds_its_clients_and_shows_them_in_order) {
  const auto list = list_of({"c", "a", "b"});
  EXPECT_EQ(ids_of(*list), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(list->find(ClientId{"c"})->id.value, "c");
  EXPECT_EQ(list->find(ClientId{"d"}), nullptr);
  EXPECT_EQ(list->duplicate(), nullptr);
}

TEST(ClientList, names_the_first_id_that_stands_twice_and_has_its_first_client) {
  const auto first = named("a");
  const ClientList list({named("b"), first, named("a"), named("b")});
  ASSERT_NE(list.duplicate(), nullptr);
  EXPECT_EQ(list.duplicate()->value, "a");
  EXPECT_EQ(list.find(ClientId{"a"}), first);
  EXPECT_EQ(ids_of(list), (std::vector<std::string>{"a", "b"}));
}

TEST(ClientList, finds_a_client_by_another_name_too_but_first_by_its_own) {
  ClientList list({named("a"), named("b")});
  list.call(ClientId{"a"}, ClientId{"short"});
  list.call(ClientId{"a"}, ClientId{"b"});
  EXPECT_EQ(list.find(ClientId{"short"})->id.value, "a");
  EXPECT_EQ(list.find(ClientId{"b"})->id.value, "b");
}

TEST(ClientList, finds_the_only_client_of_a_redirect_uri) {
  const auto sent_to = [](std::string_view id, std::vector<std::string> uris) {
    Client client = a_client(id);
    client.redirect_uris = std::move(uris);
    return std::make_shared<const Client>(std::move(client));
  };
  ClientList list(
      {sent_to("a", {"https://a/cb", "https://a/cb?x=1", "https://both/"}), sent_to("b", {"https://both/"})});
  list.note_redirects();
  EXPECT_EQ(list.find_by_redirect("https://a/cb")->id.value, "a") << "its own twice is once";
  EXPECT_EQ(list.find_by_redirect("https://both/"), nullptr);
  EXPECT_EQ(list.find_by_redirect("https://c/"), nullptr);
}

TEST(CurrentClients, a_client_that_is_held_outlives_its_list) {
  CurrentClients clients;
  EXPECT_TRUE(clients.list()->in_order().empty());
  clients.replace(list_of({"a"}));
  const ClientRef held = clients.list()->find(ClientId{"a"});
  clients.replace(list_of({"b"}));
  EXPECT_EQ(clients.list()->find(ClientId{"a"}), nullptr);
  EXPECT_EQ(held->id.value, "a");
}

TEST(CurrentClients, a_copy_goes_its_own_way) {
  CurrentClients clients;
  clients.replace(list_of({"a"}));
  CurrentClients copy = clients;
  copy.replace(list_of({"b"}));
  EXPECT_EQ(ids_of(*clients.list()), std::vector<std::string>{"a"});
  clients = copy;
  EXPECT_EQ(ids_of(*clients.list()), std::vector<std::string>{"b"});
}

TEST(CurrentClients, may_be_replaced_while_a_thread_looks) {
  CurrentClients clients;
  clients.replace(list_of({"a", "b"}));
  std::size_t found = 0;
  std::thread looking([&] {
    for (int i = 0; i < 20'000; ++i) found += clients.list()->find(ClientId{"a"}) != nullptr ? 1 : 0;
  });
  for (int i = 0; i < 2'000; ++i) clients.replace(list_of({"a", "c"}));
  looking.join();
  EXPECT_EQ(found, 20'000U);
}

}  // namespace slo::client_list_test
