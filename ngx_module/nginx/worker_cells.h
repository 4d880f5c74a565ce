// SPDX-License-Identifier: BSD-2-Clause
// Numbers in shared memory of which each worker has its own, and only their sum is read.
//
// What a dead worker has said counts until the one in its place begins, and who goes never talks over who
// came. A cell is one word: whose it is (a pid), and the number. Its place follows from the row, of which
// there are as many as one likes, and from the worker's number, which a successor has as well.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace slo::ngx {

class WorkerCells {
 public:
  using Word = std::atomic<std::uint64_t>;
  struct Worker {
    std::size_t number = 0;  // less than `workers`
    std::uint32_t pid = 0;
  };

  // `words`: all zero at first. What has no room in them is not counted.
  WorkerCells(std::span<Word> words, std::size_t workers) noexcept : words_(words), workers_(workers) {}

  // The cell is this worker's from now on, whoever's it was, and holds nought.
  void begin(std::size_t row, Worker worker) noexcept {
    if (Word* cell = cell_of(row, worker.number)) cell->store(word_of(worker, 0), std::memory_order_relaxed);
  }

  // Nothing happens where the cell is somebody else's by now.
  void set(std::size_t row, Worker worker, std::uint32_t value) noexcept {
    Word* cell = cell_of(row, worker.number);
    if (cell == nullptr) return;
    std::uint64_t word = cell->load(std::memory_order_relaxed);
    while (word >> 32 == worker.pid &&
           !cell->compare_exchange_weak(word, word_of(worker, value), std::memory_order_relaxed)) {
    }
  }

  // Over all workers.
  std::uint64_t sum(std::size_t row) const noexcept {
    std::uint64_t sum = 0;
    for (std::size_t number = 0; number < workers_; ++number) {
      if (const Word* cell = cell_of(row, number)) sum += cell->load(std::memory_order_relaxed) & 0xffffffff;
    }
    return sum;
  }

 private:
  static std::uint64_t word_of(Worker worker, std::uint32_t value) noexcept {
    return std::uint64_t{worker.pid} << 32 | value;
  }
  Word* cell_of(std::size_t row, std::size_t number) const noexcept {
    const std::size_t place = row * workers_ + number;
    return number < workers_ && place < words_.size() ? &words_[place] : nullptr;
  }

  std::span<Word> words_;
  std::size_t workers_;
};

}  // namespace slo::ngx
