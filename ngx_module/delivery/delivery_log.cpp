// SPDX-License-Identifier: BSD-2-Clause
// What the dispatcher tells the operator: one line per outcome, without a secret in it.
#include "ngx_module/delivery/delivery_log.h"

#include <algorithm>

#include "core/names.h"
#include "core/op/key_names.h"
#include "ngx_module/nginx/bounded_log.h"

namespace slo::ngx {
namespace {

constexpr time_t between_alarms = 60;

// Some of it comes from receivers: one line stays one line.
std::string printable(std::string_view text) {
  std::string clean(text.substr(0, 300));
  std::replace_if(
      clean.begin(), clean.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return clean;
}

void write(ngx_uint_t level, ngx_log_t* log, const std::string& line) {
  ngx_log_error(level, log, 0, "slo: %*s", line.size(), line.data());
}

std::string attempt_of(const Delivery& delivery) { return "attempt " + std::to_string(delivery.attempt); }

// An application goes by its name.
std::string addressee_of(const Provider& provider, const Delivery& delivery) {
  if (!is_application(delivery.client)) return "client \"" + printable(delivery.client.value) + '"';
  const Application* application = provider.find_application(delivery.client);
  return "application \"" + printable(application != nullptr ? application->name : delivery.client.value) +
         '"';
}

std::string in_seconds(Millis delay) { return std::to_string(delay.count() / 1000) + " s"; }

}  // namespace

std::string reason_of(const Verdict& verdict) {
  if (const auto* retry = std::get_if<RetryAt>(&verdict)) return retry->why;
  if (const auto* abandon = std::get_if<Abandon>(&verdict)) return abandon->why;
  return {};
}

std::string delivery_label(const Provider& provider, const Delivery& delivery) {
  std::string label = "provider \"" + provider.name + "\", " + addressee_of(provider, delivery) +
                      ", session #" + fingerprint(delivery.session.value);
  if (!delivery.logout_id.empty()) label += ", logout " + printable(delivery.logout_id);
  return label;
}

void log_verdict(ngx_log_t* log, const Provider& provider, const Delivery& delivery, const Verdict& verdict) {
  if (const auto* retry = std::get_if<RetryAt>(&verdict)) {
    if (log->log_level < NGX_LOG_INFO) return;
    write(NGX_LOG_INFO, log,
          "will try a delivery again: " + printable(retry->why) + ", " +
              (retry->tried ? attempt_of(delivery) : "no attempt") + ", in " + in_seconds(retry->delay) +
              ", " + delivery_label(provider, delivery));
  } else if (const auto* abandon = std::get_if<Abandon>(&verdict)) {
    log_bounded("gave up a delivery", NGX_LOG_ERR, log,
                "gave up a delivery: " + printable(abandon->why) + ", " + attempt_of(delivery) + ", " +
                    delivery_label(provider, delivery));
  } else if (log->log_level >= NGX_LOG_INFO) {
    write(NGX_LOG_INFO, log,
          "delivered: " + attempt_of(delivery) + ", " + delivery_label(provider, delivery));
  }
}

void log_forgotten(ngx_log_t* log, const Provider& provider) {
  log_bounded("forgot dead letters", NGX_LOG_ERR, log,
              "forgot dead letters: the oldest made room for newer ones, provider \"" + provider.name + "\"");
}

void log_receiver(ngx_log_t* log, const Provider& provider, std::string_view receiver, bool works,
                  std::string_view why) {
  std::string tail = ", receiver \"" + printable(receiver) + "\", provider \"" + provider.name + "\"";
  if (works) {
    write(NGX_LOG_NOTICE, log, "a receiver answers again" + tail);
  } else {
    write(NGX_LOG_WARN, log, "a receiver does not take deliveries: " + printable(why) + tail);
  }
}

void log_wrong_delivery_location(ngx_log_t* log, const Provider& provider, const Delivery& delivery,
                                 const Answer& answer) {
  static time_t last = 0;
  if (last != 0 && ngx_time() - last < between_alarms) return;
  last = ngx_time();
  const Application* application = provider.find_application(delivery.client);
  const bool is_own = application != nullptr && application->is_own_location();
  write(NGX_LOG_ERR, log,
        (is_own ? "the location of an application's logout cannot be called: "
                : "the location of slo_deliver cannot deliver: ") +
            std::to_string(answer.status) + ": " + printable(answer.sample) + ", " +
            (is_own ? addressee_of(provider, delivery) + ", " : "") + "provider \"" + provider.name + "\"");
}

void log_nothing_to_tell(ngx_log_t* log, const Provider& provider, const Delivery& delivery) {
  if (log->log_level < NGX_LOG_INFO) return;
  write(NGX_LOG_INFO, log,
        "an application need not be called: no cookie of it is remembered, " +
            delivery_label(provider, delivery));
}

void log_unpublished_key(ngx_log_t* log, const Provider& provider, const Delivery& delivery) {
  static time_t last = 0;
  if (last != 0 && ngx_time() - last < between_alarms) return;
  const ClientRef client = provider.find(delivery.client);
  if (client == nullptr || !signs_with_unpublished_key(provider, *client)) return;
  last = ngx_time();
  write(NGX_LOG_ERR, log,
        "a receiver refused a logout token whose \"signing_key\" is not in \"jwks\": clients that know only "
        "the OP's "
        "keys refuse them all, " +
            delivery_label(provider, delivery));
}

}  // namespace slo::ngx
