// SPDX-License-Identifier: BSD-2-Clause
#include "ngx_module/nginx/worker_cells.h"

#include <gtest/gtest.h>

#include <array>

namespace slo::ngx::worker_cells_test {
namespace {

constexpr WorkerCells::Worker first{.number = 0, .pid = 100}, second{.number = 1, .pid = 101};
constexpr WorkerCells::Worker successor_of_first{.number = 0, .pid = 102};

}  // namespace

class Cells : public testing::Test {
 protected:
  Cells() {
    for (const auto& worker : {first, second}) begin(cells_, worker);
  }
  static void begin(WorkerCells cells, WorkerCells::Worker worker) {
    for (std::size_t row = 0; row < 2; ++row) cells.begin(row, worker);
  }

  std::array<WorkerCells::Word, 5> words_{};
  WorkerCells cells_{words_, 2};
};

TEST_F(Cells, are_summed_over_the_workers_of_a_row) {
  cells_.set(0, first, 2);
  cells_.set(0, second, 3);
  cells_.set(1, second, 4);
  EXPECT_EQ(cells_.sum(0), 5U);
  EXPECT_EQ(cells_.sum(1), 4U);
  cells_.set(0, first, 0);
  EXPECT_EQ(cells_.sum(0), 3U);
}

TEST_F(Cells, of_a_dead_worker_are_its_successors) {
  cells_.set(0, first, 2);
  begin(cells_, successor_of_first);
  EXPECT_EQ(cells_.sum(0), 0U);
  cells_.set(0, successor_of_first, 1);
  EXPECT_EQ(cells_.sum(0), 1U);
}

TEST_F(Cells, are_closed_to_a_worker_that_has_a_successor) {
  begin(cells_, successor_of_first);
  cells_.set(0, first, 7);
  EXPECT_EQ(cells_.sum(0), 0U);
}

TEST_F(Cells, hold_nothing_old_once_all_workers_have_begun_anew_with_other_rows) {
  for (std::size_t row = 0; row < 2; ++row) {
    cells_.set(row, first, 7);
    cells_.set(row, second, 7);
  }
  WorkerCells fewer(words_, 1);
  begin(fewer, successor_of_first);
  cells_.set(0, second, 8);  // it drains: that place is the other row's now
  EXPECT_EQ(fewer.sum(0), 0U);
  EXPECT_EQ(fewer.sum(1), 0U);
  WorkerCells more(words_, 4);
  for (std::uint32_t number = 0; number < 4; ++number) more.begin(0, {.number = number, .pid = 110 + number});
  EXPECT_EQ(more.sum(0), 0U);
}

TEST_F(Cells, that_have_no_room_are_not_counted) {
  cells_.begin(2, first);
  cells_.begin(2, second);
  cells_.set(2, first, 1);
  cells_.set(2, second, 1);
  cells_.set(0, {.number = 2, .pid = 103}, 1);
  EXPECT_EQ(cells_.sum(2), 1U);
  EXPECT_EQ(cells_.sum(0), 0U);
}

}  // namespace slo::ngx::worker_cells_test
