// SPDX-License-Identifier: BSD-2-Clause
// Reads Set-Cookie headers as browsers do: lenient where they are, since what they keep is what comes back.
#include "core/text/set_cookie.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/text/words.h"

namespace slo {
namespace {

// Nothing of a Max-Age that is no number; a huge one is a long time.
std::optional<bool> is_expired_by_age(std::string_view value) {
  if (value.empty() || (value.front() != '-' && (value.front() < '0' || value.front() > '9'))) return {};
  const std::string_view digits = value.substr(value.front() == '-' ? 1 : 0);
  if (digits.find_first_not_of("0123456789") != std::string_view::npos) return {};
  return value.front() == '-' || digits.find_first_not_of('0') == std::string_view::npos;
}

// The number that a token begins with, of so many digits; what follows them is ignored, but for more digits.
std::optional<int> leading_number(std::string_view& token, std::size_t least, std::size_t most) {
  const std::size_t digits = std::min(token.find_first_not_of("0123456789"), token.size());
  if (digits < least || digits > most) return std::nullopt;
  int number = 0;
  std::from_chars(token.data(), token.data() + digits, number);
  token.remove_prefix(digits);
  return number;
}

std::optional<Seconds> time_of_day(std::string_view token) {
  std::array<int, 3> parts{};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto number = leading_number(token, 1, 2);
    if (!number) return std::nullopt;
    parts[i] = *number;
    if (i == 2) break;
    if (!token.starts_with(':')) return std::nullopt;
    token.remove_prefix(1);
  }
  if (parts[0] > 23 || parts[1] > 59 || parts[2] > 59) return std::nullopt;
  return Seconds{parts[0] * 3600 + parts[1] * 60 + parts[2]};
}

std::optional<unsigned> month_of(std::string_view token) {
  constexpr std::string_view months = "janfebmaraprmayjunjulaugsepoctnovdec";
  for (unsigned month = 0; month < 12; ++month) {
    if (is_same_word(token.substr(0, 3), months.substr(std::size_t{month} * 3, 3))) return month + 1;
  }
  return std::nullopt;
}

int whole_year(int year) {
  if (year >= 70 && year <= 99) return year + 1900;
  return year <= 69 ? year + 2000 : year;
}

struct CookieDate {
  std::optional<Seconds> time{};
  std::optional<unsigned> month{};
  std::optional<int> day{}, year{};

  void take(std::string_view token) {
    std::string_view rest = token;
    if (!time && (time = time_of_day(token))) return;
    if (!day && (day = leading_number(rest, 1, 2))) return;
    if (!month && (month = month_of(token))) return;
    rest = token;
    if (!year) year = leading_number(rest, 2, 4);
  }
};

bool is_date_delimiter(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return c == '\t' || (byte >= 0x20 && byte <= 0x2F) || (byte >= 0x3B && byte <= 0x40) ||
         (byte >= 0x5B && byte <= 0x60) || (byte >= 0x7B && byte <= 0x7E);
}

}  // namespace

CookiePair take_cookie_pair(std::string_view& header) {
  const std::size_t end = header.find(';');
  const std::string_view pair = header.substr(0, end);
  header = end == std::string_view::npos ? std::string_view{} : header.substr(end + 1);
  const std::size_t equals = pair.find('=');
  if (equals == std::string_view::npos) return {.name = trimmed(pair)};
  return {.name = trimmed(pair.substr(0, equals)), .value = trimmed(pair.substr(equals + 1))};
}

bool is_cookie_expired(std::string_view attributes, TimeS now) {
  std::optional<bool> by_age, by_date;
  while (!attributes.empty()) {
    const CookiePair attribute = take_cookie_pair(attributes);
    if (is_same_word(attribute.name, "max-age")) {
      if (const auto expired = is_expired_by_age(attribute.value)) by_age = expired;
    } else if (is_same_word(attribute.name, "expires")) {
      if (const auto date = read_cookie_date(attribute.value)) by_date = *date <= now;
    }
  }
  return by_age.value_or(by_date.value_or(false));
}

std::optional<std::string_view> find_set_cookie(std::span<const std::string_view> headers,
                                                std::string_view name, TimeS now) {
  std::optional<std::string_view> found;
  for (std::string_view header : headers) {
    if (header.substr(0, header.find(';')).find('=') == std::string_view::npos) continue;  // no name
    const CookiePair pair = take_cookie_pair(header);
    if (pair.name == name && !pair.value.empty() && !is_cookie_expired(header, now)) found = pair.value;
  }
  return found;
}

bool has_set_cookie(std::span<const std::string_view> headers, std::string_view name) {
  return std::ranges::any_of(headers, [name](std::string_view header) {
    return header.substr(0, header.find(';')).find('=') != std::string_view::npos &&
           take_cookie_pair(header).name == name;
  });
}

// RFC 6265bis, section 5.1.1: the first token of each kind, in any order.
std::optional<TimeS> read_cookie_date(std::string_view text) {
  CookieDate date;
  while (!text.empty()) {
    const auto end = std::ranges::find_if(text, is_date_delimiter);
    const auto size = static_cast<std::size_t>(end - text.begin());
    if (size > 0) date.take(text.substr(0, size));
    text.remove_prefix(std::min(size + 1, text.size()));
  }
  if (!date.time || !date.month || !date.day || !date.year) return std::nullopt;
  const int year = whole_year(*date.year);
  const std::chrono::year_month_day when{std::chrono::year{year}, std::chrono::month{*date.month},
                                         std::chrono::day{static_cast<unsigned>(*date.day)}};
  if (year < 1601 || !when.ok()) return std::nullopt;
  return TimeS{std::chrono::sys_days{when}} + *date.time;
}

}  // namespace slo
