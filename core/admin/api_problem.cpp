// SPDX-License-Identifier: BSD-2-Clause
// Writes what the management API refuses, as RFC 9457 problem documents: sentences for a program's author.
#include "core/admin/api.h"
#include "core/text/json.h"

namespace slo {
namespace {

// RFC 9457: with about:blank the title is the status' own phrase.
std::string_view phrase_of(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 503:
      return "Service Unavailable";
    default:
      return "Internal Server Error";
  }
}

bool is_written_for_caller(Fault fault) {
  using enum Fault;
  return fault == api_not_found || fault == api_read_only || fault == api_body_invalid ||
         fault == api_parameter_invalid;
}

// The table's sentences speak to a user who signs out; of our own failures a program is told what the log
// says.
std::string plain_sentence(const FaultRow& row) {
  if (row.status != 503) return std::string(row.to_client);
  std::string sentence(row.to_log);
  if (sentence[0] >= 'a' && sentence[0] <= 'z') sentence[0] = static_cast<char>(sentence[0] - 'a' + 'A');
  return sentence + ".";
}

}  // namespace

std::string problem_detail(const Refusal& refusal) {
  std::string detail = plain_sentence(describe(refusal.fault));
  if (!is_written_for_caller(refusal.fault) || refusal.detail.empty()) return detail;
  detail.pop_back();
  detail.append(": ").append(refusal.detail);
  if (detail.back() != '?' && detail.back() != '.') detail += '.';
  return detail;
}

Page problem_page(const Refusal& refusal) {
  const FaultRow& row = describe(refusal.fault);
  const Json body{json_object()};
  const auto put = [&body](const char* name, Json value) {
    json_object_set_new(body.get(), name, value.release());
  };
  put("type", make_string("about:blank"));
  put("title", make_string(phrase_of(row.status)));
  put("status", Json{json_integer(row.status)});
  put("detail", make_string(problem_detail(refusal)));
  put("code", make_string(row.name));
  Page page{.status = row.status,
            .content_type = "application/problem+json",
            .headers = {{"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}},
            .body = dump_json(body.get())};
  if (row.status == 405 && !refusal.detail.empty()) page.headers.push_back({"Allow", refusal.detail});
  if (row.status == 503) page.headers.push_back({"Retry-After", "5"});
  return page;
}

}  // namespace slo
