// SPDX-License-Identifier: BSD-2-Clause
// Watches guards: sessions end all the time, are asked for all the time, and every pass that came too late is counted.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { performance } from 'node:perf_hooks'
import { send } from './browser_jar.mjs'
import { set_guard } from './guard_stage.mjs'
import { House, eventually, sleep } from './house.mjs'

export const guarded = (name, guard) => `location = /${name} { slo_guard main ${guard}; add_header X-Slo-Status $slo_status always; empty_gif; }`
const client = { client_id: 'app', redirect_uris: ['https://app.example/'], frontchannel_logout_uri: 'https://app.example/front' }
const recent = 30  // of those that have ended are asked for more often than the rest

export const change_conf = ({ dir }, change) =>
  writeFileSync(`${dir}/nginx.conf`, change(readFileSync(`${dir}/nginx.conf`, 'utf8')))

export function percentiles(times) {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (part) => Number(sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))].toFixed(1))
  return { p50: at(0.5), p99: at(0.99), last: at(1) }
}

const pick = (list) => list[Math.floor(Math.random() * list.length)]
const rounded = (millis) => Math.round(millis)

export class GuardWatch {
  ended = []  // {sid, at, is_fed}: acknowledged with 200, by performance.now(); fed: the host that said so hears of it as all do
  refused_logouts = new Map()  // status -> how many
  passes = []  // of sessions that had ended before: {sid, is_own, late ms, status}; own: on the host that was told to mark it
  asked = 0
  unanswered = 0
  wrongly_refused = 0  // of sessions that live
  unsure = 0
  #answers = []  // {began, took}
  #goes = true
  #loops = []
  #next = 0
  #keeps = true  // its connections

  static async set(test, { store = 'timeout=1s', hosts = 2, ...how } = {}) {
    const watch = new GuardWatch()
    watch.house = new House(test)
    watch.stage = await set_guard(watch.house, { hosts, store, access_log: 'off', clients: [client], locations: guarded('pass', 'sid=$arg_sid'), ...how })
    test.after(() => watch.stop())
    return watch
  }

  get hosts() { return this.stage.hosts }
  get redis() { return this.stage.redis }

