// SPDX-License-Identifier: BSD-2-Clause
// Signs and checks tickets and notices of the operators' page: `<what>.<HMAC-SHA-256>`, both base64url.
#include "core/admin/operators_ticket.h"

#include <openssl/crypto.h>

#include <array>
#include <charconv>

#include "core/digest.h"
#include "core/text/base64url.h"
#include "core/text/form.h"

namespace slo {
namespace {

constexpr std::array<std::string_view, 5> notice_words{"retried", "all_retried", "dropped", "ended",
                                                       "refused"};

// Each part by its digest, so that none can lend a byte to its neighbour.
std::string page_signature(const Provider& provider, const PagePlace& place, std::string_view use,
                           std::string_view text) {
  std::string parts;
  for (const std::string_view part :
       {use, std::string_view(provider.issuer.value), place.host, place.location, place.reader, text})
    parts += sha256(part);
  return hmac_sha256(hmac_sha256(provider.ticket_secret, "slo operators' page"), parts);
}

std::string sign_for_page(const Provider& provider, const PagePlace& place, std::string_view use,
                          const std::string& text) {
  if (provider.ticket_secret.empty()) return {};
  return base64url(text) + '.' + base64url(page_signature(provider, place, use, text));
}

std::optional<std::string> text_for_page(const Provider& provider, const PagePlace& place,
                                         std::string_view use, std::string_view written) {
  const auto dot = written.find('.');
  if (dot == std::string_view::npos || provider.ticket_secret.empty()) return std::nullopt;
  auto text = from_base64url(written.substr(0, dot));
  const auto signature = from_base64url(written.substr(dot + 1));
  if (!text || !signature || signature->size() != sha256_size) return std::nullopt;
  const std::string right = page_signature(provider, place, use, *text);
  return CRYPTO_memcmp(right.data(), signature->data(), right.size()) == 0 ? text : std::nullopt;
}

std::string seconds_text(TimeS time) { return std::to_string(time.time_since_epoch().count()); }

long long number_in(const Form& form, std::string_view name) {
  const std::string text = form.find(name).value_or("");
  long long number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// By name: a notice may outlive a reload that brought a new table.
std::optional<Fault> fault_named(std::string_view name) {
  for (std::size_t i = 0; i < fault_count; ++i) {
    if (describe(static_cast<Fault>(i)).name == name) return static_cast<Fault>(i);
  }
  return std::nullopt;
}

constexpr std::array<std::string_view, 7> page_words{"nonce", "until", "what", "client",
                                                     "count", "more",  "fault"};

}  // namespace

std::string make_page_ticket(const Provider& provider, const PagePlace& place, const Moment& moment) {
  return sign_for_page(provider, place, "ticket",
                       encode_form({{"nonce", nonce(moment, 1)},
                                    {"until", seconds_text(moment.seconds() + page_ticket_life)}}));
}

Outcome<std::string> open_page_ticket(const Provider& provider, const PagePlace& place,
                                      std::string_view ticket, TimeS now) {
  const auto text = text_for_page(provider, place, "ticket", ticket);
  if (!text) return refuse(Fault::api_ticket_invalid);
  const auto form = Form::read(*text, page_words);
  if (!form) return refuse(Fault::api_ticket_invalid);
  if (number_in(*form, "until") < now.time_since_epoch().count()) return refuse(Fault::api_ticket_expired);
  return form->find("nonce").value_or("");
}

std::string write_page_notice(const Provider& provider, const PagePlace& place, const PageNotice& notice,
                              TimeS now) {
  const std::string count = std::to_string(notice.count), until = seconds_text(now + page_notice_life);
  return sign_for_page(
      provider, place, "notice",
      encode_form({{"what", notice_words.at(static_cast<std::size_t>(notice.what))},
                   {"client", notice.client},
                   {"count", count},
                   {"more", notice.more ? "1" : ""},
                   {"fault", notice.fault ? describe(*notice.fault).name : std::string_view{}},
                   {"until", until}}));
}

std::optional<PageNotice> read_page_notice(const Provider& provider, const PagePlace& place,
                                           std::string_view written, TimeS now) {
  const auto text = text_for_page(provider, place, "notice", written);
  const auto form = text ? Form::read(*text, page_words) : refuse(Fault::form_malformed);
  if (!form || number_in(*form, "until") < now.time_since_epoch().count()) return std::nullopt;
  PageNotice notice{.client = form->find("client").value_or(""),
                    .count = static_cast<std::size_t>(number_in(*form, "count")),
                    .more = form->find("more").has_value(),
                    .fault = fault_named(form->find("fault").value_or(""))};
  for (std::size_t i = 0; i < notice_words.size(); ++i) {
    if (notice_words[i] == form->find("what")) notice.what = static_cast<PageNotice::What>(i);
  }
  return notice;
}

}  // namespace slo
