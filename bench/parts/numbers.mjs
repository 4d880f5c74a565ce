// SPDX-License-Identifier: BSD-2-Clause
// Medians, and tables in Markdown, so that what is printed can be kept as it is.

export function median(values) {
  const sorted = values.filter((value) => Number.isFinite(value)).sort((a, b) => a - b)
  if (sorted.length === 0) return NaN
  const half = Math.floor(sorted.length / 2)
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
}

export const quantile = (values, q) => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted.length ? sorted[Math.floor(q * (sorted.length - 1))] : NaN
}

// Of rows with the same members: the median of each.
export const medians = (rows) => Object.fromEntries(Object.keys(rows[0]).map((key) => [key, median(rows.map((row) => row[key]))]))

export function number(value, digits = 1) {
  if (!Number.isFinite(value)) return '–'
  return value.toFixed(digits).replace(/\B(?=(\d{3})+(?!\d)(?<!\.\d*))/g, ' ')
}

export function table(title, head, rows) {
  const lines = [head, head.map((_, i) => (i ? '---:' : '---')), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
  console.log(`\n### ${title}\n\n${lines.join('\n')}`)
}

export function remark(text) { console.log(`\n${text}`) }

// What was wanted, what came out, side by side; nothing fails on it.
export const verdict = (measured, wanted, { at_most = false, unit = '', digits = 2 } = {}) => {
  const met = at_most ? measured <= wanted : measured >= wanted
  return [`${at_most ? '≤' : '≥'} ${wanted}${unit}`, `${number(measured, digits)}${unit}`, met ? 'yes' : '**no**']
}
