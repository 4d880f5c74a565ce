// SPDX-License-Identifier: BSD-2-Clause
// Seals the value of a remembered cookie, so that the store alone gives nobody a session (AES-256-GCM).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/names.h"

namespace slo {

inline constexpr std::size_t seal_nonce_size = 12;

// What a value is sealed for, and opens for alone: this cookie of this session.
std::string sealed_about(const SessionKey& key, std::string_view cookie_name);

// Raw bytes: the nonce, the ciphertext, the tag. `nonce12`: 12 fresh random bytes. Empty without a secret.
std::string seal_value(std::string_view secret, std::string_view about, std::string_view value,
                       std::string_view nonce12);
// nullopt where it was sealed with another secret or about something else, or has been changed.
std::optional<std::string> open_value(std::string_view secret, std::string_view about,
                                      std::string_view sealed);

}  // namespace slo
