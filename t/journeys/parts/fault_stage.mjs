// SPDX-License-Identifier: BSD-2-Clause
// One fault's stage: its own Redis and nginx, sessions that a checker knows, users who log out until they are told that
// they are out, and the proof in the end that everything owed has arrived.
import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { Checker } from './checker.mjs'
import { send } from './browser_jar.mjs'
import { House, eventually, free_port, sleep } from './house.mjs'
import { make_issuer } from './issuer.mjs'
import { start_nginx } from './nginx.mjs'
import { start_redis } from './redis.mjs'
import { back_client, query } from './stage.mjs'

// `timeout` and 10 s make the lease: how late what a dead worker held arrives, but for the second of a tick.
const policy = (more) => `delivery ${Object.entries({ wait: 0, timeout: '5s', concurrency: 8, first: '1s', max: '2s', ...more })
  .map(([name, value]) => `${name}=${value}`).join(' ')};`

// Sessions as [how many, clients of each]; the clients of the narrow ones take turns.
function sessions_of(shapes, clients) {
  let turn = 0
  return shapes.flatMap(([count, width], shape) => Array.from({ length: count }, (_, i) => ({
    sid: `sid-${shape}-${i}`, sub: `user-${shape}-${i}`,
    clients: Array.from({ length: width }, () => clients[turn++ % clients.length]),
  })))
}

async function in_turn(items, at_once, act) {
  const rest = [...items]
  await Promise.all(Array.from({ length: at_once }, async () => {
    for (let item; (item = rest.shift());) await act(item)
  }))
}

export class FaultStage {
  front = null  // the nginx that users reach
  begin = 0

  static async set(test, town, street, fault) {
    const stage = new FaultStage()
    await stage.#build(new House(test), town, street, fault)
    await stage.#register()
    return stage
  }

  async #build(house, town, street, { sessions, hosts = 1, redis = {}, delivery = {}, link = (house, redis) => redis, door, ...how }) {
    const [host, other_host] = ['127.0.0.1', '127.0.0.4']
    const port = await free_port(host)
    this.house = house
    this.behave = (manner) => town.behave(street, manner)
    this.behave({})
    this.issuer = await make_issuer(`http://${host}:${port}`)
    this.clients = town.hosts.map((at, i) => back_client(`app-${i}`, `http://${at}:${town.port}/${street}`,
                                                         { id_token_signed_response_alg: i % 4 ? 'ES256' : 'RS256' }))
    this.sessions = sessions_of(sessions, this.clients)
    this.redis = await start_redis(house, redis)
    const store = await link(house, this.redis)
    if (door) {  // another way in
      const listen = `${host}:${await free_port(host)}`
      this.door = `http://${listen}`
      how.locations = `listen ${listen} ${door};`
    }
    const start = (name, host, port) => start_nginx(house, { ...how, name, host, port, redis: store, issuer: this.issuer, access_log: 'off',
                                                             clients: this.clients, provider: policy(delivery) })
    this.one = this.front = await start('nginx-one', host, port)
    this.two = hosts > 1 ? await start('nginx-two', other_host, await free_port(other_host)) : null
    const { body } = await send(`${this.one.url}/slo/jwks`)
    this.checker = new Checker({ issuer: this.issuer.issuer, jwks: JSON.parse(body),
                                 client_at: (at) => `app-${town.hosts.indexOf(at)}` })
    town.visit(street, (reception) => this.checker.hear(reception))
  }

  async #register() {
    const agent = new Agent({ keepAlive: true })
    const logins = this.sessions.flatMap(({ sid, sub, clients }) => clients.map(({ client_id }) => ({ client_id, sid, sub })))
    await in_turn(logins, 8, async (login) => {
      const { status, body } = await this.one.register(login, agent)
      assert.equal(status, 201, body)
      this.checker.owe(login.client_id, login.sid, login.sub)
    })
    agent.destroy()
  }

  async logout_path({ sid, sub, clients: [client] }) {
    const id_token_hint = await this.issuer.id_token({ aud: client.client_id, sub, sid }, { alg: client.id_token_signed_response_alg })
    return `/logout?${query({ id_token_hint, post_logout_redirect_uri: client.post_logout_redirect_uris[0] })}`
  }

  // As a user does: again, until the answer says that it is done.
  async log_out(session) {
    const path = await this.logout_path(session)
    for (;;) {
      const answer = await send(this.front.url + path, { timeout: 3000 }).catch(() => null)
      if (answer?.status === 303) return
      assert.ok(answer === null || answer.status >= 500, `${answer?.status} ${answer?.body}`)
      await sleep(100)
    }
  }

  log_everybody_out(act = (session) => this.log_out(session)) {
    this.begin = Date.now()
    return in_turn(this.sessions, 8, act)
  }

  // Until that part of what is owed has arrived.
  arrived(part) {
    return eventually(`${part} of ${this.checker.owed} have arrived`, () => this.checker.told >= part * this.checker.owed,
                      { within: 40_000, every: 3 })
  }

  async settled() {
    const nginx = this.front
    const nothing = () => nginx.metrics().then((text) => /^slo_deliveries_pending\S* 0$/m.test(text))
    await eventually('all that is owed has arrived', () => this.checker.received === this.checker.owed, { within: 90_000 })
      .catch(() => {})  // the verdict says what is missing
    await eventually('the store owes nothing', nothing, { within: 30_000, every: 200 }).catch(() => {})
    const pending = await nginx.deliveries('pending')
    const dead = await nginx.deliveries('dead')
    assert.match(await nginx.metrics(), /^slo_deliveries_dead\S* 0$/m)
    await in_turn(this.sessions, 8, async ({ sid }) => assert.notEqual((await nginx.session(sid)).json.ended, undefined, sid))
    return { ...await this.checker.verdict(), pending, dead, broken: this.#broken_lines() }
  }

  // What no fault of others excuses: a worker that crashed, an error of ours.
  #broken_lines() {
    const logs = [this.one, this.two].map((nginx) => nginx?.log() ?? '').join('')
    return logs.split('\n').filter((line) => /exited on signal (?!9\b)|slo: unexpected|\[(crit|emerg)\]/.test(line))
  }

  last_after() { return (this.checker.last - this.begin) / 1000 }
}
