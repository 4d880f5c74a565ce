// SPDX-License-Identifier: BSD-2-Clause
// The tools as functions: driver, wrk, signing, replay, and the receivers' control line; all pinned to a core.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { promisify } from 'node:util'
import { writeFileSync } from 'node:fs'
import { cores } from './cores.mjs'

const run = promisify(execFile)
const tool = (name) => `${process.env.SLO_BENCH_BUILD}/bench/bench_${name}`

async function pinned(core, words) {
  const { stdout } = await run('taskset', ['-c', core, ...words], { maxBuffer: 1 << 26 })
  return stdout
}

export function write_requests(path, requests) {
  writeFileSync(path, requests.map((request) => `${Buffer.byteLength(request)}\n${request}`).join(''))
  return path
}

export const post = (path, host, type, body, more = '') =>
  `POST ${path} HTTP/1.1\r\nHost: ${host}\r\n${more}Content-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
export const get = (path, host, more = '') => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`

// Each request of the file once; {answers, seconds, p50_us, p99_us, max_us, statuses}.
export async function drive(to, connections, file, ...more) {
  return JSON.parse(await pinned(cores.driver, [tool('driver'), 'closed', to, String(connections), file, ...more]))
}

// The templates of the file, for `count` numbers from `from` on.
export async function drive_templates(to, connections, file, from, count) {
  return JSON.parse(await pinned(cores.driver, [tool('driver'), 'cycle', to, String(connections), file, String(from), String(count)]))
}

export const drive_open = (to, every_us, for_ms, file, out) =>
  pinned(cores.driver, [tool('driver'), 'open', to, String(every_us), String(for_ms), file, out])

// So many requests a second to all addresses together, on all cores, until stop(): {answers, seconds, p50_us, p99_us, max_us, statuses}.
export function load(rate, connections, file, addresses) {
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', tool('load'), String(rate), String(connections), file, ...addresses], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.on('data', (bytes) => { said += bytes })
  const over = once(child, 'close')
  return { pid: child.pid, stop: async () => { child.kill('SIGTERM'); await over; return JSON.parse(said) } }
}

// After each logout of the file: {kind: news or known, host: own or other, passes, last_pass_sent, last_pass_heard, first_refusal,
// all_refuse, wrong}, times in ms after its 200.
export async function watch_news(own, other, file, lines, pause_us) {
  const said = await pinned(cores.all, [tool('news'), own, other, file, String(lines), String(pause_us)])
  return said.trim().split('\n').map((line) => {
    const [kind, host, ...rest] = line.split(' '), [passes, sent, heard, first, all, wrong] = rest.map(Number)
    return { kind, host, passes, last_pass_sent: sent / 1e6, last_pass_heard: heard / 1e6, first_refusal: first / 1e6, all_refuse: all / 1e6, wrong }
  })
}

// wrk's count of answers; `script` for anything but GET.
export async function wrk(url, { connections, seconds, script }) {
  const words = ['wrk', '-t1', `-c${connections}`, `-d${seconds}s`, ...(script ? ['-s', script] : []), url]
  const said = await pinned(cores.driver, words)
  const bad = /Non-2xx or 3xx responses: (\d+)|Socket errors: (.*)/.exec(said)
  if (bad) throw new Error(`wrk ${url}: ${bad[0]}`)
  return { answers: Number(/(\d+) requests in/.exec(said)[1]), per_second: Number(/Requests\/sec:\s+([\d.]+)/.exec(said)[1]) }
}

// {sign_us, verify_us} of one core.
export async function raw_signing(pem_path, { bytes = 450, count, core = cores.server } = {}) {
  return JSON.parse(await pinned(core, [tool('signing'), pem_path, String(bytes), String(count)]))
}

// Processor time of a whole token, µs.
export async function sealing(alg, count) {
  return JSON.parse(await pinned(cores.server, [tool('sealing'), alg, String(count)])).seal_us
}

export async function signing_together(pem_path, count) {
  return JSON.parse(await pinned(cores.all, [tool('signing'), pem_path, '450', String(count), String(cores.count)])).wall_us
}

export async function replay(socket, file, depth) {
  return JSON.parse(await pinned(cores.driver, [tool('replay'), `unix:${socket}`, file, String(depth)]))
}

// One line out, one line back.
export function ask_line(socket, line) {
  return new Promise((done, failed) => {
    let heard = ''
    const link = connect(socket, () => link.write(`${line}\n`))
    link.on('error', failed).on('data', (chunk) => {
      heard += chunk
      if (heard.endsWith('\n')) { link.destroy(); done(heard.trim()) }
    })
  })
}

export const receiver_words = (port, doors, control, awake_us) => [tool('receiver'), String(port), String(doors), control, String(awake_us)]
