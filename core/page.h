// SPDX-License-Identifier: BSD-2-Clause
// Page: the only thing the core ever says to a browser or an API caller.
#pragma once

#include <string>
#include <vector>

namespace slo {

struct Header {
  std::string name{};
  std::string value{};
  friend bool operator==(const Header&, const Header&) = default;
};

// `headers` holds everything but Content-Type, Content-Length, Date and Server; names may repeat
// (Set-Cookie). A Location header is written as it stands: the core has encoded it.
struct Page {
  int status = 200;
  std::string content_type{};  // empty: no body
  std::vector<Header> headers{};
  std::string body{};
  friend bool operator==(const Page&, const Page&) = default;
};

}  // namespace slo
