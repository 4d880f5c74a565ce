// SPDX-License-Identifier: BSD-2-Clause
// A text in the zone that all workers of this host share, with its plan and with who is fetching it.
//
// It outlives workers and reloads: it is found again by its name. Nothing points into what may be freed; the
// text is copied under the pool's mutex, which the master unlocks for a worker that dies with it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/keys/fetch_plan.h"
#include "core/moment.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// By the clock of deadline.h, which all workers share.
inline Millis now_of_host() noexcept { return Millis(static_cast<Millis::rep>(ngx_current_msec)); }

class SharedDocument {
 public:
  // Finds the document of that name, or makes it. Without room, or without a zone, it has none.
  explicit SharedDocument(std::string_view name);
  bool is_there() const noexcept { return record_ != nullptr; }

  // Counts the changes of the text, from 0 on, when it is empty. REQUIRES here and below: is_there().
  std::uint64_t version() const noexcept;
  struct Copy {
    std::uint64_t version = 0;
    std::string text{};
  };
  Copy read() const;
  enum class Stored : std::uint8_t { changed, same, no_room };
  // Where there is no room, texts that this worker has not opened make some: a configuration before it had
  // them.
  Stored store(std::string_view text) const noexcept;

  // One worker of the host fetches at a time: whoever takes the lease, until he gives it back, `time` is over
  // or he is dead.
  bool take_lease(Millis time) const noexcept;
  void give_back_lease() const noexcept;
  bool is_leased() const noexcept;
  // Counts the fetches that ended, well or not.
  std::uint64_t fetches() const noexcept;
  void count_fetch() const noexcept;

  FetchPlan plan() const noexcept;
  // Changes it; under the mutex.
  template <class Change>
  auto change_plan(Change change) const noexcept {
    lock();
    auto result = change(its_plan());
    unlock();
    return result;
  }

  struct Record;

 private:
  void lock() const noexcept;
  void unlock() const noexcept;
  FetchPlan& its_plan() const noexcept;

  ngx_slab_pool_t* pool_ = nullptr;
  Record* record_ = nullptr;
};

}  // namespace slo::ngx
