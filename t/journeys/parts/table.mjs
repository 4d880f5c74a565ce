// SPDX-License-Identifier: BSD-2-Clause
// Rows printed as a table when a journey is over.
export function start_table(test, heads) {
  const rows = [heads]
  test.after(() => {
    const widths = heads.map((_, i) => Math.max(...rows.map((row) => String(row[i]).length)))
    for (const row of rows) console.log(`  ${row.map((cell, i) => String(cell).padEnd(widths[i])).join('  ').trimEnd()}`)
  })
  return { row: (...cells) => rows.push(cells) }
}

// What our module said in `log`: [{level, said}].
export function our_lines(log) {
  return [...log.matchAll(/\[(\w+)\] \d+#\d+: (?:\*\d+ )?slo: (.*)/g)].map(([, level, said]) => ({ level, said }))
}
