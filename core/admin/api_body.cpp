// SPDX-License-Identifier: BSD-2-Clause
// Reads the body of a registration; says what is wrong with it so that its author finds it.
#include "core/admin/api_body.h"

#include <algorithm>
#include <array>
#include <vector>

#include "core/text/closest.h"
#include "core/text/json.h"

namespace slo {
namespace {

constexpr std::array<std::string_view, 9> members{"client_id",      "sid",        "sub",
                                                  "session_cookie", "client_sub", "client_sid",
                                                  "client_no_sid",  "absolute",   "idle"};

std::string quoted(std::string_view name) { return '"' + std::string(name) + '"'; }

tl::unexpected<Refusal> wrong_body(std::string why) {
  return refuse(Fault::api_body_invalid, std::move(why));
}

Outcome<void> read_api_text(const json_t* body, const char* name, std::string& text) {
  if (!has_member(body, name)) return {};
  auto value = string_member(body, name);
  if (!value) return wrong_body(quoted(name) + " must be a string");
  text = *std::move(value);
  return {};
}

// Zero and below have meanings of their own in a Participation; from outside they would be mistakes.
Outcome<void> read_api_seconds(const json_t* body, const char* name, long long least, Seconds& seconds) {
  if (!has_member(body, name)) return {};
  const auto value = integer_member(body, name);
  if (!value || *value < least) {
    return wrong_body(quoted(name) + " must be a whole number of seconds, at least " + std::to_string(least));
  }
  seconds = Seconds{*value};
  return {};
}

Outcome<void> read_api_flag(const json_t* body, const char* name, bool& flag) {
  if (!has_member(body, name)) return {};
  const json_t* value = json_object_get(body, name);
  if (!json_is_boolean(value)) return wrong_body(quoted(name) + " must be true or false");
  flag = json_is_true(value);
  return {};
}

Outcome<void> check_members(json_t* body) {
  const char* name = nullptr;
  json_t* value = nullptr;
  json_object_foreach(body, name, value) {
    if (std::ranges::find(members, std::string_view(name)) == members.end())
      return wrong_body(unknown_name("member", name, members));
  }
  return {};
}

bool looks_like_a_name(std::string_view word) {
  return !word.empty() && word.size() <= 32 &&
         std::ranges::all_of(word, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

}  // namespace

std::string unknown_name(std::string_view kind, std::string_view word,
                         std::span<const std::string_view> known) {
  if (!looks_like_a_name(word)) return "a " + std::string(kind) + " is unknown";
  const std::string_view meant = closest(word, std::vector(known.begin(), known.end()));
  std::string sentence = quoted(word) + " is unknown";
  if (!meant.empty()) sentence += ", did you mean " + quoted(meant) + "?";
  return sentence;
}

Outcome<Participation> read_participation(std::string_view text) {
  const auto parsed = parse_json(text);
  if (!parsed) return wrong_body(parsed.error().detail);
  json_t* body = parsed->get();
  if (!json_is_object(body)) return wrong_body("the body must be a JSON object");
  Participation read;
  const std::array<Outcome<void>, 10> steps{check_members(body),
                                            read_api_text(body, "client_id", read.client_id),
                                            read_api_text(body, "sid", read.sid),
                                            read_api_text(body, "sub", read.sub),
                                            read_api_text(body, "session_cookie", read.session_cookie),
                                            read_api_text(body, "client_sub", read.client_sub),
                                            read_api_text(body, "client_sid", read.client_sid),
                                            read_api_flag(body, "client_no_sid", read.client_no_sid),
                                            read_api_seconds(body, "absolute", 1, read.absolute),
                                            read_api_seconds(body, "idle", 0, read.idle)};
  for (const auto& step : steps) {
    if (!step) return refuse(step.error());
  }
  if (read.client_id.empty()) return wrong_body("\"client_id\" is required");
  if (read.sub.empty()) return wrong_body("\"sub\" is required");
  return read;
}

}  // namespace slo
