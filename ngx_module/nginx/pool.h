// SPDX-License-Identifier: BSD-2-Clause
// C++ objects in nginx's pools: made by pool_new, destroyed with the pool; nobody calls new or delete.
#pragma once

#include <new>
#include <string>
#include <string_view>
#include <utility>

#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

template <class T>
void destroy_in_pool(void* object) {
  static_cast<T*>(object)->~T();
}

// A T that lives as long as `pool`. Throws std::bad_alloc.
template <class T, class... Args>
T& pool_new(ngx_pool_t* pool, Args&&... args) {
  static_assert(alignof(T) <= NGX_ALIGNMENT);
  ngx_pool_cleanup_t* slot = ngx_pool_cleanup_add(pool, sizeof(T));
  if (slot == nullptr) throw std::bad_alloc();
  T* object = ::new (slot->data) T(std::forward<Args>(args)...);
  slot->handler = destroy_in_pool<T>;  // only now: a constructor that throws leaves no trap
  return *object;
}

// The T that was made in `pool` last; null: there is none. It looks at all that is to be destroyed with the
// pool.
template <class T>
T* pool_find(const ngx_pool_t* pool) noexcept {
  for (auto* slot = pool->cleanup; slot != nullptr; slot = slot->next) {
    if (slot->handler == destroy_in_pool<T>) return static_cast<T*>(slot->data);
  }
  return nullptr;
}

inline std::string_view view(const ngx_str_t& text) noexcept {
  return {reinterpret_cast<const char*>(text.data), text.len};
}

// A copy of `text` in `pool`, NUL-terminated. Throws std::bad_alloc.
inline ngx_str_t to_ngx(ngx_pool_t* pool, std::string_view text) {
  auto* bytes = static_cast<u_char*>(ngx_pnalloc(pool, text.size() + 1));
  if (bytes == nullptr) throw std::bad_alloc();
  ngx_memcpy(bytes, text.data(), text.size());
  bytes[text.size()] = '\0';
  return {text.size(), bytes};
}

}  // namespace slo::ngx
