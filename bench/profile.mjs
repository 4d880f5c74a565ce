// SPDX-License-Identifier: BSD-2-Clause
// Where the worker's time goes in an ES256 fan-out and in logouts of three clients: perf's samples, by symbol and by group.
import { execFile, spawn } from 'node:child_process'
import { promisify } from 'node:util'
import { sleep } from '../t/journeys/parts/house.mjs'
import { fan_out, prepare, run_out, set_up } from './fanout.mjs'
import { spent_by } from './parts/cpu.mjs'
import { number, remark, table } from './parts/numbers.mjs'
import { log_in, logouts } from './parts/sessions.mjs'
import { drive } from './parts/tools.mjs'

const run = promisify(execFile)

// What a frame of ours stands for; a stack counts for the innermost frame that stands for something.
const groups = [
  ['signing', /^slo::jose::sign/],
  ['token: claims, form, URI', /^slo::(write_logout_token|seal|address)/],
  ['reading the hint', /^slo::(ask|read_hint|jose::)/],
  ['settling: commands and replies', /Settling::|redis::settle/],
  ['Redis link: bytes, replies', /Redis(Link|Wire|Dial)::|^slo::redis::/],
  ['errand: request, proxy, socket, answer', /Errand::|^ngx_http_upstream|^ngx_http_(proxy|create_request|subrequest)|^ngx_event_connect_peer/],
  ['round: lanes, verdicts', /ngx::(Round|Batch|Courier)|^slo::judge/],
  ['page and answer to the user', /logout_page|slo::ngx::respond|slo::ngx::send|^ngx_http_(finalize_request|output_filter|send_header)/],
  ['end_session: request and decision', /end_session|^slo::decide|slo::ngx::(go_on|ask|entry)/],
]

export function group_of(stack) {
  const crypto = stack.findIndex(({ dso }) => dso.startsWith('libcrypto'))
  for (let i = 0; i < stack.length; ++i) {
    for (const [name, pattern] of groups) {
      if (!pattern.test(stack[i].symbol)) continue
      if (name === 'signing') return crypto >= 0 && crypto < i ? 'signing: OpenSSL' : 'signing: cjose, JSON, base64'
      if (name === 'reading the hint') return crypto >= 0 && crypto < i ? 'reading the hint: OpenSSL' : 'reading the hint: cjose, JSON, URIs'
      return name
    }
  }
  return 'nginx itself: event loop, upstream and client connections'
}

// perf's samples of the worker while `work` runs, as stacks of symbols, innermost first.
export async function stacks_of(house, pid, name, work) {
  const file = house.path(`${name}.perf`)
  const perf = spawn('perf', ['record', '-q', '-F', '1999', '-e', 'cpu-clock', '--call-graph', 'dwarf,8192', '-o', file, '-p', String(pid)],
                     { stdio: 'ignore' })
  const over = new Promise((done) => perf.once('exit', done).once('error', done))
  await sleep(500)
  await work()
  perf.kill('SIGINT')
  await over
  const { stdout } = await run('perf', ['script', '-i', file, '--no-inline', '-F', 'ip,sym,dso'], { maxBuffer: 1 << 30 })
    .catch(() => ({ stdout: '' }))
  return stdout.split('\n\n').map((sample) => sample.split('\n').filter((line) => line.trim())
    .map((line) => {
      const [, symbol, dso] = /^\s*[0-9a-f]+ (.*) \(([^()]*|\[[^()]*\])\)$/.exec(line) ?? [null, line.trim(), '']
      return { symbol: symbol.replace(/slo::ngx::\(anonymous namespace\)::|\[abi:cxx11\]|\(anonymous namespace\)::/g, ''), dso: dso.replace(/.*\//, '') }
    })).filter((stack) => stack.length)
}

function counted(names) {
  const sums = new Map()
  for (const name of names) sums.set(name, (sums.get(name) ?? 0) + 1)
  return [...sums].map(([name, sum]) => [name, 100 * sum / names.length]).sort((a, b) => b[1] - a[1])
}

const named = ({ symbol, dso }) => `\`${symbol === '[unknown]' ? '…' : symbol.slice(0, 90)}\` ${dso}`
const percent = ([name, share]) => [name, number(share)]

// `micros`: what one of them costs the worker while nobody looks.
function show(title, micros, stacks) {
  const allocating = stacks.filter(([leaf]) => /malloc|free|realloc|calloc|operator (new|delete)|unlink_chunk/.test(leaf.symbol))
  const kernel = stacks.filter(([leaf]) => leaf.dso.startsWith('['))
  const whole = stacks.length
  table(`${title}: what the worker's ${number(micros, 0)} µs go to (${whole} samples)`, ['what for', 'µs', '%', 'of it allocator', 'of it kernel'],
        counted(stacks.map(group_of)).map(([group, share]) => [group, number(share * micros / 100), number(share),
          ...[allocating, kernel].map((some) => number(100 * some.filter((stack) => group_of(stack) === group).length / whole))]))
  table(`${title}: symbols by their own time`, ['symbol', '%'], counted(stacks.map(([leaf]) => named(leaf))).slice(0, 15).map(percent))
  const everywhere = new Map()
  for (const stack of stacks) {
    for (const name of new Set(stack.filter(({ symbol }) => /slo::|^cjose|^json_|^EVP_|^EC_|^ngx_http/.test(symbol)).map(named))) everywhere.set(name, (everywhere.get(name) ?? 0) + 100 / whole)
  }
  table(`${title}: symbols with all they call`, ['symbol', '%'], [...everywhere].sort((a, b) => b[1] - a[1]).slice(0, 40).map(percent))
}

export async function bench(house, { quick }) {
  const stage = await set_up(house, { most: 1000 })
  await fan_out(stage, 'ES256', 1000)
  const { worker } = stage.nginx, times = quick ? 5 : 15
  const { worker: delivery } = await fan_out(stage, 'ES256', 1000, times)
  const owed = await prepare(stage, 'ES256', 1000, times)
  const deliveries = await stacks_of(house, worker, 'fanout', () => run_out(stage, owed))
  const clients = stage.clients.ES256.slice(0, 3), count = quick ? 800 : 2500
  const some = async (series) => {
    await log_in(house, stage.nginx, { series, clients, count })
    const file = logouts(house, stage.nginx, { series, clients, key: stage.keys.ES256, count })
    return () => drive(stage.nginx.to, 8, file).then(() => sleep(50))
  }
  const { cpu } = await spent_by({ worker }, await some('unseen'))
  const users = await stacks_of(house, worker, 'logout', await some('seen'))
  if (deliveries.length === 0) return remark('perf gives no samples here (perf_event_paranoid, or no permission).')
  show('One delivery of a fan-out, 1000 × ES256', delivery, deliveries)
  show('One logout, 3 × ES256', cpu.worker.all / count, users)
}
