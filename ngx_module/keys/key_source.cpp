// SPDX-License-Identifier: BSD-2-Clause
// The fetched keys of one provider, as one worker sees and fetches them.
#include "ngx_module/keys/key_source.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/op/key_names.h"
#include "core/text/showable.h"
#include "ngx_module/nginx/deadline.h"
#include "ngx_module/nginx/report.h"

namespace slo::ngx {
namespace {

// Longer than any fetch: who still holds one then is dead or hangs.
constexpr Millis fetch_lease = max_fetch_time + Millis{1000};

// Only where a fetch begins to fail, and only once however many workers find it.
void report_no_room(ngx_log_t* log, const std::string& provider) {
  if (ngx_worker != 0) return;
  report(log,
         Refusal{Fault::document_unusable,
                 "the zone of \"slo_store\" has no room for any, give it more with \"zone=\""},
         provider);
}

std::uint32_t dice() { return static_cast<std::uint32_t>(ngx_random()); }

}  // namespace

KeySource::KeySource(const ProviderConf& provider, ngx_log_t* log)
    : conf_(provider), log_(log), document_(source_name(provider.provider)) {
  if (!document_.is_there()) report_no_room(log_, conf_.provider.name);
}

KeySource::~KeySource() {
  if (call_ != nullptr) document_.give_back_lease();
}

void KeySource::take_newest() {
  if (!document_.is_there() || document_.version() == version_) return;
  const auto copy = document_.read();
  version_ = copy.version;
  auto keys = read_fetched_keys(read_kept(copy.text).jwks);
  if (keys) *conf_.fetched_keys = *std::move(keys);
}

void KeySource::fetch_if_due() {
  if (document_.is_there() && call_ == nullptr && is_due(document_.plan(), now_of_host())) begin();
}

bool KeySource::ask_for_fetch() {
  if (!document_.is_there()) return false;
  fetches_before_ = document_.fetches();
  if (document_.is_leased()) return true;
  const bool may =
      document_.change_plan([](FetchPlan& plan) { return slo::ask_for_fetch(plan, now_of_host()); });
  if (!may) return false;
  begin();
  return document_.is_leased();
}

void KeySource::begin() {
  if (!document_.take_lease(fetch_lease)) return;
  // The one who held it a moment ago may have fetched what we were about to.
  if (!is_due(document_.plan(), now_of_host())) return document_.give_back_lease();
  end_ = deadline_in(max_fetch_time);
  discovery_.reset();
  const Provider& provider = conf_.provider;
  get(provider.keys_from == KeysFrom::url ? provider.jwks_uri : discovery_uri(provider.issuer));
}

void KeySource::get(const std::string& uri) {
  uri_ = uri;
  answer_ = {};
  call_ = DetachedCall::launch(
      *conf_.delivery_location, document_call(uri), std::max(time_left(end_), Millis{1}),
      [this] { return "fetching a document of provider \"" + conf_.provider.name + '"'; },
      {.answered = [this](const Answer& answer) { answer_ = answer; }, .over = [this] { over(); }});
}

void KeySource::over() {
  auto text = document_of(answer_);
  answer_ = {.document = {.cache_control = std::move(answer_.document.cache_control)}};
  if (!text) return fail(text.error());
  const bool is_discovery = conf_.provider.keys_from == KeysFrom::discovery && !discovery_;
  return is_discovery ? with_discovery(*text) : with_keys(*text);
}

void KeySource::with_discovery(const std::string& text) {
  auto found = read_discovery(conf_.provider, text);
  if (!found) return fail(found.error());
  discovery_ = *std::move(found);
  get(discovery_->jwks_uri);
}

void KeySource::with_keys(const std::string& text) {
  const auto keys = read_fetched_keys(text);
  return keys ? keep(*keys, text) : fail(keys.error());
}

void KeySource::keep(const jose::KeySet& keys, const std::string& text) {
  const std::string kept =
      kept_text({.end_session_endpoint = discovery_ ? discovery_->end_session_endpoint : "", .jwks = text});
  const auto stored = document_.store(kept);
  if (stored == SharedDocument::Stored::no_room) {
    return fail(Refusal{Fault::document_unusable, "has " + std::to_string(kept.size()) +
                                                      " bytes, for which the zone of \"slo_store\" has no "
                                                      "room, give it more with \"zone=\""});
  }
  const bool works_again = document_.change_plan([this](FetchPlan& plan) {
    return note_fetched(plan, now_of_host(), max_age_of(answer_.document.cache_control), dice());
  });
  const char* name = conf_.provider.name.c_str();
  if (stored == SharedDocument::Stored::changed) {
    ngx_log_error(
        NGX_LOG_NOTICE, log_, 0, "slo: the OP's keys are %s: %uz, and %uz left out, provider \"%s\"",
        document_.version() == 1 ? "here" : "other ones now", keys.keys().size(), keys.left_out(), name);
  }
  if (stored == SharedDocument::Stored::changed) warn_of_unpublished(keys);
  if (works_again)
    ngx_log_error(NGX_LOG_NOTICE, log_, 0, "slo: the OP's keys can be fetched again, provider \"%s\"", name);
  end();
}

void KeySource::warn_of_unpublished(const jose::KeySet& keys) const {
  for (const std::string& kid : unpublished_signing_keys(conf_.provider, keys)) {
    ngx_log_error(
        NGX_LOG_WARN, log_, 0,
        "slo: the signing_key \"%s\" is not among the OP's keys: clients that know only those refuse logout "
        "tokens, provider \"%s\"",
        kid.c_str(), conf_.provider.name.c_str());
  }
}

// Who fails goes on failing: its first time is said, then that it works again.
void KeySource::fail(const Refusal& why) {
  const FetchPlan before = document_.plan();
  const bool is_first =
      document_.change_plan([](FetchPlan& plan) { return note_not_fetched(plan, now_of_host(), dice()); });
  if (is_first) {
    const std::string age = std::to_string((now_of_host() - before.had).count() / 1000);
    report(log_,
           Refusal{why.fault, showable_uri(uri_) + " " + why.detail +
                                  (before.had < Millis{0} ? "; no keys are here yet"
                                                          : "; the keys of " + age + " s ago stay")},
           conf_.provider.name);
  }
  end();
}

void KeySource::end() {
  document_.count_fetch();
  document_.give_back_lease();
  call_.reset();
  take_newest();
}

KeyStatus KeySource::status() {
  take_newest();
  KeyStatus status{.keys = conf_.fetched_keys->keys().size()};
  if (!document_.is_there()) return status;
  const FetchPlan plan = document_.plan();
  if (plan.had >= Millis{0}) status.age = std::chrono::floor<Seconds>(now_of_host() - plan.had);
  status.is_fetched = plan.failures == 0 && plan.had >= Millis{0};
  return status;
}

std::string KeySource::end_session_endpoint() const {
  return document_.is_there() ? read_kept(document_.read().text).end_session_endpoint : std::string();
}

}  // namespace slo::ngx
