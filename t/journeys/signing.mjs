// SPDX-License-Identifier: BSD-2-Clause
// Who signs: a pool of threads where a signature is slow or many wait, the worker itself where not; and what a worker that is
// told to quit in the middle of it leaves undone.
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { send } from './parts/browser_jar.mjs'
import { House, eventually } from './parts/house.mjs'
import { start_receiver } from './parts/receivers.mjs'
import { back_client, set_stage } from './parts/stage.mjs'

const hosts = Array.from({ length: 100 }, (_, i) => `127.0.6.${i + 1}`)

async function settle(t, { alg, ...how }) {
  const house = new House(t)
  const apps = await start_receiver(house, { host: hosts[0], also: hosts.slice(1) })
  const clients = hosts.map((host, i) => back_client(`app-${i}`, `http://${host}:${apps.port}`, { id_token_signed_response_alg: alg }))
  const stage = await set_stage(house, { clients, workers: 1, ...how })
  const log_out = async (sid) => {
    for (const { client_id } of clients) await stage.nginx.register({ client_id, sid, sub: 'ann' })
    const answer = await send(stage.logout_url({ id_token_hint: await stage.hint({ aud: 'app-0', sub: 'ann', sid }, { alg }) }))
    assert.equal(answer.status, 200, answer.body)
  }
  return { ...stage, apps, log_out }
}

const told = ({ apps }) => new Set(apps.requests.map(({ host }) => host)).size

for (const { what, alg, more, main, threads } of [
  { what: 'RS256 in nginx\'s default pool', alg: 'RS256', more: '', threads: 32 },
  { what: 'RS256 in a pool of its own', alg: 'RS256', more: 'threads=signers', main: 'thread_pool signers threads=2;', threads: 2 },
  { what: 'RS256 without threads', alg: 'RS256', more: 'threads=off', threads: 0 },
  { what: 'ES256, which needs no threads', alg: 'ES256', more: '', threads: 0 },
  { what: 'ES256 in a pool that was asked for', alg: 'ES256', more: 'threads=signers', main: 'thread_pool signers threads=2;', threads: 2 },
]) {
  test(`a hundred tokens are signed: ${what}`, { timeout: 60_000 }, async (t) => {
    const stage = await settle(t, { alg, main, provider: `delivery wait=5s ${more};` })
    await stage.log_out('s1')
    assert.equal(told(stage), hosts.length)
    assert.equal(stage.apps.requests.length, hosts.length, 'nobody is told twice')
    const algorithms = stage.apps.requests.map(({ body }) => {
      const [head] = new URLSearchParams(body).get('logout_token').split('.')
      return JSON.parse(Buffer.from(head, 'base64url')).alg
    })
    assert.deepEqual([...new Set(algorithms)], [alg])
    const [worker] = stage.nginx.workers()
    assert.equal(readdirSync(`/proc/${worker}/task`).length - 1, threads, 'threads of the worker')
  })
}

test('a worker that is told to quit while threads sign leaves the rest to the next', { timeout: 60_000 }, async (t) => {
  const stage = await settle(t, { alg: 'RS256', provider: 'delivery wait=0 concurrency=16;' })
  const [old] = stage.nginx.workers()
  await stage.log_out('s1')
  process.kill(stage.nginx.child.pid, 'SIGHUP')
  await eventually('all are told', () => told(stage) === hosts.length)
  await eventually('the old worker is gone', () => !stage.nginx.workers().includes(old))
  await eventually('nothing is owed', async () => (await stage.nginx.deliveries('pending')).length === 0)
  assert.deepEqual(await stage.nginx.deliveries('dead'), [])
  assert.equal(stage.apps.requests.length, hosts.length, 'nobody is told twice')
  assert.doesNotMatch(stage.nginx.log(), /\[(crit|alert|emerg)\]/)
})
