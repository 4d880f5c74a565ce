// SPDX-License-Identifier: BSD-2-Clause
// A Redis that loses what it was told: one line and one count for each host, a page that claims nothing, and work goes on.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { read_form, send } from './parts/browser_jar.mjs'
import { House, eventually, sleep } from './parts/house.mjs'
import { manners, start_receiver } from './parts/receivers.mjs'
import { back_client, set_stage } from './parts/stage.mjs'
import { our_lines } from './parts/table.mjs'

const emptied = /store "[^"]*" was emptied or replaced: sessions registered before are unknown, and their relying parties cannot be told/

const title_of = (page) => /<h1[^>]*>([^<]*)/.exec(page)?.[1]

async function settle(t) {
  const house = new House(t)
  const app = await start_receiver(house)
  const stage = await set_stage(house, { clients: [back_client('app', app.url)], workers: 2, store: 'timeout=2s' })
  const { nginx, hint, logout_url } = stage
  return {
    ...stage, app,
    log_in: async (name) => {
      assert.equal((await nginx.register({ client_id: 'app', sid: name, sub: name, session_cookie: `cookie-of-${name}` })).status, 201)
    },
    // What he reads, first and, where he is asked, after a yes.
    log_out: async (name, cookie = `_session=cookie-of-${name}`) => {
      const id_token_hint = await hint({ aud: 'app', sub: name, sid: name })
      const first = await send(logout_url({ id_token_hint }), { headers: { accept: 'text/html', ...(cookie && { cookie }) } })
      assert.equal(first.status, 200)
      if (!first.body.includes('<form')) return [title_of(first.body)]
      const crumbs = [cookie, ...(first.headers['set-cookie'] ?? []).map((line) => line.split(';')[0])].filter(Boolean).join('; ')
      const second = await send(nginx.logout, { method: 'POST', form: { ...read_form(first.body).fields, choice: 'yes' },
                                                headers: { accept: 'text/html', cookie: crumbs, origin: nginx.url } })
      return [title_of(first.body), title_of(second.body)]
    },
    lines: () => our_lines(nginx.log()).filter(({ level, said }) => level === 'error' && emptied.test(said)).length,
    counted: async () => Number(/^slo_store_emptied_total (\d+)$/m.exec(await nginx.metrics())[1]),
    both_are_up: () => eventually('every worker sees the store', () => nginx.every_worker_sees_the_store()),
  }
}

test('each emptying is one line and one count of a host, and work goes on', { timeout: 120_000 }, async (t) => {
  const { redis, nginx, app, log_in, log_out, lines, counted, both_are_up } = await settle(t)
  const told = async (name, count) => {
    await log_in(name)
    assert.deepEqual(await log_out(name), ['You are signed out'])
    await eventually(`${name} is told`, () => app.requests.length === count)
  }
  await both_are_up()
  await told('ann', 1)
  await log_in('bob')
  await redis.ask('flushall')
  await eventually('a line', () => lines() === 1, { within: 3000 })
  assert.deepEqual(await log_out('bob'), ['Sign out?', 'The sign-in was removed'])
  assert.deepEqual(await log_out('bob', ''), ['It is not known whether you are signed in'])
  assert.match(await nginx.metrics(), /^slo_logouts_unknown_total 2$/m)
  assert.equal(app.requests.length, 1)
  await told('cleo', 2)
  await sleep(2500)  // the other worker has seen it, too
  assert.deepEqual([lines(), await counted()], [1, 1])

  await redis.kill()
  await redis.start_without_its_files()
  await eventually('another line', () => lines() === 2)
  await both_are_up()
  await told('dora', 3)
  await sleep(2500)
  assert.deepEqual([lines(), await counted()], [2, 2])

  await log_in('emil')
  await redis.kill()
  await redis.start_again()
  await eventually('they noticed', () => (nginx.log().match(/is reachable/g) ?? []).length >= 6)
  await both_are_up()
  assert.deepEqual(await log_out('emil'), ['You are signed out'])
  await eventually('emil is told', () => app.requests.length === 4)
  assert.deepEqual([lines(), await counted()], [2, 2], 'a Redis that comes back with its file is the same')

  const workers = nginx.workers()
  process.kill(nginx.child.pid, 'SIGHUP')
  await eventually('new workers', () => nginx.workers().length === 2 && !nginx.workers().some((pid) => workers.includes(pid)))
  await both_are_up()
  await redis.ask('flushall')
  await eventually('a third line', () => lines() === 3)
  await sleep(2500)
  assert.deepEqual([lines(), await counted()], [3, 3], 'knowledge outlives a reload')
})

test('a registration is not spared a store that was emptied a moment ago', { timeout: 60_000 }, async (t) => {
  const { redis, log_in, log_out, lines, both_are_up, nginx } = await settle(t)
  await both_are_up()
  await log_in('ann')
  await redis.ask('flushall')
  await eventually('a line', () => lines() === 1)
  await log_in('ann')
  assert.equal((await nginx.session('ann')).status, 200)
  assert.deepEqual(await log_out('ann'), ['You are signed out'])
})

test('a verdict that the store does not know any more says so', { timeout: 60_000 }, async (t) => {
  const { redis, nginx, app, log_in, log_out, both_are_up } = await settle(t)
  await both_are_up()
  app.behave = manners.slow(2500)
  await log_in('ann')
  await log_out('ann')
  await redis.ask('flushall')
  const said = /slo: 1 deliveries were not ours to settle any more: another worker has them, or the store lost them/
  await eventually('the line', () => said.test(nginx.log()))
})
