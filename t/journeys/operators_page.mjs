// SPDX-License-Identifier: BSD-2-Clause
// The operators' page in Chromium without scripts: a dead letter is sent again and arrives, another is dropped, a user's sessions end.
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { test } from 'node:test'
import { send } from './parts/browser_jar.mjs'
import { start_chromium } from './parts/chromium.mjs'
import { House, eventually } from './parts/house.mjs'
import { manners, start_receiver } from './parts/receivers.mjs'
import { back_client, set_stage } from './parts/stage.mjs'

const in_time = { timeout: 120_000 }
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const pictures = `${dirname(process.env.SLO_MODULE)}/pictures`
mkdirSync(pictures, { recursive: true })

const long_subject = `${'a-very-long-subject-without-a-space'.repeat(4)}@directory.example.org`
const long_client = `app-${'with-a-very-long-name-'.repeat(4)}`

async function settle(t) {
  const house = new House(t)
  const manner = {}
  const apps = await start_receiver(house, { behave: (request, answer, count) =>
    (manner[request.url.split('/')[1]] ?? manners.obeying)(request, answer, count) })
  const clients = ['wiki', 'shop', 'mail', long_client].map((name) => back_client(name, `${apps.url}/${name}`))
  const stage = await set_stage(house, { clients, workers: 1, provider: 'delivery first=60s;', access_log: 'access.log',
    locations: 'location /slo/ { slo_api write=on; } location /look/ { slo_api; }' })
  const page = await (await start_chromium(house)).new_page()
  await page.without_scripts()
  await page.appear({ width: 1280, scheme: 'light' })
  return { ...stage, apps, manner, page, address: `${stage.nginx.url}/slo/` }
}

const shows = (page, text) => eventually(`the page shows ${text}`, () => page.read(`document.body.innerText.includes(${JSON.stringify(text)})`))
const told = ({ apps }, name) => apps.requests.filter(({ url }) => url === `/${name}/back`).length

// Two dead letters, two that are owed, a user with a live session and an ended one.
async function fill(stage) {
  Object.assign(stage.manner, { wiki: manners.refusing_the_token, shop: manners.failing, [long_client]: manners.refusing_the_token })
  for (const client_id of ['wiki', 'shop', long_client]) await stage.nginx.register({ client_id, sid: 's1', sub: long_subject })
  await stage.nginx.register({ client_id: 'shop', sid: 's2', sub: 'bob' })
  for (const sid of ['s1', 's2']) await stage.nginx.ask('DELETE', `sessions/${sid}`)
  for (const client_id of ['mail', 'wiki']) await stage.nginx.register({ client_id, sid: 's3', sub: long_subject })
  await eventually('two are dead', async () => (await stage.nginx.deliveries('dead')).length === 2)
  await eventually('two failed', async () => (await stage.nginx.deliveries('pending')).filter(({ error }) => error).length === 2)
}

async function assert_fine(page, name) {
  for (const scheme of ['light', 'dark']) {
    for (const width of [360, 1280]) {
      await page.appear({ width, scheme })
      await page.without_scripts(false)  // axe is one; the page has none
      const { violations, incomplete } = await page.run(`${axe}; axe.run(document, { resultTypes: ['violations', 'incomplete'] })
        .then(({ violations, incomplete }) => ({ violations, incomplete }))`)
      const told = (results) => results.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
      assert.deepEqual(told(violations), [], `${name}, ${width} px, ${scheme}`)
      assert.deepEqual(told(incomplete), [], `${name}, ${width} px, ${scheme}: nobody can tell`)
      assert.ok(await page.run('document.documentElement.scrollWidth <= window.innerWidth'), `${name} scrolls sideways at ${width} px`)
      await page.without_scripts()
      await page.whole_picture(`${pictures}/operators-${name}-${width}-${scheme}.png`)
    }
  }
  await page.appear({ width: 1280, scheme: 'light' })
}

test('it is readable on phones and wide screens, light and dark, and axe finds nothing', in_time, async (t) => {
  const stage = await settle(t)
  await stage.page.goto(stage.address)
  await shows(stage.page, 'Nothing is owed.')
  await assert_fine(stage.page, 'empty')
  await fill(stage)
  await stage.page.goto(`${stage.address}?sub=${encodeURIComponent(long_subject)}`)
  await shows(stage.page, '2 dead letters.')
  for (const summary of ['form ~ details summary', '.cards details summary']) await stage.page.press(summary)
  await assert_fine(stage.page, 'full')
  await stage.page.goto(`${stage.nginx.url}/look/`)
  await shows(stage.page, 'This page only shows')
  assert.equal(await stage.page.read(`document.querySelectorAll('form[method=post]').length`), 0)
  await stage.page.goto(`${stage.address}?provider=nobody`)
  await shows(stage.page, 'no such slo_provider')
  await assert_fine(stage.page, 'refused')
  assert.deepEqual(stage.page.complaints.filter((words) => !/404|favicon/.test(words)), [], 'not even of the policy')
})

