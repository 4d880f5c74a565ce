// SPDX-License-Identifier: BSD-2-Clause
// Which session a login belongs to that was learnt from an OP whose clients have sids of their own.
#pragma once

#include <cstdint>

#include "core/provider/provider.h"
#include "core/session.h"

namespace slo {

enum class SameUser : std::uint8_t { yes, no, unclear };

// Is the session that the browser's cookie led to of the user who has just logged in at `login.client`?
//
// A client that takes part in it knows her by a `sub`, which decides. The `sub`s of two clients say something
// of each other only where neither is pairwise (`subject_type`). `session` may hold the participation of
// `login.client` alone; where that does not suffice, `unclear` asks for the whole session. Of a whole one
// without anybody to compare with, the cookie alone speaks: yes.
SameUser is_same_user(const Provider& provider, const Registration& login, const Session& session,
                      bool is_whole);

// Puts the login into that session: its token's sid is then the client's own.
void join(Registration& login, const SessionKey& session);

// For a login whose cookie led to somebody else's session: its sid, else one for this user of the cookie.
SessionKey key_of_its_own(const Registration& login);

}  // namespace slo
