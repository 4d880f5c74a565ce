// SPDX-License-Identifier: BSD-2-Clause
// Reads a JSON array of clients, once through.
#include "core/client/client_array.h"

#include <memory>
#include <unordered_set>
#include <utility>

#include "core/client/doubts.h"
#include "core/text/json.h"

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

Outcome<ClientArray> read_clients(std::string_view text, const ClientRules& rules) {
  const Outcome<Json> document = parse_json(text);
  if (!document) return refuse(document.error());
  const json_t* array = document->get();
  if (!json_is_array(array))
    return refuse(Fault::client_metadata_invalid, "1:1: must be a JSON array of clients");
  ClientArray read;
  std::unordered_set<std::string_view> ids;
  std::vector<Doubted> doubted;
  ClientDoubts doubts(rules.is_https);
  for (std::size_t i = 0; i < json_array_size(array); ++i) {
    const json_t* metadata = json_array_get(array, i);
    auto client = read_client(metadata, rules);
    if (!client) return refuse_element(text, i, client.error());
    const auto& kept = read.clients.emplace_back(std::make_shared<const Client>(*std::move(client)));
    if (!ids.insert(kept->id.value).second) return refuse_second(text, i, kept->id);
    for (Doubt& doubt : doubts.about(metadata)) doubted.push_back({i, std::move(doubt)});
    read.has_secrets = read.has_secrets || has_member(metadata, "client_secret");
  }
  read.doubts = told(text, doubted);
  return read;
}

}  // namespace slo
