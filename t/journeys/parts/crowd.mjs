// SPDX-License-Identifier: BSD-2-Clause
// Users who log in and out all the time, while something happens to the store: what each was answered, and what became of it.
import assert from 'node:assert/strict'
import { send } from './browser_jar.mjs'
import { eventually, sleep } from './house.mjs'

const lanes = 3
export const guard = `location /app/ { slo_guard main sid=$arg_sid; add_header X-Slo-Status $slo_status always; empty_gif; }`

export const store_up = async (nginx) => /^slo_store_up (\d)$/m.exec(await nginx.metrics())[1]
const claims_in = (body) => JSON.parse(Buffer.from(new URLSearchParams(body).get('logout_token').split('.')[1], 'base64url'))

// Users who log in and out, again and again: what each was answered, and when.
export class Crowd {
  logins = new Map()  // sid -> when it was answered 201
  outs = new Map()  // sid -> {at, is_known}, answered 200
  passed = []  // sids that a guard let pass a second after their logout had been answered
  refused = 0
  wrong = []
  #looks = []
  #goes = true
  #lanes = []

  constructor(nginx, name) {
    const live = async (lane) => {
      for (let n = 0; this.#goes; ++n) await this.#in_and_out(nginx, `${name}-${lane}-${n}`), await sleep(10)
    }
    this.#lanes = Array.from({ length: lanes }, (_, lane) => live(lane))
  }

  async #in_and_out(nginx, sid) {
    const { status } = await nginx.register({ client_id: 'app', sid, sub: sid })
    if (status === 503) return ++this.refused, sleep(20)
    if (status !== 201) return this.wrong.push(`register ${sid}: ${status}`)
    this.logins.set(sid, Date.now())
    const out = await nginx.ask('DELETE', `sessions/${sid}`)
    if (out.status === 503) return ++this.refused
    if (out.status !== 200) return this.wrong.push(`log out ${sid}: ${out.status}`)
    this.outs.set(sid, { at: Date.now(), is_known: out.json.registered !== false })
    this.#looks.push(this.#look(nginx, sid))
  }

  async #look(nginx, sid) {
    await sleep(1000)
    if ((await send(`${nginx.url}/app/?sid=${sid}`)).status === 200) this.passed.push(sid)
  }

  async leave() {
    this.#goes = false
    await Promise.all(this.#lanes)
    await Promise.all(this.#looks)
  }
}

// How long after `since` nobody had logged out, at the longest.
export function longest_gap(crowd, since) {
  const times = [since, ...[...crowd.outs.values()].map(({ at }) => at).filter((at) => at >= since).sort((a, b) => a - b)]
  return Math.max(...times.slice(1).map((at, i) => at - times[i]))
}

// What was acknowledged, and the new master does not know: asynchronous replication had not sent it.
export async function losses(stage, crowd) {
  const sids = [...crowd.outs]
  const revived = [], forgotten = []
  await Promise.all(sids.map(async ([sid]) => {
    const { status, json } = await eventually('the store answers', async () => {
      const answer = await stage.nginx.session(sid)
      return answer.status !== 503 && answer
    })
    if (status === 200 && json.state === 'live') revived.push(sid)
    if (status === 404) forgotten.push(sid)
  }))
  const told = new Set(stage.app.requests.map(({ body }) => claims_in(body).sid))
  const known = sids.filter(([, { is_known }]) => is_known)
  const is_marked = new Set(sids.filter(([, { is_known }]) => !is_known).map(([sid]) => sid))
  return { logins: is_marked.size, logouts: revived, both: forgotten.filter((sid) => !is_marked.has(sid)),
           untold: known.filter(([sid]) => !told.has(sid)).length }
}

export async function guards_know(stage, crowd, lost) {
  const passed = []
  for (const sid of crowd.outs.keys()) if ((await send(`${stage.nginx.url}/app/?sid=${sid}`)).status !== 401) passed.push(sid)
  assert.deepEqual(passed.filter((sid) => !lost.has(sid)), [], 'whose end the store knows passes no guard')
  assert.equal((await send(`${stage.nginx.url}/app/?sid=nobody-${Date.now()}`)).status, 200)
}

// A crowd, while `strike` happens to the store; it returns how that is mended. `is_over`: logouts are expected to work again.
export async function live_through(stage, name, strike, is_over) {
  const crowd = new Crowd(stage.nginx, name.replace(/\W+/g, '-'))
  await sleep(700)
  const since = Date.now()
  const mend = await strike()
  await is_over(crowd)
  const whole = Date.now() - since
  await mend()
  await sleep(1000)
  await crowd.leave()
  assert.deepEqual(crowd.wrong, [])
  const lost = await losses(stage, crowd)
  assert.equal(lost.untold, 0, 'who is logged out is told')
  const passed = crowd.passed.filter((sid) => !lost.logouts.includes(sid) && !lost.both.includes(sid))
  return { crowd, since, whole, lost, passed, gap: longest_gap(crowd, since) }
}
