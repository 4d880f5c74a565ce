// SPDX-License-Identifier: BSD-2-Clause
// Clients that hang, refuse, reset, redirect or talk without end: the user is not kept, and what can be completed is.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { send } from './parts/browser_jar.mjs'
import { House, eventually, free_port } from './parts/house.mjs'
import { manners, start_receiver } from './parts/receivers.mjs'
import { back_client, set_stage } from './parts/stage.mjs'
import { our_lines, start_table } from './parts/table.mjs'

const policy = 'delivery wait=300ms timeout=3s attempts=3 first=1s max=2s;'

// name, manner, how it ends, posts that it takes
const rows = [
  ['answers 200', manners.obeying, 'delivered', 1],
  ['answers 204', manners.without_content, 'delivered', 1],
  ['talks without end', manners.talking_without_end, 'delivered', 1],
  ['hangs once', manners.first(manners.hanging), 'delivered', 2],
  ['resets once', manners.first(manners.resetting), 'delivered', 2],
  ['answers 500 twice', manners.first(manners.failing, 2), 'delivered', 3],
  ['speaks nonsense once', manners.first(manners.speaking_nonsense), 'delivered', 2],
  ['refuses connections, then listens', null, 'delivered', 1],
  ['redirects', manners.redirecting, 'dead', 1],
  ['answers 400', manners.refusing_the_token, 'dead', 1],
  ['answers 500 for ever', manners.failing, 'dead', 3],
]

test('receivers behave badly, one session each', { timeout: 60_000 }, async (t) => {
  const house = new House(t)
  const cases = []
  for (const [i, [what, manner, end, posts]] of rows.entries()) {
    const host = `127.0.6.${i + 1}`
    const receiver = manner ? await start_receiver(house, { host, behave: manner }) : { port: await free_port(host), requests: [] }
    cases.push({ id: `app-${i}`, host, what, manner, end, posts, receiver })
  }
  const clients = cases.map(({ id, host, receiver }) => back_client(id, `http://${host}:${receiver.port}`))
  const { nginx, hint, logout_url } = await set_stage(house, { clients, provider: policy })
  const table = start_table(t, ['receiver', 'user sees', 'after', 'delivery', 'posts', 'last error', 'log'])
  const of = (deliveries, id) => deliveries.find(({ client_id }) => client_id === id)

  for (const row of cases) {
    row.sid = `sid-of-${row.id}`
    await nginx.register({ client_id: row.id, sid: row.sid, sub: 'ann' })
    const url = logout_url({ id_token_hint: await hint({ aud: row.id, sub: 'ann', sid: row.sid }),
                             post_logout_redirect_uri: `http://${row.host}:${row.receiver.port}/bye` })
    const begin = Date.now()
    row.answer = await send(url)
    row.waited = Date.now() - begin
    if (!row.manner) row.receiver = await start_receiver(house, { host: row.host, port: row.receiver.port })
  }
  await eventually('all is settled', async () => (await nginx.deliveries('pending')).length === 0, { within: 40_000 })
  const dead = await nginx.deliveries('dead')
  for (const row of cases) {
    await t.test(row.what, () => {
      const letter = of(dead, row.id)
      const lines = our_lines(nginx.log()).filter(({ said }) => said.includes(`"${row.id}"`))
      const levels = lines.map(({ level }) => level)
      table.row(row.what, row.answer.status, `${row.waited} ms`, letter ? 'dead letter' : 'delivered',
                row.receiver.requests.length, letter?.last_error ?? '-', [...new Set(levels)].join(' ') || '-')
      const refused = row.end === 'dead' && row.posts === 1
      assert.equal(row.answer.status, refused ? 200 : 303, 'who refused for good is shown, nobody else holds the user up')
      assert.ok(row.waited < 2500, `the user waited ${row.waited} ms, almost until the first attempt was given up`)
      assert.equal(letter ? 'dead' : 'delivered', row.end)
      assert.equal(row.receiver.requests.length, row.posts)
      assert.ok(row.receiver.requests.every(({ method, url }) => method === 'POST' && url === '/back'), 'redirects are not followed')
      const loud = lines.filter(({ level }) => ['error', 'crit', 'alert', 'emerg'].includes(level))
      assert.ok(loud.every(({ said }) => said.includes('gave up a delivery')), 'others cannot fill our error level')
      assert.equal(loud.length, row.end === 'dead' ? 1 : 0, 'a logout that is lost is an error, once')
    })
  }
})
