// SPDX-License-Identifier: BSD-2-Clause
// Clients at a URL: one worker of the host fetches them, the others read what it has put into the zone.
#include "ngx_module/clients/client_url.h"

#include <utility>

#include "core/digest.h"
#include "core/keys/documents.h"
#include "core/text/file_text.h"
#include "core/text/showable.h"
#include "ngx_module/nginx/report.h"

namespace slo::ngx {
namespace {

// Longer than any fetch and what is made of it: who still holds one then is dead or hangs.
constexpr Millis clients_lease = max_fetch_time + Millis{10'000};

Refusal no_room_for_clients(std::size_t size) {
  return {Fault::clients_unusable,
          "has " + std::to_string(size) +
              " bytes, for which the zone of \"slo_store\" has no room, give it more "
              "with \"zone=\""};
}

std::uint32_t dice_of_fetch() { return static_cast<std::uint32_t>(ngx_random()); }

}  // namespace

ClientUrl::ClientUrl(const ProviderConf& conf, const ClientSource& source, ngx_log_t* log)
    : conf_(conf),
      source_(source),
      log_(log),
      document_("clients of " + conf.provider.issuer.value + " at " + source.name) {
  if (!document_.is_there() && tells_for_all()) report(log_, no_room_for_clients(0), conf_.provider.name);
}

ClientUrl::~ClientUrl() {
  if (call_ != nullptr) document_.give_back_lease();
}

std::optional<ChangedText> ClientUrl::take_change(bool anew) {
  if (!document_.is_there()) return std::nullopt;
  if (fetched_) {
    auto fetched = *std::exchange(fetched_, std::nullopt);
    is_ours_ = true;
    text_ = fetched ? *fetched : "";
    if (!anew && fetched && sha256(*fetched) == digest_ && !keep()) return std::nullopt;
    return [fetched = std::move(fetched)] { return fetched; };
  }
  if (document_.version() != version_) {
    auto copy = document_.read();
    version_ = copy.version;
    is_ours_ = false;
    text_ = copy.text;
    if (!copy.text.empty() && (anew || sha256(copy.text) != digest_))
      return [text = std::move(copy.text)]() -> Outcome<std::string> { return text; };
  }
  fetch_if_due();
  return std::nullopt;
}

void ClientUrl::fetch_if_due() {
  if (call_ != nullptr || ngx_exiting || ngx_terminate || !is_due(document_.plan(), now_of_host())) return;
  if (!document_.take_lease(clients_lease)) return;
  // The one who held it a moment ago may have fetched what we were about to.
  if (!is_due(document_.plan(), now_of_host())) return document_.give_back_lease();
  answer_ = {};
  began_ = now_of_host();
  call_ = DetachedCall::launch(
      *conf_.delivery_location, document_call(source_.name, max_clients_at_url), max_fetch_time,
      [this] { return "fetching the clients of provider \"" + conf_.provider.name + '"'; },
      {.answered = [this](const Answer& answer) { answer_ = answer; }, .over = [this] { over(); }});
}

void ClientUrl::over() {
  fetched_ = document_of(answer_, max_clients_at_url).map([](const std::string& text) {
    return std::string(without_mark(text));
  });
  answer_ = {};
}

std::optional<Refusal> ClientUrl::settle(std::optional<Refusal> refused) {
  if (!refused && is_ours_) refused = keep();
  if (!refused) digest_ = sha256(text_);
  if (refused && std::exchange(is_ours_, false)) {
    document_.change_plan(
        [](FetchPlan& plan) { return note_not_fetched(plan, now_of_host(), dice_of_fetch()); });
    end();
  }
  text_.clear();
  return refused;
}

// What is in the zone is in force here, or will be: what is wrong with it beside other sources is no fault of
// the URL's.
std::optional<Refusal> ClientUrl::keep() {
  if (document_.store(text_) == SharedDocument::Stored::no_room) return no_room_for_clients(text_.size());
  version_ = document_.version();
  is_ours_ = false;
  note_success();
  end();
  return std::nullopt;
}

// The next one counts from when this one began.
void ClientUrl::note_success() {
  const bool had_failed = document_.change_plan(
      [this](FetchPlan& plan) { return note_fetched_every(plan, began_, source_.check, dice_of_fetch()); });
  if (!had_failed) return;
  ngx_log_error(NGX_LOG_NOTICE, log_, 0, "slo: the clients at %s can be fetched again, provider \"%s\"",
                showable_uri(source_.name).c_str(), conf_.provider.name.c_str());
}

void ClientUrl::end() {
  document_.give_back_lease();
  call_.reset();
}

bool ClientUrl::is_taken() const {
  if (!document_.is_there() || document_.version() != version_) return false;
  const FetchPlan plan = document_.plan();
  return plan.failures == 0 && plan.had >= Millis{0};
}

}  // namespace slo::ngx
