// SPDX-License-Identifier: BSD-2-Clause
// No text can become markup.
#include "core/text/html.h"

#include <gtest/gtest.h>

namespace slo::html_test {

TEST(Html, escapes_all_that_could_end_a_text_or_an_attribute) {
  EXPECT_EQ(escape_html("<a href=\"x\" b='y'>&amp;</a>"),
            "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;amp;&lt;/a&gt;");
}

TEST(Html, leaves_other_text_alone) {
  EXPECT_EQ(escape_html("Größe = 1/2; `x` \xe2\x82\xac"), "Größe = 1/2; `x` \xe2\x82\xac");
  EXPECT_EQ(escape_html(""), "");
}

TEST(Html, replaces_every_control_character) {
  for (char c = 0; c < 0x20; ++c) EXPECT_EQ(escape_html(std::string(1, c)), "\xef\xbf\xbd") << int{c};
  EXPECT_EQ(escape_html("a\x7f\nb"),
            "a\xef\xbf\xbd\xef\xbf\xbd"
            "b");
}

}  // namespace slo::html_test
