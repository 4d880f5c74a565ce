// SPDX-License-Identifier: BSD-2-Clause
// What `Content-Encoding: gzip` or `deflate` packed, by zlib.
#include "core/text/inflate.h"

#include <zlib.h>

#include <algorithm>

namespace slo {
namespace {

// A header of gzip or zlib, whichever there is: 32 asks zlib to look.
constexpr int any_header = 15 + 32;
constexpr std::size_t first_room = 4096;

struct Inflater {
  z_stream stream{};
  const bool is_ready = inflateInit2(&stream, any_header) == Z_OK;
  Inflater() = default;
  Inflater(const Inflater&) = delete;
  ~Inflater() {
    if (is_ready) inflateEnd(&stream);
  }
};

}  // namespace

std::optional<std::string> inflate(std::string_view packed, std::size_t max) {
  Inflater inflater;
  if (!inflater.is_ready) return std::nullopt;
  z_stream& stream = inflater.stream;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string plain(std::min(max, std::max(first_room, packed.size())), '\0');
  for (int status = Z_OK; status != Z_STREAM_END;) {
    if (stream.total_out == plain.size()) {
      if (plain.size() == max) return std::nullopt;
      plain.resize(std::min(max, plain.size() * 2));
    }
    stream.next_out = reinterpret_cast<Bytef*>(plain.data()) + stream.total_out;
    stream.avail_out = static_cast<uInt>(plain.size() - stream.total_out);
    status = ::inflate(&stream, Z_NO_FLUSH);
    const bool is_stuck = status == Z_OK && stream.avail_out != 0;  // there is no more input
    if (is_stuck || (status != Z_OK && status != Z_STREAM_END)) return std::nullopt;
  }
  if (stream.avail_in != 0) return std::nullopt;
  plain.resize(stream.total_out);
  return plain;
}

}  // namespace slo
