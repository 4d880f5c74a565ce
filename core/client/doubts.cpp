// SPDX-License-Identifier: BSD-2-Clause
// Looks at a client's members for what their author may have meant: near misses, `*` in URIs and the like.
#include "core/client/doubts.h"

#include <algorithm>
#include <array>

#include "core/text/closest.h"
#include "core/text/showable.h"
#include "core/text/uri.h"

namespace slo {
namespace {

struct KnownMember {
  std::string_view name;
  MemberKind kind;
};
constexpr std::array known_members{
    KnownMember{"client_id", MemberKind::text},
    KnownMember{"client_name", MemberKind::text},
    KnownMember{"client_secret", MemberKind::text},
    KnownMember{"application_type", MemberKind::text},
    KnownMember{"subject_type", MemberKind::text},
    KnownMember{"token_endpoint_auth_method", MemberKind::text},
    KnownMember{"redirect_uris", MemberKind::list},
    KnownMember{"post_logout_redirect_uris", MemberKind::list},
    KnownMember{"backchannel_logout_uri", MemberKind::text},
    KnownMember{"backchannel_logout_session_required", MemberKind::flag},
    KnownMember{"frontchannel_logout_uri", MemberKind::text},
    KnownMember{"frontchannel_logout_session_required", MemberKind::flag},
    KnownMember{"id_token_signed_response_alg", MemberKind::text},
    KnownMember{"id_token_encrypted_response_alg", MemberKind::text},
    KnownMember{"id_token_encrypted_response_enc", MemberKind::text},
    KnownMember{"jwks", MemberKind::object},
    KnownMember{"frontchannel_logout_frame_origins", MemberKind::list},
    KnownMember{"logout_token_typ", MemberKind::flag},
    KnownMember{"logout_token_aud", MemberKind::text},
};

struct WrongName {
  std::string_view written;  // less `_` and `-`, lower case
  std::string_view meant;
};
// Names of other products, and of habit, that are too far from the right one to be found by counting letters.
constexpr std::array wrong_names{
    WrongName{"backchannellogout", "backchannel_logout_uri"},
    WrongName{"backchanneluri", "backchannel_logout_uri"},
    WrongName{"backchannelurl", "backchannel_logout_uri"},
    WrongName{"backchannellogoutendpoint", "backchannel_logout_uri"},
    WrongName{"backchannelsessionrequired", "backchannel_logout_session_required"},
    WrongName{"frontchannellogout", "frontchannel_logout_uri"},
    WrongName{"frontchanneluri", "frontchannel_logout_uri"},
    WrongName{"frontchannelurl", "frontchannel_logout_uri"},
    WrongName{"frontchannelsessionrequired", "frontchannel_logout_session_required"},
    WrongName{"logouturi", "backchannel_logout_uri\" or \"frontchannel_logout_uri"},
    WrongName{"logouturl", "backchannel_logout_uri\" or \"frontchannel_logout_uri"},
    WrongName{"callbackurl", "redirect_uris"},
    WrongName{"callbackurls", "redirect_uris"},
    WrongName{"postlogoutredirect", "post_logout_redirect_uris"},
    WrongName{"postlogouturi", "post_logout_redirect_uris"},
    WrongName{"postlogouturis", "post_logout_redirect_uris"},
    WrongName{"postlogoutredirecturl", "post_logout_redirect_uris"},
    WrongName{"postlogoutredirecturls", "post_logout_redirect_uris"},
};

// camelCase and kebab-case are the same words.
std::string bare(std::string_view name) {
  std::string letters;
  for (const char c : name) {
    if (c != '_' && c != '-') letters.push_back(c >= 'A' && c <= 'Z' ? char(c + 32) : c);
  }
  return letters;
}

std::string meant_by(std::string_view name) {
  const std::string letters = bare(name);
  std::vector<std::string_view> names;
  for (const auto& known : known_members) {
    if (bare(known.name) == letters) return std::string(known.name);
    names.push_back(known.name);
  }
  for (const auto& wrong : wrong_names) {
    if (wrong.written == letters) return std::string(wrong.meant);
  }
  return std::string(closest(name, names));
}

// Empty: nothing is said of it.
std::string doubt_of_name(std::string_view name) {
  const std::string quoted = '"' + std::string(name) + '"';
  if (name == "client_secret_file")
    return quoted + " is known in a \"client\" block only and is ignored here";
  const std::string meant = meant_by(name);
  return meant.empty() ? "" : quoted + " is unknown and ignored, did you mean \"" + meant + "\"?";
}

void doubt_uri(std::string_view member, std::string_view uri, bool is_https, std::vector<Doubt>& doubts) {
  const std::string shown = '"' + std::string(member) + "\" \"" + showable_uri(uri) + '"';
  if (uri.find('*') != std::string_view::npos) {
    doubts.push_back(
        {std::string(member), shown + " holds \"*\", which has no meaning: URIs are compared as they stand"});
  }
  if (member != "frontchannel_logout_uri" || !is_https) return;
  const auto read = read_uri(uri);
  if (read && read->scheme == "http" && !read->is_loopback()) {
    doubts.push_back({std::string(member),
                      shown + " is http: browsers block such a frame in the https page of the issuer"});
  }
}

}  // namespace

std::optional<MemberKind> kind_of_member(std::string_view name) noexcept {
  const auto found = std::ranges::find(known_members, name, &KnownMember::name);
  return found == known_members.end() ? std::nullopt : std::optional(found->kind);
}

std::vector<Doubt> ClientDoubts::about(const json_t* metadata) {
  std::vector<Doubt> doubts;
  const char* member = nullptr;
  json_t* value = nullptr;
  json_object_foreach(const_cast<json_t*>(metadata), member, value) {
    const std::string_view name = member;
    if (!kind_of_member(name)) {
      const auto known = unknown_.find(member);
      const std::string& text = known != unknown_.end()
                                    ? known->second
                                    : unknown_.emplace(member, doubt_of_name(name)).first->second;
      if (!text.empty()) doubts.push_back({member, text});
      continue;
    }
    if (!name.ends_with("_uri") && !name.ends_with("_uris")) continue;
    if (json_is_string(value)) doubt_uri(name, json_string_value(value), is_https_, doubts);
    for (std::size_t i = 0; i < json_array_size(value); ++i) {
      const char* uri = json_string_value(json_array_get(value, i));
      if (uri != nullptr) doubt_uri(name, uri, is_https_, doubts);
    }
  }
  return doubts;
}

}  // namespace slo
