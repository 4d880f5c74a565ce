// SPDX-License-Identifier: BSD-2-Clause
// One line per test, its reason where it failed or was skipped, and `N passed, N failed` at the end.
export default async function* reporter(events) {
  let passed = 0
  let failed = 0
  let skipped = 0
  for await (const { type, data } of events) {
    if (type === 'test:pass' && data.skip !== undefined) {
      skipped += 1
      yield `skip  ${'  '.repeat(data.nesting)}${data.name} (${data.skip})\n`
    } else if (type === 'test:pass' && data.details.type !== 'suite') {
      passed += 1
      yield `ok    ${'  '.repeat(data.nesting)}${data.name} (${Math.round(data.details.duration_ms)} ms)\n`
    }
    if (type === 'test:fail' && data.details.type !== 'suite') {
      failed += 1
      const { cause, message } = data.details.error
      yield `FAIL  ${'  '.repeat(data.nesting)}${data.name} (${data.file}:${data.line})\n${cause?.stack ?? cause ?? message}\n`
    }
    if (/^test:std(out|err)$/.test(type) && !/^oidc-provider (WARNING|NOTICE)/.test(data.message)) yield data.message
  }
  yield `${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}\n`
}
