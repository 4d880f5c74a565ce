// SPDX-License-Identifier: BSD-2-Clause
// Hints that are encrypted to the OP: they end sessions, and garbage that looks like them holds nobody up.
import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { CompactEncrypt, base64url } from 'jose'
import { send } from './parts/browser_jar.mjs'
import { House, eventually } from './parts/house.mjs'
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

// A connection that is made now and asks later; `answer` is all that came until the other side closed.
const prepared = async ({ hostname, port }) => {
  const socket = connect({ host: hostname, port })
  await once(socket, 'connect')
  return { say: (target) => new Promise((done) => socket.write(`GET ${target} HTTP/1.1\r\nHost: op\r\nConnection: close\r\n\r\n`, done)), answer: text(socket) }
}

// The worker meets them all in one turn of its event loop, since they are there before it goes on.
async function ask_at_once(nginx, targets) {
  const calls = await Promise.all(targets.map(() => prepared(new URL(nginx.url))))
  assert.equal((await send(`${nginx.url}/idle`)).status, 204)  // and so has accepted those before
  const [worker] = nginx.workers()
  process.kill(worker, 'SIGSTOP')
  try {
    await eventually('the worker stands still', () => /^State:\s*T/m.test(readFileSync(`/proc/${worker}/status`, 'utf8')))
    for (const [i, { say }] of calls.entries()) await say(targets[i])
  } finally { process.kill(worker, 'SIGCONT') }
  return Promise.all(calls.map(({ answer }) => answer))
}

const statuses_of = (texts) => texts.map((text) => Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]))

test('a flood of garbage is bounded: 64 wait beside those that run, the others are told to try again, and who sends none waits for none', { timeout: 60_000 }, async (t) => {
  const { nginx, house } = await settle(new House(t))
  assert.equal((await send(`${nginx.url}/idle`)).status, 204)  // the worker is there
  const [, mask] = /^Cpus_allowed:\s*(\S+)/m.exec(readFileSync(`/proc/${nginx.workers()[0]}/status`, 'utf8'))
  const processors = BigInt(`0x${mask.replaceAll(',', '')}`).toString(2).replaceAll('0', '').length
  const hints = processors + 64 + 30
  const targets = [...Array.from({ length: hints }, () => `/logout?${query({ id_token_hint: garbage() })}`), ...Array(20).fill('/idle')]
  for (let flood = 0; flood < 2; ++flood) {  // a second one finds as much room as the first
    const logged_before = house.read('nginx/access.log').length
    const answers = await ask_at_once(nginx, targets)
    assert.deepEqual(statuses_of(answers), [...Array(processors + 64).fill(400), ...Array(30).fill(503), ...Array(20).fill(204)])
    for (const answer of answers.slice(processors + 64, hints)) assert.match(answer, /\r\nRetry-After: 5\r\n/)
    // Nothing is told of what threads did before all have been met: whoever needs no key is answered in that turn.
    const logged = house.read('nginx/access.log').slice(logged_before).trim().split('\n').map((line) => Number(/HTTP\/1\.1" (\d+)/.exec(line)[1]))
    assert.deepEqual(logged, [204, ...Array(30).fill(503), ...Array(20).fill(204), ...Array(processors + 64).fill(400)])
  }
  assert.match(nginx.log(), /refused an encrypted hint, since too many wait to be decrypted/)
})
