// SPDX-License-Identifier: BSD-2-Clause
#include "core/text/inflate.h"

#include <gtest/gtest.h>
#include <zlib.h>

namespace slo {
namespace {

// gzip with 31, zlib with 15.
std::string packed(const std::string& plain, int window_bits) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string result(deflateBound(&stream, plain.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(result.data());
  stream.avail_out = static_cast<uInt>(result.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  result.resize(stream.total_out);
  deflateEnd(&stream);
  return result;
}

constexpr std::size_t plenty = 1'000'000;

}  // namespace

TEST(Inflate, unpacks_gzip_and_zlib) {
  for (const std::string& plain :
       {std::string(), std::string("{\"id_token\":\"e.e.e\"}"), std::string(200'000, 'x')}) {
    for (const int window_bits : {31, 15}) EXPECT_EQ(inflate(packed(plain, window_bits), plenty), plain);
  }
}

TEST(Inflate, unpacks_no_more_than_it_may) {
  const std::string bomb = packed(std::string(10'000'000, 'x'), 31);
  EXPECT_LT(bomb.size(), 20'000U);
  EXPECT_EQ(inflate(bomb, plenty), std::nullopt);
  EXPECT_EQ(inflate(packed("12345", 31), 5), "12345");
  EXPECT_EQ(inflate(packed("123456", 31), 5), std::nullopt);
  EXPECT_EQ(inflate(packed("1", 31), 0), std::nullopt);
}

TEST(Inflate, refuses_what_is_cut_short_goes_on_or_is_not_packed) {
  const std::string whole = packed("{\"id_token\":\"e.e.e\"}", 31);
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(inflate(std::string_view(whole).substr(0, size), plenty), std::nullopt) << size;
  EXPECT_EQ(inflate(whole + "x", plenty), std::nullopt);
  EXPECT_EQ(inflate("{\"id_token\":\"e.e.e\"}", plenty), std::nullopt);
  std::string other_sum = whole;
  other_sum[whole.size() - 6] ^= 1;
  EXPECT_EQ(inflate(other_sum, plenty), std::nullopt);
}

}  // namespace slo
