// SPDX-License-Identifier: BSD-2-Clause
// A document of the OP: whatever it sends, clients get valid JSON with all that is not ours as it was, or
// what it sent.
#include <algorithm>
#include <array>

#include "core/op/publishing.h"
#include "core/text/json_edit.h"
#include "t/fuzz/fuzz.h"

namespace slo::fuzz {
namespace {

constexpr std::array ours{"end_session_endpoint", "backchannel_logout_supported",
                          "backchannel_logout_session_supported", "frontchannel_logout_supported",
                          "frontchannel_logout_session_supported"};

const Provider& provider_that_publishes() {
  static const Provider provider = [] {
    Provider made = a_provider();
    made.end_session_endpoint = "https://sso.example.com/logout";
    return made;
  }();
  return provider;
}

bool is_ours(std::string_view name) { return std::ranges::find(ours, name) != ours.end(); }

// The texts of the members that are not ours, in their order.
std::vector<std::string> foreign_members(std::string_view text) {
  std::vector<std::string> members;
  for (const JsonMember& member : members_of(text)) {
    if (is_ours(member.name)) continue;
    members.push_back(member.name + ' ' + std::string(text.substr(member.from, member.to - member.from)));
  }
  return members;
}

// By the library's reader, which knows nothing of how the text was changed.
void compare_values(const json_t* before, const json_t* after) {
  const char* name = nullptr;
  json_t* value = nullptr;
  const bool has_issuer = has_member(before, "issuer");
  json_object_foreach(const_cast<json_t*>(before), name, value) {
    if (has_issuer ? is_ours(name) : std::string_view(name) == "keys") continue;
    promise(is_same_json(value, json_object_get(after, name)), "every foreign member has its value");
  }
  if (has_issuer) {
    for (const char* member : ours) promise(has_member(after, member), "all of ours are there");
    return;
  }
  const json_t* was = json_object_get(before, "keys");
  const json_t* is = json_object_get(after, "keys");
  promise(json_array_size(is) >= json_array_size(was), "no key is taken out");
  for (std::size_t i = 0; i < json_array_size(was); ++i) {
    promise(is_same_json(json_array_get(was, i), json_array_get(is, i)), "every key of the OP stays");
  }
}

void pass(const std::string& text) {
  const auto seen = publish(provider_that_publishes(), {.back_channel = true}, {.body = text});
  if (!seen) return;
  const auto before = parse_kept_json(text);
  const auto after = parse_kept_json(seen->document);
  promise(before && after, "what was JSON is JSON");
  compare_values(before->get(), after->get());
  if (has_member(before->get(), "issuer")) {
    promise(foreign_members(text) == foreign_members(seen->document), "and its text and its place");
  }
  const auto again = publish(provider_that_publishes(), {.back_channel = true}, {.body = seen->document});
  promise(again && again->document == seen->document, "what has passed once passes as it is");
}

// The fuzzer writes what stands around the member that makes it a document of ours.
void surround(Input& input) {
  const std::string before = input.text();
  const std::string member = input.flag() ? R"("issuer":"https://sso.example.com")" : R"("keys":[])";
  pass("{" + before + member + input.rest() + "}");
}

}  // namespace
}  // namespace slo::fuzz

FUZZ(input) {
  if (input.flag()) return slo::fuzz::surround(input);
  const std::string bytes = input.rest();
  slo::fuzz::pass(bytes);
  static_cast<void>(
      slo::publish(slo::fuzz::provider_that_publishes(), {}, {.body = bytes, .is_packed = true}));
  slo::fuzz::promise(slo::names_etag("x, " + slo::etag_of(bytes), slo::etag_of(bytes)), "an etag is named");
  static_cast<void>(slo::names_etag(bytes, slo::etag_of("")));
}
