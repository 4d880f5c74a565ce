// SPDX-License-Identifier: BSD-2-Clause
// Reads a JSON array of clients, once through.
#include "core/client/client_array.h"

#include <memory>
#include <unordered_set>
#include <utility>

#include "core/client/doubts.h"
#include "core/text/json_array.h"

namespace slo {
namespace {

constexpr std::size_t max_told = 20;  // each takes a look at the whole text

tl::unexpected<Refusal> refuse_element(std::string_view text, std::size_t index, const MetadataError& error) {
  const std::string place = position_in_array(text, index, error.member);
  return refuse(error.refusal.fault, place + ": " + error.refusal.detail);
}

tl::unexpected<Refusal> refuse_second(std::string_view text, std::size_t index, const ClientId& id) {
  const std::string why = "\"client_id\" \"" + id.value + "\" stands twice";
  return refuse_element(text, index, {"client_id", {Fault::client_metadata_invalid, why}});
}

struct Doubted {
  std::size_t index = 0;
  Doubt doubt{};
};

// What is wrong with one is often wrong with all.
std::vector<std::string> told(std::string_view text, const std::vector<Doubted>& all) {
  std::vector<std::string> sentences;
  for (const auto& [index, doubt] : all) {
    if (sentences.size() == max_told) break;
    sentences.push_back(position_in_array(text, index, doubt.member) + ": " + doubt.text);
  }
  if (all.size() > max_told)
    sentences.push_back(" " + std::to_string(all.size() - max_told) + " more of its members look wrong");
  return sentences;
}

}  // namespace

namespace {

// What has been read so far.
struct Reading {
  std::string_view text;
  const ClientRules& rules;
  ClientDoubts doubts{rules.is_https};
  ClientArray read{};
  std::unordered_set<std::string_view> ids{};
  std::vector<Doubted> doubted{};
};

Outcome<void> take_element(Reading& reading, const json_t* metadata) {
  ClientArray& read = reading.read;
  const std::size_t index = read.clients.size();
  auto client = read_client(metadata, reading.rules);
  if (!client) return refuse_element(reading.text, index, client.error());
  const auto& kept = read.clients.emplace_back(std::make_shared<const Client>(*std::move(client)));
  if (!reading.ids.insert(kept->id.value).second) return refuse_second(reading.text, index, kept->id);
  for (Doubt& doubt : reading.doubts.about(metadata)) reading.doubted.push_back({index, std::move(doubt)});
  read.has_secrets = read.has_secrets || has_member(metadata, "client_secret");
  return {};
}

}  // namespace

// One at a time: a tree of all of them is some ten times as large as the text, and leaves holes in memory
// that make everything slower that is done later.
Outcome<ClientArray> read_clients(std::string_view text, const ClientRules& rules) {
  JsonArrayReader array(text);
  if (!array.is_array()) {
    if (const auto other = parse_json(text); !other) return refuse(other.error());
    return refuse(Fault::client_metadata_invalid, "1:1: must be a JSON array of clients");
  }
  Reading reading{.text = text, .rules = rules};
  for (;;) {
    const auto metadata = array.next();
    if (!metadata) return refuse(metadata.error());
    if (*metadata == nullptr) break;
    if (auto taken = take_element(reading, metadata->get()); !taken) return refuse(taken.error());
  }
  reading.read.doubts = told(text, reading.doubted);
  return std::move(reading.read);
}

}  // namespace slo
