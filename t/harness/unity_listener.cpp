// SPDX-License-Identifier: BSD-2-Clause
// main() of every unit test binary: GoogleTest inside, Unity's output outside.
//
// One line per test, `FILE:LINE:Suite.name:PASS`, `…:FAIL: message` or `…:IGNORE: reason`, then Unity's
// summary. Readers of that output (Unity's own parse_output.rb) split at colons and newlines, so neither
// stays in a message. Exit code: 0 if nothing failed.
#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <string_view>

namespace {

// One line without colons: newlines become spaces, colons semicolons.
std::string unity_message(std::string_view text) {
  std::string message;
  for (const char c : text) {
    if (c == ':') {
      message += ';';
    } else if (c != '\n' && c != '\r') {
      message += c;
    } else if (!message.empty() && message.back() != ' ') {
      message += ' ';
    }
  }
  while (!message.empty() && message.back() == ' ') message.pop_back();
  return message;
}

class UnityListener : public testing::EmptyTestEventListener {
  // A failure in the set-up of a suite or of the program belongs to no test, but must not get lost. (Asking
  // UnitTest for the current test would deadlock here: it holds its mutex while it calls us.)
  void OnTestPartResult(const testing::TestPartResult& part) override {
    if (in_test_ || !part.failed()) return;
    write_line(part.file_name(), part.line_number(), suite_, "outside_of_tests",
               "FAIL: " + unity_message(part.message()));
    ++tests_;
    ++failures_;
  }

  void OnTestSuiteStart(const testing::TestSuite& suite) override { suite_ = suite.name(); }
  void OnTestSuiteEnd(const testing::TestSuite&) override { suite_ = "Program"; }
  void OnTestStart(const testing::TestInfo&) override { in_test_ = true; }

  void OnTestEnd(const testing::TestInfo& test) override {
    in_test_ = false;
    ++tests_;
    const auto& result = *test.result();
    if (result.Failed()) {
      ++failures_;
      write_failure(test, result);
    } else if (result.Skipped()) {
      ++ignored_;
      write_test(test, "IGNORE: " + skip_reason(result));
    } else {
      write_test(test, "PASS");
    }
  }

  void OnTestIterationStart(const testing::UnitTest&, int) override { tests_ = failures_ = ignored_ = 0; }

  void OnTestIterationEnd(const testing::UnitTest& unit, int) override {
    write_disabled(unit);
    // The blank before the newline is Unity's own.
    std::printf("\n-----------------------\n%d Tests %d Failures %d Ignored \n%s\n", tests_, failures_,
                ignored_, failures_ == 0 ? "OK" : "FAIL");
    std::fflush(stdout);
  }

  // OnTestDisabled is not called for a suite of disabled tests only, hence this walk.
  void write_disabled(const testing::UnitTest& unit) {
    for (int s = 0; s < unit.total_test_suite_count(); ++s) {
      const auto& suite = *unit.GetTestSuite(s);
      for (int t = 0; t < suite.total_test_count(); ++t) {
        const auto& test = *suite.GetTestInfo(t);
        if (!test.is_reportable() || test.should_run()) continue;
        ++tests_;
        ++ignored_;
        write_test(test, "IGNORE: disabled");
      }
    }
  }

  // Place and message of the first failure; further ones follow in the same line, one line being one test.
  static void write_failure(const testing::TestInfo& test, const testing::TestResult& result) {
    const testing::TestPartResult* first = nullptr;
    std::string message;
    for (int i = 0; i < result.total_part_count(); ++i) {
      const auto& part = result.GetTestPartResult(i);
      if (!part.failed()) continue;
      if (first == nullptr) {
        first = &part;
      } else {
        message += " | line " + std::to_string(part.line_number()) + "; ";
      }
      message += unity_message(part.message());
    }
    const bool placed = first != nullptr && first->file_name() != nullptr;
    write_line(placed ? first->file_name() : test.file(), placed ? first->line_number() : test.line(),
               test.test_suite_name(), test.name(), "FAIL: " + message);
  }

  static std::string skip_reason(const testing::TestResult& result) {
    std::string reason;
    for (int i = 0; i < result.total_part_count(); ++i) {
      const auto& part = result.GetTestPartResult(i);
      if (part.skipped() && reason.empty()) reason = unity_message(part.message());
    }
    return reason.empty() ? "no reason given" : reason;
  }

  static void write_test(const testing::TestInfo& test, const std::string& verdict) {
    write_line(test.file(), test.line(), test.test_suite_name(), test.name(), verdict);
  }

  static void write_line(const char* file, int line, const char* suite, const char* name,
                         const std::string& verdict) {
    std::printf("%s:%d:%s.%s:%s\n", file == nullptr ? "unknown" : file, line, suite, name, verdict.c_str());
    std::fflush(stdout);
  }

  bool in_test_ = false;
  const char* suite_ = "Program";
  int tests_ = 0;
  int failures_ = 0;
  int ignored_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (argc > 1) {
    std::fprintf(stderr, "%s: unknown argument \"%s\"\n", argv[0], argv[1]);
    return 2;
  }
  auto& listeners = testing::UnitTest::GetInstance()->listeners();
  delete listeners.Release(listeners.default_result_printer());
  listeners.Append(new UnityListener);  // GoogleTest owns it from here on
  return RUN_ALL_TESTS();
}
