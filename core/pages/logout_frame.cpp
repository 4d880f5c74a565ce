// SPDX-License-Identifier: BSD-2-Clause
// Finds the iframes of an ended session's participants, and writes them.
#include "core/pages/logout_frame.h"

#include <utility>

#include "core/text/html.h"
#include "core/text/uri.h"

namespace slo {
namespace {

// A host name may hold `;`, `,` and quotes (RFC 3986, sub-delims), which would end the directive or the whole
// policy.
bool fits_frame_src(std::string_view origin) {
  return origin.find_first_of(";,'*()") == std::string_view::npos;
}

std::string frame_uri_of(const Provider& provider, const Client& client, const Session& ended,
                         const Participant& participant) {
  if (const auto sid = sid_of(ended, participant)) {
    return with_query(client.frontchannel_logout_uri, {{"iss", provider.issuer.value}, {"sid", sid->value}});
  }
  return client.frontchannel_logout_session_required ? std::string{} : client.frontchannel_logout_uri;
}

}  // namespace

std::optional<LogoutFrame> find_logout_frame(const Provider& provider, const Client& client,
                                             const Session& ended, const Participant& participant) {
  if (!participant.channels.front || client.frontchannel_logout_uri.empty()) return std::nullopt;
  LogoutFrame frame{.uri = frame_uri_of(provider, client, ended, participant),
                    .origins = client.frontchannel_logout_frame_origins};
  const auto parts = read_uri(frame.uri);
  if (!parts || !parts->is_http() || !fits_frame_src(parts->origin())) return std::nullopt;
  frame.origins.push_back(parts->origin());
  return frame;
}

std::vector<LogoutFrame> find_logout_frames(const Provider& provider, const Session& ended) {
  std::vector<LogoutFrame> frames;
  for (const Participant& participant : ended.participants) {
    const ClientRef client = provider.find(participant.client);
    if (client == nullptr) continue;
    if (auto frame = find_logout_frame(provider, *client, ended, participant))
      frames.push_back(*std::move(frame));
  }
  return frames;
}

std::string frame_src_of(const std::set<std::string>& origins) {
  if (origins.empty()) return {};
  std::string sources = "frame-src";
  for (const auto& origin : origins) sources.append(" ").append(origin);
  return sources.append("; ");
}

std::string logout_frame_html(const std::string& uri, const std::string& attributes) {
  return "<iframe src=\"" + escape_html(uri) + "\"" + attributes + " tabindex=\"-1\" title=\"\"></iframe>\n";
}

}  // namespace slo