  start({ pause = 5, keeps = true } = {}) {
    this.#keeps = keeps
    this.hosts.forEach((host, at) => { for (let i = 0; i < 3; ++i) this.#loops.push(this.#visit_on(host, at)) })
    this.#loops.push(this.#log_out_on(pause))
    return this.warmed_up()
  }

  // Until enough have ended to ask for.
  async warmed_up() {
    await eventually('some have ended', () => this.ended.length >= 20, { every: 10 })
    return this
  }

  async stop() {
    this.#goes = false
    await Promise.all(this.#loops)
  }

  // One logout, at the first host; true: it was acknowledged.
  async log_out(sid = `gone-${++this.#next}`) {
    const answer = await this.hosts[0].back({ sid, sub: 'ann' }).catch(() => ({ status: 0 }))
    if (answer.status === 200) this.ended.push({ sid, at: performance.now(), is_fed: false })
    else this.refused_logouts.set(answer.status, (this.refused_logouts.get(answer.status) ?? 0) + 1)
    return answer.status === 200
  }

  // As the OP that nginx is itself.
  async end_by_api(sid = `by-api-${++this.#next}`) {
    const { register, ask } = this.hosts[0].nginx
    const known = await register({ client_id: client.client_id, sid, sub: 'ann' }).catch(() => ({ status: 0 }))
    if (known.status !== 201) return
    const over = await ask('DELETE', `sessions/${sid}`).catch(() => ({ status: 0 }))
    if (over.status === 200) this.ended.push({ sid, at: performance.now(), is_fed: true })
  }

  async #log_out_on(pause) {
    let turn = 0
    while (this.#goes) {
      const act = ++turn % 5 ? this.log_out() : this.end_by_api()
      await Promise.race([act, sleep(1500, undefined, { ref: false })])
      await sleep(pause)
    }
  }

  async #visit_on(host, at) {
    const agent = new Agent({ keepAlive: this.#keeps, maxSockets: 1 })
    while (this.#goes) {
      await this.#visit(host, at, agent)
      await sleep(1)
    }
    agent.destroy()
  }

  #somebody() {
    if (this.ended.length === 0 || Math.random() < 0.2) return { sid: `lives-${Math.floor(Math.random() * 100)}` }
    return pick(Math.random() < 0.7 ? this.ended.slice(-recent) : this.ended)
  }

  async #visit(host, at, agent) {
    const { sid, at: ended_at, is_fed } = this.#somebody()
    const began = performance.now()
    const answer = await send(`${host.nginx.url}/pass?sid=${sid}`, { agent, timeout: 300 }).catch(() => null)
    if (answer === null) { ++this.unanswered; return }
    ++this.asked
    this.#answers.push({ began, took: performance.now() - began })
    if (answer.status === 503) ++this.unsure
    if (answer.status === 401 && ended_at === undefined) ++this.wrongly_refused
    if (answer.status === 200 && ended_at !== undefined)
      this.passes.push({ sid, is_own: at === 0 && !is_fed, late: began - ended_at, status: answer.headers['x-slo-status'] })
  }

  // How long requests took that began since then.
  slowest_since(since) {
    return percentiles(this.#answers.filter(({ began }) => began >= since).map(({ took }) => took))
  }

  // What nobody can know any more is not asked for.
  forget(sids) {
    for (const list of ['ended', 'passes']) this[list] = this[list].filter(({ sid }) => !sids.includes(sid))
  }

  // How long after `since` both hosts know all, and refuse what ends now.
  async recovered(since, { within = 10_000 } = {}) {
    const is_sure = async (host) => (await this.#ask(host, 'nobody')).status_word === 'ok'
    await eventually('every guard is sure', async () => (await Promise.all(this.hosts.map(is_sure))).every(Boolean), { within, every: 10 })
    await eventually('a logout is acknowledged', () => this.log_out(`late-${++this.#next}`), { within, every: 10 })
    const { sid } = this.ended.at(-1)
    const refuses = async (host) => (await this.#ask(host, sid)).status === 401
    await eventually('every host refuses it', async () => (await Promise.all(this.hosts.map(refuses))).every(Boolean), { within, every: 5 })
    return rounded(performance.now() - since)
  }

  async #ask(host, sid) {
    const answer = await send(`${host.nginx.url}/pass?sid=${sid}`, { timeout: 500 }).catch(() => ({ status: 0, headers: {} }))
    return { status: answer.status, status_word: answer.headers['x-slo-status'] }
  }
  ask(at, sid) { return this.#ask(this.hosts[at], sid) }

  // Which of all that was acknowledged a host does not refuse.
  async missing_on(at) {
    const agent = new Agent({ keepAlive: true, maxSockets: 8 })
    const rest = [...this.ended], missing = []
    await Promise.all(Array.from({ length: 8 }, async () => {
      for (let one; (one = rest.pop());) {
        const { status } = await send(`${this.hosts[at].nginx.url}/pass?sid=${one.sid}`, { agent })
        if (status !== 401) missing.push(one.sid)
      }
    }))
    agent.destroy()
    return missing
  }

  // Pid of the worker that waits in Redis for the feed of a host; of none at the moment: undefined.
  async feeder_of(at) {
    const workers = this.hosts[at].nginx.workers()
    const waiting = (await this.redis.ask('client', 'list')).split('\n').filter((line) => /cmd=xread/.test(line))
    return waiting.map((line) => Number(/name=slo-v2-(\d+)/.exec(line)?.[1])).find((pid) => workers.includes(pid))
  }

  // Passes on the host of the logout and on those that are fed, how many of these came later than `bound` ms after the 200, and how
  // many passed while a new zone was still reading what has ended.
  verdict(bound) {
    const { syncing = [], sure = [] } = Object.groupBy(this.passes, ({ status }) => (status === 'syncing' ? status : 'sure'))
    const other = sure.filter(({ is_own }) => !is_own)
    return {
      acknowledged: this.ended.length, own: sure.length - other.length, other: other.length, syncing: syncing.length,
      late_most: rounded(Math.max(0, ...other.map(({ late }) => late))), after_bound: other.filter(({ late }) => late > bound).length,
    }
  }

  // The proof that all fault tests end with; the row of the table is its by-product.
  async prove(table, name, { bound, recovered, most_syncing = 0 }) {
    await this.stop()
    await sleep(300)  // what ended last, by the API, every host hears of as of any other
    const verdict = this.verdict(bound)
    table.row(name, verdict.acknowledged, this.asked, verdict.own, verdict.other, verdict.late_most, bound, verdict.after_bound, verdict.syncing, recovered)
    const { own, after_bound, syncing } = verdict
    assert.deepEqual({ own, after_bound, wrongly_refused: this.wrongly_refused }, { own: 0, after_bound: 0, wrongly_refused: 0 })
    assert.ok(syncing <= most_syncing, `${syncing} passed in a new zone`)
    assert.ok(verdict.acknowledged >= 20, `${verdict.acknowledged} logouts`)
    for (const at of [0, 1]) assert.deepEqual((await this.missing_on(at)), [], `passes on host ${at}`)
    for (const { nginx } of this.hosts) assert.doesNotMatch(nginx.log(), /exited on signal (?!9\b)|slo: unexpected|\[(crit|emerg)\]/)
    return verdict
  }
}

export const heads = ['fault', 'ended', 'asked', 'own host', 'other host', 'latest (ms)', 'bound (ms)', 'after it', 'syncing', 'normal after (ms)']