test('a dead letter is sent again by its button and arrives, another is dropped', in_time, async (t) => {
  const stage = await settle(t)
  await fill(stage)
  stage.manner.wiki = manners.obeying
  const before = told(stage, 'wiki')
  await stage.page.goto(stage.address)
  await shows(stage.page, '400 invalid_request')
  await stage.page.press('[aria-label="Send again to wiki"]')
  await shows(stage.page, 'The logout for wiki was put back into the queue.')
  await eventually('it arrives', () => told(stage, 'wiki') === before + 1)
  assert.match(await stage.page.address(), /\/slo\/\?provider=main&notice=/, 'a reload repeats nothing')

  const drop = `[aria-label="Drop it, what is owed to ${long_client}"]`
  await stage.page.press('.cards details summary')
  await stage.page.press(drop)
  await shows(stage.page, `The logout for ${long_client} was dropped`)
  await shows(stage.page, 'There are none.')
  assert.deepEqual(await stage.nginx.deliveries('dead'), [])
  assert.match(stage.nginx.log(), /API write: POST delivery retry, delivery #\S+: 200/)
  assert.match(stage.nginx.log(), /API write: DELETE delivery, delivery #\S+: 200/)
})

test('all dead letters of a client are sent again by one button, and nobody else\'s', in_time, async (t) => {
  const stage = await settle(t)
  stage.manner.wiki = stage.manner.mail = manners.refusing_the_token
  for (const sid of ['s1', 's2', 's3']) await stage.nginx.register({ client_id: 'wiki', sid, sub: 'ann' })
  await stage.nginx.register({ client_id: 'mail', sid: 's1', sub: 'ann' })
  for (const sid of ['s1', 's2', 's3']) await stage.nginx.ask('DELETE', `sessions/${sid}`)
  await eventually('four are dead', async () => (await stage.nginx.deliveries('dead')).length === 4)
  stage.manner.wiki = stage.manner.mail = manners.obeying
  await stage.page.goto(stage.address)
  await shows(stage.page, '4 dead letters.')
  await stage.page.press('[aria-label="Send all again to wiki"]')
  await shows(stage.page, '3 logouts for wiki put back into the queue.')
  await eventually('they arrive', () => told(stage, 'wiki') === 6)
  assert.equal(told(stage, 'mail'), 1)
  await shows(stage.page, '1 dead letter.')
})

test('a user is searched for, all of his sessions end, and his relying parties are told', in_time, async (t) => {
  const stage = await settle(t)
  for (const sid of ['s1', 's2']) await stage.nginx.register({ client_id: 'mail', sid, sub: 'ann & co' })
  await stage.nginx.register({ client_id: 'mail', sid: 's3', sub: 'bob' })
  await stage.page.goto(stage.address)
  await shows(stage.page, 'Nothing is owed.')
  await stage.page.read(`document.querySelector('#sub').value = 'ann & co'`)
  await stage.page.press('form[method=get] button')
  await shows(stage.page, 'live')
  await stage.page.press('form ~ details summary')
  await stage.page.press('button[value=end]')
  await shows(stage.page, '2 sessions ended.')
  await eventually('both logouts arrive', () => told(stage, 'mail') === 2)
  for (const sid of ['s1', 's2']) assert.equal((await stage.nginx.session(sid)).json.state, 'ended')
  assert.equal((await stage.nginx.session('s3')).json.state, 'live', 'another user\'s')
  assert.deepEqual(stage.page.complaints.filter((words) => !/favicon/.test(words)), [])
  const logs = stage.nginx.log() + stage.house.read('nginx/access.log')
  assert.doesNotMatch(logs, /ann(%20| |\+)(%26|&)/, 'neither log holds the subject, not even as a referrer')
})

test('another site\'s page presses no button, with a ticket of its own or without', in_time, async (t) => {
  const stage = await settle(t)
  await stage.nginx.register({ client_id: 'mail', sid: 's1', sub: 'ann' })
  const page_of = await send(`${stage.address}?sub=ann`)
  const ticket = /name="ticket" value="([^"]+)"/.exec(page_of.body)[1]
  const foreign = await start_receiver(stage.house, { host: '127.0.0.9', behave: (request, answer) =>
    answer.writeHead(200, { 'content-type': 'text/html' }).end(`<form method=post action="${stage.address}">
      <input name=provider value=main><input name=ticket value="${ticket}"><input name=sub value=ann><button name=do value=end>Win</button></form>`) })
  await stage.page.goto(foreign.url)
  await shows(stage.page, 'Win')
  await stage.page.press('button')
  await shows(stage.page, 'This request came from another site.')
  assert.equal((await stage.nginx.session('s1')).json.state, 'live')
})

test('without its store the page says so, and with it again it shows everything', in_time, async (t) => {
  const stage = await settle(t)
  await stage.page.goto(stage.address)
  await shows(stage.page, 'Nothing is owed.')
  await stage.redis.stop()
  await eventually('it is noticed', async () => (await send(stage.address)).body.includes('The store cannot be reached.'))
  await stage.page.goto(stage.address)
  await shows(stage.page, 'While the store is away, sessions and deliveries cannot be shown.')
  await assert_fine(stage.page, 'away')
})
