// SPDX-License-Identifier: BSD-2-Clause
// The OP's documents: what is taken of them may be called, comes of the right issuer, and is kept as it is; a
// plan is never past its bounds, whatever a Cache-Control says.
#include "core/keys/documents.h"
#include "core/keys/fetch_plan.h"
#include "core/text/uri.h"
#include "t/core/op/hint_tokens.h"
#include "t/fuzz/fuzz.h"

namespace slo::fuzz {
namespace {

// In whatever case it is written (RFC 3986, 3.1).
bool is_https(const std::string& text) {
  const auto uri = read_uri(text);
  return uri && uri->scheme == "https";
}

void read_document(const std::string& text) {
  static const Provider provider = a_provider();
  const auto found = read_discovery(provider, text);
  if (!found) {
    promise(found.error().fault == Fault::document_unusable, "a document is refused as such");
    return;
  }
  promise(text.find(provider.issuer.value) != std::string::npos || text.find('\\') != std::string::npos,
          "its issuer is ours");
  promise(is_https(found->jwks_uri), "nobody is sent to http");
  promise(found->end_session_endpoint.empty() || is_https(found->end_session_endpoint), "nor is a browser");
  const KeptDocuments kept{.end_session_endpoint = found->end_session_endpoint, .jwks = text};
  promise(read_kept(kept_text(kept)) == kept, "what is kept is read as the same");
}

void read_set_of_keys(const std::string& text) {
  const auto keys = read_fetched_keys(text);
  if (!keys) promise(keys.error().fault == Fault::document_unusable, "a set is refused as such");
  if (keys) promise(!keys->keys().empty(), "a set that is taken has a key");
}

void plan_with(const std::string& cache_control) {
  const auto age = max_age_of(cache_control);
  promise(!age || (*age >= Seconds{0} && *age <= Seconds{86'400}), "an age has bounds");
  FetchPlan plan;
  note_fetched(plan, Millis{0}, age, static_cast<std::uint32_t>(cache_control.size()));
  promise(plan.due >= Millis{54'000} && plan.due <= Millis{86'400'000},
          "so has the time until the next fetch");
}

// What came back, packed or not.
void read_answer(Input& input) {
  Answer answer{.by_receiver = input.flag(), .status = input.flag() ? 200 : 302};
  answer.document.is_whole = input.flag();
  answer.document.coding = input.flag() ? "gzip" : "";
  answer.document.body = input.rest();
  const auto text = document_of(answer);
  if (!text) return;
  promise(
      answer.by_receiver && answer.status == 200 && answer.document.is_whole && text->size() <= max_document,
      "only a whole yes is a document");
  read_document(*text);
}

}  // namespace
}  // namespace slo::fuzz

FUZZ(input) {
  switch (input.below(4)) {
    case 0:
      return slo::fuzz::read_document(input.rest());
    case 1:
      return slo::fuzz::read_set_of_keys(input.rest());
    case 2:
      return slo::fuzz::plan_with(input.rest());
    default:
      return slo::fuzz::read_answer(input);
  }
}
