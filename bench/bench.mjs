// SPDX-License-Identifier: BSD-2-Clause
// Runs the named measurements, or all, one after the other; started by `run`.
import { House } from '../t/journeys/parts/house.mjs'
import { cores } from './parts/cores.mjs'
import { ticks } from './parts/cpu.mjs'
import { remark } from './parts/numbers.mjs'

const all = ['logout', 'fanout', 'thousand', 'latency', 'neighbours', 'expiry', 'learn', 'clients', 'register', 'memory', 'links', 'stores', 'guard', 'track', 'receive', 'news', 'profile', 'compare']
const words = process.argv.slice(2)
const quick = words.includes('--quick')
const named = words.filter((word) => word !== '--quick')
const strange = named.filter((name) => !all.includes(name))
if (strange.length) {
  console.error(`there is no "${strange[0]}"; there are ${all.join(', ')}`)
  process.exit(2)
}
if (cores.count === 1) remark('One core only: servers and driver share it, so throughput and latencies mean little here.')

// Does `work` in a house of its own, and closes it whatever happened.
async function in_a_house(work) {
  const closing = [], test = { after: (close) => closing.push(close), passed: false }
  const house = new House(test)
  try {
    const result = await work(house)
    test.passed = true
    return result
  } finally {
    for (const close of closing) await close()
  }
}

let failed = 0
for (const name of named.length ? named : all) {
  const began = Date.now(), before = ticks()
  try {
    const { bench } = await import(`./${name}.mjs`)
    await in_a_house((house) => bench(house, { quick, elsewhere: in_a_house }))
  } catch (error) {
    ++failed
    console.error(`${name} could not be measured: ${error.stack}`)
  }
  const { busy, stolen } = ticks()
  const share = (stolen - before.stolen) / Math.max(1, busy - before.busy + stolen - before.stolen)
  console.error(`(${name}: ${Math.round((Date.now() - began) / 1000)} s; the hypervisor took ${Math.round(100 * share)} % of what was needed)`)
}
process.exit(failed ? 1 : 0)
