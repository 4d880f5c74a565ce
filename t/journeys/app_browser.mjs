// SPDX-License-Identifier: BSD-2-Clause
// Applications' cookies in a real browser: gone from its jar when the session is over, of whatever path, domain and kind, and never a second user's.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { test } from 'node:test'
import { send } from './parts/browser_jar.mjs'
import { kinds, set_cookie_site, shows } from './parts/cookie_site.mjs'
import { House, eventually } from './parts/house.mjs'

const in_time = { timeout: 120_000 }
const pictures = `${dirname(process.env.SLO_MODULE)}/pictures`
mkdirSync(pictures, { recursive: true })
const picture = (page, name) => page.picture(`${pictures}/app-${name}.png`)

const names_in = async (page) => (await page.jar()).map(({ name }) => name).sort()
const of_app = Object.keys(kinds).filter((name) => name !== 'framed')

async function sign_in(stage, page, user, sid) {
  await page.put_cookie(`${stage.url}/`, 'id_token', await stage.issuer.id_token({ aud: 'gateway', sub: user, sid }))
  await page.put_cookie(`${stage.url}/`, 'user', user)
}

async function log_out_at_op(stage, sid) {
  const { status, body } = await send(`${stage.nginx.url}/slo/back`, { method: 'POST',
    form: { logout_token: await stage.issuer.logout_token({ aud: 'gateway', sid }) } })
  assert.equal(status, 200, body)
}

async function visit_all(stage, page, user) {
  for (const path of ['/app/', '/app/deep/']) {
    await page.goto(`${stage.url}${path}`)
    await shows(page, `welcome ${user}`)
  }
}

const assert_nothing_mixed_up = ({ app }) => {
  for (const { path, user, came } of app.seen)
    assert.deepEqual(came.filter(([name, owner]) => name in kinds && name !== 'untold' && owner !== user), [], `${path} of ${user}: cookies of another user`)
}

test('a logout leaves none of the application\'s cookies in the browser, and takes nobody else\'s', in_time, async (t) => {
  const stage = await set_cookie_site(new House(t))
  const page = await stage.chromium.new_page(), other = await stage.chromium.new_page()
  await sign_in(stage, page, 'ann', 's1')
  await sign_in(stage, other, 'bob', 's2')
  for (const [which, user] of [[page, 'ann'], [other, 'bob']]) {
    await visit_all(stage, which, user)
    assert.deepEqual(await names_in(which), [...of_app, 'id_token', 'user'].sort(), user)
  }
  await visit_all(stage, page, 'ann')
  await picture(page, 'signed-in')
  await log_out_at_op(stage, 's1')
  await page.goto(`${stage.url}/app/deep/`)  // where all of them are sent
  await shows(page, 'signed out')
  await picture(page, 'signed-out')
  assert.deepEqual(await names_in(page), ['untold', 'user'], 'what is left in her jar')
  assert.deepEqual(await names_in(other), [...of_app, 'id_token', 'user'].sort(), 'the other browser')
  await visit_all(stage, other, 'bob')
  await eventually('the application is called', () => stage.app.logouts.length === 1)
  const [told] = stage.app.logouts
  assert.deepEqual(told.map(([name]) => name).sort(), of_app.filter((name) => name !== 'untold').sort(), 'with all of her cookies, whatever their paths')
  assert.deepEqual(told.filter(([, owner]) => owner !== 'ann'), [])
  assert_nothing_mixed_up(stage)
})

// The frame's answer takes what browsers send with its request: nothing below another site, and nothing of deeper paths.
for (const [where, taken] of [['sso', ['__Host-id', 'chunk.0', 'chunk.1', 'id_token', 'wide']], ['portal', []]]) {
  test(`the frame of a front-channel logout on a page of ${where} takes ${taken.length} cookies, the next page the rest`, in_time, async (t) => {
    const stage = await set_cookie_site(new House(t))
    const page = await stage.chromium.new_page()
    await sign_in(stage, page, 'ann', 's1')
    await visit_all(stage, page, 'ann')
    await page.goto(`${stage[where]}/signed-out?${new URLSearchParams({ iss: stage.issuer.issuer, sid: 's1' })}`)
    await eventually('the application is called', () => stage.app.logouts.length === 1)
    assert.ok(stage.app.logouts[0].length > 0 && stage.app.logouts[0].every(([, owner]) => owner === 'ann'))
    const left = [...of_app, 'id_token', 'user'].filter((name) => !taken.includes(name)).sort()
    await eventually(`${left} are left`, async () => String(await names_in(page)) === String(left))
    await page.goto(`${stage.url}/app/deep/`)
    await shows(page, 'signed out')
    assert.deepEqual(await names_in(page), ['untold', 'user'], 'what is left in her jar')
  })
}

test('at a kiosk the second user never sees the application session of the first, who never logged out', in_time, async (t) => {
  const stage = await set_cookie_site(new House(t))
  const page = await stage.chromium.new_page()
  for (const [n, user] of ['ann', 'bob', 'cid', 'ann'].entries()) {
    await sign_in(stage, page, user, `s${n}`)
    for (let i = 0; i < 3; ++i) await visit_all(stage, page, user)
    await picture(page, `kiosk-${n}-${user}`)
    const owners = (await page.jar()).filter(({ name }) => name in kinds && name !== 'untold').map(({ name, value }) => [name, stage.app.owners.get(value)])
    assert.deepEqual(owners.filter(([, owner]) => owner !== user), [], `in the jar of ${user}`)
  }
  assert_nothing_mixed_up(stage)
  const kept_out = Number(/^slo_cookies_kept_out_total (\d+)$/m.exec(await stage.nginx.metrics())?.[1])
  assert.ok(kept_out >= 3 * 5, `${kept_out} cookies were kept out`)
})

test('a Partitioned cookie of a frame under another site goes as well, and the one beside it under its own site stays', in_time, async (t) => {
  const stage = await set_cookie_site(new House(t))
  const page = await stage.chromium.new_page()
  const framed = async () => (await page.jar()).filter(({ name }) => name === 'framed').map(({ partitionKey }) => partitionKey?.topLevelSite ?? '')
  const look = (url, sid) => page.goto(`${url}${url === stage.portal ? '/' : '/framed/'}?sid=${sid}&sub=${sid}`)
  await look(stage.portal, 's1')
  await eventually('the frame has its cookie', async () => (await framed()).length === 1)
  await look(stage.url, 's2')
  await eventually('the site has its own', async () => (await framed()).length === 2)
  const [of_frame, of_site] = [/other\.example/, /shop\.example/]
  assert.ok((await framed()).some((key) => of_frame.test(key)) && (await framed()).some((key) => of_site.test(key)), String(await framed()))
  await log_out_at_op(stage, 's1')
  await look(stage.portal, 's1')
  await eventually('the cookie of the frame is gone', async () => !(await framed()).some((key) => of_frame.test(key)))
  assert.ok((await framed()).some((key) => of_site.test(key)), 'the other stays')
  await look(stage.url, 's2')
  await shows(page, 'welcome undefined')
})
