// SPDX-License-Identifier: BSD-2-Clause
// Asks for the streams of many partitions at once, and understands what has been written into them.
#include "redis_schema/feed.h"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "redis_schema/fields.h"

namespace slo::redis {
namespace {

// One of the streams that were asked for.
struct Stream {
  std::string key{};
  FeedPlace place{};
  std::size_t source = 0;
  std::uint16_t partition = 0;
};

std::optional<std::uint64_t> read_part(std::string_view digits) {
  std::uint64_t number = 0;
  const auto* last = digits.data() + digits.size();
  const auto [end, error] = std::from_chars(digits.data(), last, number);
  return error == std::errc() && end == last ? std::optional(number) : std::nullopt;
}

// `ms-number`
std::optional<FeedPlace> read_place(std::string_view id) {
  const auto dash = id.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto ms = read_part(id.substr(0, dash)), number = read_part(id.substr(dash + 1));
  return ms && number ? std::optional(FeedPlace{*ms, *number}) : std::nullopt;
}

std::string id_of(const FeedPlace& place) {
  return std::to_string(place.ms) + "-" + std::to_string(place.number);
}

// When an entry was written; bounded as all times are that are read.
TimeS second_of(const FeedPlace& place) {
  constexpr std::uint64_t most = 1ULL << 48;
  return TimeS{Seconds{static_cast<Seconds::rep>(std::min(place.ms, most) / 1000)}};
}

// `s <sid>`, `f <sid>` and `u <sub> n <second>`, any number of each. Anything else is left out.
std::vector<Mark> read_marks(const FeedPlace& place, const Reply& fields) {
  std::vector<Mark> marks;
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    const auto name = fields[i].text(), value = fields[i + 1].text();
    if (!name || !value || value->empty()) continue;
    if (*name == "s" || *name == "f")
      marks.push_back({Mark::Of::sid, std::string(*value), second_of(place), *name == "s"});
    const auto second = fields[i + 2].text() == "n" ? fields[i + 3].integer() : std::nullopt;
    if (*name == "u" && second)
      marks.push_back({Mark::Of::sub, std::string(*value), TimeS{Seconds{*second}}});
  }
  return marks;
}

// The entries of a stream, behind those in `read`. False: they do not follow its place in order.
bool read_stream(const Stream& stream, const Reply& entries, std::vector<FeedEntry>& read) {
  FeedPlace place = stream.place;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto id = entries[i][0].text();
    const auto next = id ? read_place(*id) : std::nullopt;
    if (!next || *next <= place) return false;
    place = *next;
    read.push_back({.source = stream.source,
                    .partition = stream.partition,
                    .place = place,
                    .marks = read_marks(place, entries[i][1])});
  }
  return true;
}

// Redis answers in the order in which it was asked, and leaves out the streams with nothing new.
Outcome<std::vector<FeedEntry>> read_streams(const std::vector<Stream>& streams, const Reply& reply) {
  std::vector<FeedEntry> read;
  if (reply.is_nil()) return read;
  if (!reply.is_array()) return refuse(unexpected_reply("XREAD"));
  auto next = streams.begin();
  for (std::size_t i = 0; i < reply.size(); ++i) {
    const auto key = reply[i][0].text();
    if (!key || !reply[i][1].is_array()) return refuse(unexpected_reply("XREAD"));
    next = std::find_if(next, streams.end(), [&](const Stream& stream) { return stream.key == *key; });
    if (next == streams.end()) return refuse(unexpected_reply("XREAD"));
    if (!read_stream(*next, reply[i][1], read)) return refuse(unexpected_reply("XREAD"));
    ++next;
  }
  return read;
}

std::vector<Stream> streams_of(const std::vector<FeedSource>& sources, const FeedPartitions& of) {
  std::vector<Stream> streams;
  streams.reserve(sources.size() * of.size());
  for (std::size_t i = 0; i < sources.size(); ++i) {
    for (const auto p : of)
      streams.push_back({.key = feed_key(*sources[i].space, p),
                         .place = (*sources[i].places)[p],
                         .source = i,
                         .partition = p});
  }
  return streams;
}

Command ask_for(const std::vector<Stream>& streams, unsigned count, Millis block) {
  const bool is_of_one = streams.front().partition == streams.back().partition;
  Command command{.words = {"XREAD", "COUNT", std::to_string(std::max(count, 1u))},
                  .partition = is_of_one ? streams.front().partition : meta_partition,
                  .waits = block > Millis{0}};
  auto& words = command.words;
  if (block > Millis{0}) words.insert(words.end(), {"BLOCK", std::to_string(block.count())});
  words.push_back("STREAMS");
  for (const auto& stream : streams) words.push_back(stream.key);
  for (const auto& stream : streams) words.push_back(id_of(stream.place));
  return command;
}

}  // namespace

FeedPartitions all_partitions() {
  FeedPartitions all(partitions);
  std::iota(all.begin(), all.end(), std::uint16_t{0});
  return all;
}

Exchange<std::vector<FeedEntry>> read_feed(const std::vector<FeedSource>& sources, unsigned count,
                                           Millis block, const FeedPartitions& of) {
  auto streams = streams_of(sources, of);
  Exchange<std::vector<FeedEntry>> exchange;
  if (!streams.empty()) exchange.commands.push_back(ask_for(streams, count, block));
  exchange.read = [streams = std::move(streams), asked = exchange.commands.size()](
                      std::span<const Reply> replies) -> Outcome<std::vector<FeedEntry>> {
    if (auto whole = check_replies(replies, asked, "XREAD"); !whole) return refuse(whole.error());
    if (replies.empty()) return std::vector<FeedEntry>{};
    return read_streams(streams, replies[0]);
  };
  return exchange;
}

}  // namespace slo::redis
