// SPDX-License-Identifier: BSD-2-Clause
// What sentinels and servers say of who is the master: whatever bytes come, only a peer that can be called is
// believed, a search comes to its end, and the list of sentinels stays bounded.
#include "redis_schema/servers/sentinel.h"

#include <algorithm>

#include "redis_schema/servers/mood.h"
#include "redis_schema/servers/sentinel_url.h"
#include "t/fuzz/fuzz.h"

namespace slo::fuzz {
namespace {

using redis::Peer;
using redis::Reply;

const std::vector<Peer> configured{{"s1.example", 26379}, {"10.0.0.2", 5000}, {"::1", 26379}};

void check_peer(const Peer& peer) {
  promise(peer.port != 0, "a peer has a port");
  promise(!peer.host.empty() && peer.host.size() <= 255, "a peer has a host, of some length");
  promise(!holds_any(peer.host, " \r\n\t\"'/,@[]%;{}$\\") && peer.host.find('\0') == std::string::npos,
          "a peer's host is safe in a log line, a query of the resolver and TLS");
  const auto name = redis::name_of(peer);
  promise(name.ends_with(":" + std::to_string(peer.port)), "its name ends in its port");
  promise((peer.host.find(':') != std::string::npos) == name.starts_with("["),
          "and an address of IPv6 has brackets");
}

struct Heard {
  std::vector<redis::OwnedReply> owned{};
  bool is_broken = false;
};

Heard read_all(std::string_view bytes) {
  redis::ReplyReader reader;
  Heard heard;
  reader.feed(bytes);
  for (;;) {
    auto reply = reader.next();
    heard.is_broken = !reply;
    if (!reply || !*reply) return heard;
    heard.owned.push_back(*std::move(reply));
  }
}

void check_message(const Reply& reply) {
  const auto moved = redis::moved_to(reply, "main");
  if (moved) {
    check_peer(*moved);
    promise(reply[0].text() == "message", "only a message tells of a move");
    promise(reply[2].text().value_or("").find("main") != std::string_view::npos, "of this master");
  }
  const auto why = redis::why_it_is_no_master(reply);
  promise(why.has_value() != (reply[0].text() == "master"), "who says master is one, and nobody else");
  if (why) promise(!why->empty() && why->size() < 4096, "why not is a clause");
  if (redis::is_forbidden(reply)) promise(reply.is_error(), "only an error forbids");
}

void check_list(const std::vector<Peer>& list) {
  promise(!list.empty() && list.size() <= configured.size() + 32 + 1, "of sentinels only so many are kept");
  for (const auto& peer : configured)
    promise(std::ranges::find(list, peer) != list.end(), "who is configured is never forgotten");
  for (auto at = list.begin(); at != list.end(); ++at) {
    check_peer(*at);
    promise(std::find(list.begin(), at, *at) == at, "each is asked once a round");
  }
}

// Each step is an answer of two replies, or a failure; a search ends with the first who knows, or the last.
class Searcher {
 public:
  void go(Input& input, const std::vector<redis::OwnedReply>& replies) {
    search_.begin();
    for (std::size_t asked = 0; const Peer* whom = search_.whom(); ++asked) {
      promise(asked < list_.in_order().size() + 1, "nobody is asked twice in a search");
      const Peer who = *whom;
      answer(input, replies);
      if (search_.found()) return found(who);
    }
    promise(!search_.why_not().empty(), "a search in vain says why");
  }

 private:
  void answer(Input& input, const std::vector<redis::OwnedReply>& replies) {
    if (replies.empty() || input.below(4) == 0) return search_.failed("no answer within 1000 ms");
    const std::vector<Reply> two{Reply(replies[input.below(replies.size())].get()),
                                 Reply(replies[input.below(replies.size())].get())};
    const auto read = redis::ask_sentinel("main").read(two);
    if (!read) {
      promise(read.error().fault == Fault::store_reply_unexpected ||
                  read.error().fault == Fault::store_refused || read.error().fault == Fault::store_full ||
                  read.error().fault == Fault::store_part_away,
              "what cannot be read is refused as such");
      return search_.failed(read.error().detail);
    }
    if (read->master) check_peer(*read->master);
    for (const auto& other : read->others) check_peer(other);
    search_.answered(*read);
  }

  void found(const Peer& who) {
    promise(search_.whom() == nullptr, "who is found is not searched for");
    check_peer(*search_.found());
    promise(list_.in_order().front() == who, "who knew is asked first from now on");
    check_list(list_.in_order());
  }

  redis::SentinelList list_{configured};
  redis::MasterSearch search_{list_, "main"};
};

void check_url(const std::string& text) {
  if (!redis::is_sentinel_url(text)) return;
  const auto url = redis::read_sentinel_url(text);
  if (!url) {
    promise(url.error().fault == Fault::configuration_invalid, "a URL is refused as configuration");
    promise(!url.error().detail.empty(), "in words");
    return;
  }
  promise(!url->sentinels.empty() && url->sentinels.size() <= 32, "a URL names sentinels");
  for (const auto& peer : url->sentinels) check_peer(peer);
  promise(redis::is_master_name(url->master), "and their master");
  promise(url->database <= 65535, "and a database");
  const auto shown = url->shown();
  promise(shown.find('@') == std::string::npos && !holds_any(shown, " \r\n\"'"), "shown it has no user");
  auto again = redis::read_sentinel_url(shown);
  promise(again.has_value(), "what is shown can be read");
  again->userinfo = url->userinfo;
  promise(*again == *url, "and is the same");
}

}  // namespace
}  // namespace slo::fuzz

// A URL, choices, then the replies.
FUZZ(input) {
  using namespace slo::fuzz;
  check_url((input.flag() ? "rediss-sentinel://" : "redis-sentinel://") + input.text());
  std::string choices = input.text();
  const auto heard = read_all(input.rest());
  for (const auto& reply : heard.owned) check_message(Reply(reply.get()));
  Input steps(reinterpret_cast<const std::uint8_t*>(choices.data()), choices.size());
  Searcher searcher;
  for (int round = 0; round < 3; ++round) searcher.go(steps, heard.owned);
}
