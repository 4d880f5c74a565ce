// SPDX-License-Identifier: BSD-2-Clause
// Hints that are encrypted to the OP: they end sessions, and garbage that looks like them holds nobody up.
import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { CompactEncrypt, base64url } from 'jose'
import { send } from './parts/browser_jar.mjs'
import { House } from './parts/house.mjs'
import { start_receiver } from './parts/receivers.mjs'
import { back_client, query, set_stage } from './parts/stage.mjs'

const encryption_pair = (kid) => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { kid, publicKey, pem: privateKey.export({ format: 'pem', type: 'pkcs8' }),
           jwk: { ...createPublicKey(privateKey).export({ format: 'jwk' }), kid, use: 'enc', alg: 'RSA-OAEP' } }
}

const encrypted = (token, pair, header = {}) => new CompactEncrypt(new TextEncoder().encode(token))
  .setProtectedHeader({ alg: 'RSA-OAEP', enc: 'A256GCM', cty: 'JWT', ...header }).encrypt(pair.publicKey)

// The right sizes, and nothing that any key opens.
const garbage = (header = {}) => [
  base64url.encode(JSON.stringify({ alg: 'RSA-OAEP', enc: 'A256GCM', ...header })), base64url.encode(crypto.getRandomValues(new Uint8Array(256)).fill(7, 0, 1)),
  base64url.encode(new Uint8Array(12)), base64url.encode(new Uint8Array(40)), base64url.encode(new Uint8Array(16)),
].join('.')

// nginx with four decryption keys, the last of which the OP publishes under a kid of its own.
async function settle(house, { main = '', provider = '' } = {}) {
  const app = await start_receiver(house)
  const pairs = ['one', 'two', 'three', 'enc-2026'].map(encryption_pair)
  const files = pairs.map(({ kid, pem }) => house.write(`${kid}.pem`, pem))
  const stage = await set_stage(house, { clients: [back_client('app', app.url)], workers: 1, main,
    published: [pairs[3].jwk],
    locations: 'location = /idle { return 204; }',
    provider: files.map((file) => `decryption_key ${file};`).join('\n') + provider })
  const ask = (hint) => send(`${stage.nginx.logout}?${query({ id_token_hint: hint })}`)
  return { ...stage, app, pairs, ask }
}

const pools = [['in a pool of threads', ''], ['in the event loop', 'delivery threads=off;']]

for (const [where, provider] of pools) {
  test(`an encrypted hint ends the session, opened ${where}`, { timeout: 60_000 }, async (t) => {
    const { nginx, hint, app, pairs, ask } = await settle(new House(t), { provider })
    const cases = [['that names no key', {}, 3], ["that names the OP's key", { kid: 'enc-2026' }, 3], ['of the first key', {}, 0]]
    for (const [what, header, pair] of cases) {
      const sid = `sid-${what.length}-${pair}`
      assert.equal((await nginx.register({ client_id: 'app', sid, sub: 'ann' })).status, 201)
      const told = app.requests.length
      const answer = await ask(await encrypted(await hint({ aud: 'app', sub: 'ann', sid }), pairs[pair], header))
      assert.equal(answer.status, 200, `${what}: ${answer.body}`)
      assert.notEqual((await nginx.session(sid)).json.ended, undefined, what)
      assert.equal(app.requests.length, told + 1, what)
    }
  })

  test(`what is no encrypted hint of ours is refused, ${where}`, { timeout: 60_000 }, async (t) => {
    const { hint, pairs, ask } = await settle(new House(t), { provider })
    const token = await hint({ aud: 'app', sub: 'ann', sid: 's1' })
    for (const [what, bad] of [
      ['garbage', garbage()], ['garbage of a key', garbage({ kid: 'enc-2026' })], ['of no key of ours', garbage({ kid: 'nobody' })],
      ["a stranger's", await encrypted(token, encryption_pair('x'))], ['encrypted twice', await encrypted(await encrypted(token, pairs[0]), pairs[0])],
      ['a text', await encrypted('no token', pairs[0])],
    ]) {
      const answer = await ask(bad)
      assert.equal(answer.status, 400, what)
    }
  })
}

test('a browser that goes away while its hint is opened disturbs nobody', { timeout: 60_000 }, async (t) => {
  const { nginx, hint, pairs, ask, house } = await settle(new House(t))
  await nginx.register({ client_id: 'app', sid: 's1', sub: 'ann' })
  await Promise.all(Array.from({ length: 200 }, (_, i) => {
    const gone = new AbortController()
    setTimeout(() => gone.abort(), i % 7)
    return fetch(`${nginx.logout}?${query({ id_token_hint: garbage() })}`, { signal: gone.signal }).catch(() => {})
  }))
  const answer = await ask(await encrypted(await hint({ aud: 'app', sub: 'ann', sid: 's1' }), pairs[0]))
  assert.equal(answer.status, 200, answer.body)
  assert.doesNotMatch(nginx.log(), /\[(alert|emerg|crit)\]|slo: unexpected/)
})

test('a flood of garbage is bounded: who comes too late is told to try again, and others are not held up', { timeout: 120_000 }, async (t) => {
  const { nginx } = await settle(new House(t))
  let over = false
  const counts = {}
  const flood = Array.from({ length: 300 }, async () => {
    while (!over) {
      const answer = await fetch(`${nginx.logout}?${query({ id_token_hint: garbage() })}`)
      await answer.text()
      counts[answer.status] = (counts[answer.status] ?? 0) + 1
      if (answer.status === 503) assert.equal(answer.headers.get('retry-after'), '5')
    }
  })
  const waits = []
  for (let i = 0; i < 60; ++i) {
    const begin = performance.now()
    assert.equal((await send(`${nginx.url}/idle`)).status, 204)
    waits.push(performance.now() - begin)
  }
  over = true
  await Promise.all(flood)
  waits.sort((a, b) => a - b)
  console.log(`      ${JSON.stringify(counts)}; beside it: median ${waits[30].toFixed(1)} ms, most ${waits[59].toFixed(1)} ms`)
  assert.deepEqual(Object.keys(counts).sort(), ['400', '503'])
  assert.match(nginx.log(), /refused an encrypted hint, since too many wait to be decrypted/)
})
