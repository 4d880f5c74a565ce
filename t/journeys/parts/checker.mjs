// SPDX-License-Identifier: BSD-2-Clause
// Knows what is owed to whom, looks at every logout token that arrives, and says in the end what was lost, misdirected,
// forged or told twice. Believes nothing but the published keys.
import { createLocalJWKSet, jwtVerify } from 'jose'

const event = 'http://schemas.openid.net/event/backchannel-logout'
const key_of = (client, sid) => JSON.stringify([client, sid])

export class Checker {
  #owed = new Map()  // client and sid -> sub
  #arrived = new Map()  // the same -> when first
  #jtis = new Map()  // jti -> whose
  #looked = Promise.resolve()  // one after the other, as they came
  #keys
  #issuer
  #client_at
  told = 0  // receptions that were answered well, not yet looked at included
  refused = 0  // tokens that their receiver did not take
  duplicates = 0
  wrong = []
  unknown = []
  last = 0

  // jwks: as our nginx publishes it; client_at: from a receiver's address to its client.
  constructor({ issuer, jwks, client_at }) {
    this.#issuer = issuer
    this.#keys = createLocalJWKSet(jwks)
    this.#client_at = client_at
  }

  owe(client, sid, sub) { this.#owed.set(key_of(client, sid), sub) }
  get owed() { return this.#owed.size }
  get received() { return this.#arrived.size }

  hear(reception) {
    if (reception.status === 200) ++this.told
    this.#looked = this.#looked.then(() => this.#look(reception))
      .catch((error) => this.unknown.push(`${reception.host}: ${error.code ?? error.message}`))
  }

  async #look({ host, at, status, method, type, body }) {
    const here = this.#client_at(host)
    if (method !== 'POST' || type !== 'application/x-www-form-urlencoded') throw new Error(`${method} of ${type}`)
    const { payload } = await jwtVerify(new URLSearchParams(body).get('logout_token'), this.#keys,
                                        { issuer: this.#issuer, typ: 'logout+jwt', requiredClaims: ['iat', 'exp', 'jti', 'sid', 'events'] })
    if (String(payload.aud) !== here) return this.wrong.push(`${host}: a token for ${payload.aud}`)
    const key = key_of(here, payload.sid)
    if (!this.#owed.has(key)) return this.wrong.push(`${host}: nobody owed it ${payload.sid}`)
    if (payload.sub !== this.#owed.get(key)) throw new Error(`sub is ${payload.sub}`)
    if (JSON.stringify(payload.events) !== JSON.stringify({ [event]: {} }) || 'nonce' in payload) throw new Error('no logout token')
    if ((this.#jtis.get(payload.jti) ?? key) !== key) throw new Error('a jti for two deliveries')
    this.#jtis.set(payload.jti, key)
    if (status !== 200) return ++this.refused
    if (this.#arrived.has(key)) return ++this.duplicates
    this.#arrived.set(key, at)
    this.last = Math.max(this.last, at)
  }

  // Everything that was heard is looked at before anything is said.
  async verdict() {
    await this.#looked
    const lost = [...this.#owed.keys()].filter((key) => !this.#arrived.has(key))
    return { owed: this.owed, received: this.received, duplicates: this.duplicates, lost, wrong: this.wrong, unknown: this.unknown }
  }
}
