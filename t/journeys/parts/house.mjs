// SPDX-License-Identifier: BSD-2-Clause
// A house for one journey: a directory of its own, free ports, servers stopped by pid, their last words on failure.
import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, closeSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export { sleep }

// How many times longer than usual everything may take: a checker of memory (t/memory) makes servers slow.
export const patience = Number(process.env.SLO_PATIENCE ?? 1)

// Asks `question` until it answers something true; the last words are the reason of the failure.
export async function eventually(what, question, { within = 15_000, every = 50 } = {}) {
  const deadline = Date.now() + within * patience
  for (;;) {
    const answer = await question()
    if (answer) return answer
    if (Date.now() > deadline) throw new Error(`not within ${within * patience} ms: ${what}`)
    await sleep(every)
  }
}

// Ports are given below those that the system takes for outgoing connections, each once. A process has a thousand of its
// own: those of the number under which it listens, on a name that goes with it, so that journeys can run side by side.
const ports = { first: 10_000 + 1000 * await first_free(20), count: 1000 }
let next_port = 0

async function first_free(count) {
  for (let number = 0; number < count; ++number) {
    const holder = createServer().unref()
    const answer = await new Promise((done) => holder.once('error', () => done(false)).listen(`\0slo-ports-${number}`, () => done(true)))
    if (answer) return number
  }
  throw new Error(`${count} processes hold ports already`)
}

export async function free_port(host = '127.0.0.1') {
  for (let tries = 0; tries < ports.count; ++tries) {
    const port = ports.first + next_port
    next_port = (next_port + 1) % ports.count
    if (await can_be_listened_at(port, host)) return port
  }
  throw new Error(`no port is free on ${host}`)
}

function can_be_listened_at(port, host) {
  return new Promise((answer) => {
    const server = createServer()
    server.once('error', () => answer(false)).listen(port, host, () => server.close(() => answer(true)))
  })
}

function listens(where) {
  return new Promise((answer) => {
    const socket = connect(where, () => { socket.destroy(); answer(true) })
    socket.on('error', () => answer(false))
  })
}

export class House {
  #closers = []
  #closed = false

  constructor(test) {
    this.dir = mkdtempSync(join(tmpdir(), 'slo-journey-'))
    chmodSync(this.dir, 0o755)  // servers that drop root read here
    test.after(() => this.close(test.passed))
  }

  path(name) { return join(this.dir, name) }
  write(name, text) { writeFileSync(this.path(name), text); return this.path(name) }
  read(name) { return readFileSync(this.path(name), 'utf8') }
  when_over(close) { this.#closers.unshift(close) }
  give(path, user) { execFileSync('chown', [user, path]) }

  // Starts `words` as a child that does not outlive us, and waits until `where` (socket path or {host, port}) listens.
  async start(name, words, where, { cwd = this.dir, env = process.env } = {}) {
    if (this.#closed) throw new Error(`too late to start ${name}`)  // the test has run out of time
    const log = openSync(this.path(`${name}.out.log`), 'a')
    const child = spawn('setpriv', ['--pdeathsig', 'TERM', ...words], { cwd, env, stdio: ['ignore', log, log] })
    closeSync(log)
    const gone = new Promise((done) => child.once('exit', (code, signal) => done(signal ?? code)))
    child.gone = gone
    this.when_over(() => stop(child))
    await eventually(`${name} listens`, async () => {
      if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`)
      return listens(where)
    }, { within: 60_000 })
    return child
  }

  async close(passed) {
    this.#closed = true
    for (const close of this.#closers) {
      try { await close() } catch (error) { console.error(`closing: ${error.message}`) }
    }
    if (!passed) this.#show_last_words()
    if (passed || !process.env.SLO_KEEP) this.#remove()
    else console.error(`kept: ${this.dir}`)
  }

  // A browser's helpers write on for a while after it has gone: what they leave is no failure of the journey.
  #remove() {
    try {
      rmSync(this.dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
    } catch (error) {
      console.error(`left behind: ${error.message}`)
    }
  }

  #show_last_words() {
    for (const name of readdirSync(this.dir, { recursive: true }).filter((name) => /^[^/]*(\/[^/]*)?\.log$/.test(name) && !name.startsWith('profile'))) {
      const tail = this.read(name).trimEnd().split('\n').slice(-12).join('\n')
      if (tail) console.error(`---- ${name}\n${tail}`)
    }
  }
}

// TERM, and KILL where that is not heard.
export async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  const ended = await Promise.race([child.gone.then(() => true), sleep(5000 * patience, false, { ref: false })])
  if (!ended) { child.kill('SIGKILL'); await child.gone }
}
