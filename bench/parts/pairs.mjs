// SPDX-License-Identifier: BSD-2-Clause
// Two kinds of the same request by turns, bare and guarded: processor time of the servers for each, and how they compare.
import { spent_by } from './cpu.mjs'
import { median, number, quantile } from './numbers.mjs'
import { drive, drive_templates } from './tools.mjs'

const connections = 32

// µs of the servers for one request, and requests a second by the clock.
async function cost_of(to, pids, file, { count, from = 0, once }) {
  const { cpu, result } = await spent_by(pids, () => (once ? drive(to, connections, file) : drive_templates(to, connections, file, from, count)))
  if (result.statuses['200'] !== result.answers) throw new Error(`answers were ${JSON.stringify(result.statuses)}`)
  return { us: Object.values(cpu).reduce((sum, { all }) => sum + all, 0) / result.answers, seen: result.answers / result.seconds }
}

async function one_round(to, pids, pair, round, count) {
  const from = pair.mixed ? (round * count) % (pair.mixed - count) : 0, both = {}
  for (const which of round % 2 ? ['guarded', 'bare'] : ['bare', 'guarded']) both[which] = await cost_of(to, pids, pair[which], { count, from, once: pair.once })
  return both
}

// By turns, so that what the machine does besides falls on all: rounds of each pair, by name.
export async function measure(to, pids, pairs, { rounds, count }) {
  const runs = new Map(pairs.map(({ name }) => [name, []]))
  // A worker maps a page of the zone when it first looks there.
  for (const pair of pairs.filter(({ mixed }) => mixed)) await cost_of(to, pids, pair.guarded, { count: pair.mixed })
  for (let round = -1; round < rounds; ++round) {
    for (const pair of pairs) {
      const both = await one_round(pair.to ?? to, pair.pids ?? pids, pair, Math.max(round, 0), count)
      if (round >= 0) runs.get(pair.name).push(both)
    }
  }
  return runs
}

const middle = (runs, of) => quantile(runs.map(of), 0.5)
export const more_of = (runs) => median(runs.map(({ bare, guarded }) => guarded.us - bare.us))
export const ratio_of = (runs) => median(runs.map(({ bare, guarded }) => bare.us / guarded.us))
const seen_of = (runs) => median(runs.map(({ bare, guarded }) => guarded.seen / bare.seen))
const spread = (values) => `${number(quantile(values, 0.5), 3)} (${number(quantile(values, 0.25), 3)}–${number(quantile(values, 0.75), 3)})`

export const head = ['what', 'bare µs', 'guarded µs', 'more µs', 'bare ÷ guarded, of a core (quartiles)', 'a second, bare', 'guarded', 'guarded ÷ bare']
export const row = (name, runs) => [
  name, number(middle(runs, ({ bare }) => bare.us), 2), number(middle(runs, ({ guarded }) => guarded.us), 2), number(more_of(runs), 2),
  spread(runs.map(({ bare, guarded }) => bare.us / guarded.us)), number(middle(runs, ({ bare }) => bare.seen), 0),
  number(middle(runs, ({ guarded }) => guarded.seen), 0), number(seen_of(runs), 3)]
