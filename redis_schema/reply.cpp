// SPDX-License-Identifier: BSD-2-Clause
// Reads RESP2 replies with hiredis' reader and checks what they are.
#include "redis_schema/reply.h"

#include <hiredis/hiredis.h>

#include <charconv>

namespace slo::redis {
namespace {

constexpr long long largest_integer = 1LL << 48;

std::optional<long long> within_bounds(long long number) noexcept {
  return number >= -largest_integer && number <= largest_integer ? std::optional(number) : std::nullopt;
}

// Redis 6: "ERR Error running script (call to f_…): @user_script:1: @user_script: 1: -READONLY You can't …".
constexpr std::string_view wrapped = "ERR Error running script";
constexpr std::string_view core_of_it = ": -";
constexpr std::string_view may_not = "The user executing the script can't ";  // "run", or "access" a key
constexpr std::string_view may_not_since_7_2 = "ERR ACL failure in script: ";

// hiredis makes room for what an array says that it will hold, before any of it has come. Ours hold some
// thousands.
constexpr auto most_elements = 100'000;
const redisReplyObjectFunctions* functions_of_hiredis = nullptr;

template <class Count>  // int, or size_t with hiredis 1.x
void* create_array(const redisReadTask* task, Count count) {
  return count > Count{most_elements} ? nullptr : functions_of_hiredis->createArray(task, count);
}

redisReader* create_reader() {
  redisReader* reader = redisReaderCreate();
  if (reader == nullptr) return nullptr;
  static redisReplyObjectFunctions ours = [reader] {
    functions_of_hiredis = reader->fn;
    auto functions = *reader->fn;
    functions.createArray = create_array;
    return functions;
  }();
  reader->fn = &ours;
  return reader;
}

}  // namespace

std::optional<long long> read_integer(std::string_view digits) noexcept {
  long long number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return within_bounds(number);
}

bool Reply::is_nil() const noexcept { return !reply_ || reply_->type == REDIS_REPLY_NIL; }
bool Reply::is_error() const noexcept { return reply_ && reply_->type == REDIS_REPLY_ERROR; }
bool Reply::is_array() const noexcept { return reply_ && reply_->type == REDIS_REPLY_ARRAY; }

std::string_view Reply::error() const noexcept {
  return is_error() ? std::string_view(reply_->str, reply_->len) : std::string_view();
}

std::optional<std::string_view> Reply::text() const noexcept {
  if (!reply_ || (reply_->type != REDIS_REPLY_STRING && reply_->type != REDIS_REPLY_STATUS))
    return std::nullopt;
  return std::string_view(reply_->str, reply_->len);
}

std::optional<long long> Reply::integer() const noexcept {
  if (reply_ && reply_->type == REDIS_REPLY_INTEGER) return within_bounds(reply_->integer);
  const auto digits = text();
  return digits ? read_integer(*digits) : std::nullopt;
}

std::size_t Reply::size() const noexcept { return is_array() ? reply_->elements : 0; }

Reply Reply::operator[](std::size_t index) const noexcept {
  return Reply(index < size() ? reply_->element[index] : nullptr);
}

std::string_view code_of(std::string_view error) noexcept {
  if (error.starts_with(may_not_since_7_2)) return "NOPERM";
  if (error.starts_with("ERR ") && error.find(may_not) != std::string_view::npos) return "NOPERM";
  if (error.starts_with(wrapped)) {
    const auto at = error.find(core_of_it);
    if (at != std::string_view::npos) error.remove_prefix(at + core_of_it.size());
  }
  return error.substr(0, error.find(' '));
}

Refusal refusal_of(const Reply& reply) {
  const auto word = code_of(reply.error());
  if (word == "OOM") return {Fault::store_full};
  if (word == "CLUSTERDOWN") return {Fault::store_part_away, std::string(word)};
  return {Fault::store_refused, std::string(word)};
}

Refusal unexpected_reply(std::string_view command) {
  return {Fault::store_reply_unexpected, std::string(command)};
}

void ReplyRelease::operator()(redisReply* reply) const noexcept { freeReplyObject(reply); }

std::vector<Reply> views_of(const std::vector<OwnedReply>& replies) {
  std::vector<Reply> views;
  views.reserve(replies.size());
  for (const auto& reply : replies) views.emplace_back(reply.get());
  return views;
}

void ReplyReader::Release::operator()(redisReader* reader) const noexcept { redisReaderFree(reader); }

ReplyReader::ReplyReader() : reader_(create_reader()) {}

void ReplyReader::feed(std::string_view bytes) {
  if (reader_) redisReaderFeed(reader_.get(), bytes.data(), bytes.size());
}

Outcome<OwnedReply> ReplyReader::next() {
  void* reply = nullptr;
  if (!reader_ || redisReaderGetReply(reader_.get(), &reply) != REDIS_OK) {
    return refuse(Fault::store_reply_unexpected, "not RESP");
  }
  return OwnedReply(static_cast<redisReply*>(reply));
}

OwnedReply error_reply(std::string_view line) {
  ReplyReader reader;
  reader.feed("-");
  reader.feed(line);
  reader.feed("\r\n");
  auto reply = reader.next();
  return reply ? *std::move(reply) : nullptr;
}

}  // namespace slo::redis
