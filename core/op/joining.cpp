// SPDX-License-Identifier: BSD-2-Clause
// Which session a login belongs to that was learnt from an OP whose clients have sids of their own.
#include "core/op/joining.h"

namespace slo {
namespace {

bool is_pairwise(const Provider& provider, const ClientId& id) {
  const ClientRef client = provider.find(id);
  return client == nullptr || client->pairwise;
}

}  // namespace

SameUser is_same_user(const Provider& provider, const Registration& login, const Session& session,
                      bool is_whole) {
  if (const Participant* known = session.find(login.client))
    return sub_of(session, *known) == login.sub ? SameUser::yes : SameUser::no;
  if (is_pairwise(provider, login.client) || login.sub == session.sub) return SameUser::yes;
  if (!is_whole) return SameUser::unclear;
  SameUser same = SameUser::yes;
  for (const Participant& participant : session.participants) {
    if (is_pairwise(provider, participant.client)) continue;
    if (sub_of(session, participant) == login.sub) return SameUser::yes;
    same = SameUser::no;
  }
  return same;
}

void join(Registration& login, const SessionKey& session) {
  if (login.key == session) return;
  if (!login.key.value.empty() && !login.client_no_sid) login.client_sid = Sid{login.key.value};
  login.key = session;
}

SessionKey key_of_its_own(const Registration& login) {
  if (!login.key.value.empty()) return login.key;
  return mint_key(digest_cookie(login.cookie.value_or(CookieDigest{}).value, login.sub.value));
}

}  // namespace slo
