// SPDX-License-Identifier: BSD-2-Clause
// What an attacker, a broken client or a broken store may send us, and what becomes of it: status, message, log level,
// and a session that is none the worse.
import assert from 'node:assert/strict'
import { createSign } from 'node:crypto'
import { test } from 'node:test'
import { send } from './parts/browser_jar.mjs'
import { House, eventually } from './parts/house.mjs'
import { make_issuer } from './parts/issuer.mjs'
import { start_receiver } from './parts/receivers.mjs'
import { back_client, query, set_stage } from './parts/stage.mjs'
import { our_lines, start_table } from './parts/table.mjs'

const base64url = (text) => Buffer.from(text).toString('base64url')
const claims = { aud: 'app', sub: 'ann', sid: 's1' }
const json = { accept: 'application/json' }

async function settle(t) {
  const house = new House(t)
  const app = await start_receiver(house)
  const other = back_client('other', 'http://127.0.0.9:9')
  const stage = await set_stage(house, { clients: [back_client('app', app.url), other], store: 'timeout=2s' })
  assert.equal((await stage.nginx.register({ client_id: 'app', sid: 's1', sub: 'ann', session_cookie: 'cookie-of-ann' })).status, 201)
  const stranger = await make_issuer('http://stranger.example')
  return { ...stage, app, stranger, table: start_table(t, ['input', 'status', 'code', 'message', 'log', 'session']) }
}

// Sends `input` with the user's cookie: {status, code, message, level}, and writes its row.
async function try_it({ nginx, table }, what, { url, ...options }, state) {
  const before_it = nginx.log().length
  const answer = await send(url, { ...options, headers: { ...json, cookie: '_session=cookie-of-ann', ...options.headers } })
  assert.equal(answer.location, undefined, `${what}: no redirect on an error`)
  const [{ level, said }] = await eventually(`a log line for ${what}`, () => {
    const lines = our_lines(nginx.log().slice(before_it)).filter(({ level }) => level !== 'notice')
    return lines.length ? lines : answer.status === 414 && [{ level: 'info', said: '(nginx)' }]
  })
  const { error, error_description } = answer.headers['content-type']?.includes('json') ? JSON.parse(answer.body) : {}
  table.row(what, answer.status, error ?? '-', error_description ?? "(nginx's own page)", level, await state())
  return { status: answer.status, code: error, level, said }
}

test('bad requests change nothing', { timeout: 60_000 }, async (t) => {
  const stage = await settle(t)
  const { issuer, stranger, nginx, app, hint, logout_url } = stage
  const good = await hint(claims)
  const [head, payload, signature] = good.split('.')
  const now = issuer.now()
  const full = { iss: issuer.issuer, iat: now, exp: now + 60, ...claims }
  const twice = `${head}.${base64url(JSON.stringify(full).replace('{', '{"sub":"bob",'))}`
  const signed_twice = `${twice}.${createSign('sha256').update(twice).sign(issuer.keys.RS256.privateKey, 'base64url')}`
  const unsigned = `${base64url('{"alg":"none","typ":"JWT"}')}.${payload}.`
  const public_pem = JSON.stringify(issuer.keys.RS256.public_jwk)
  const { SignJWT } = await import('jose')
  const confused = await new SignJWT(full).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(public_pem))
  const bye = app.url + '/bye'
  const get = (parameters) => ({ url: logout_url(parameters) })
  const post = (body) => ({ url: nginx.logout, method: 'POST', body, headers: { 'content-type': 'application/x-www-form-urlencoded' } })
  const bad_hint = [400, 'invalid_id_token_hint']
  const before_all = (await nginx.session('s1')).body

  const inputs = [
    ['unsigned hint (alg none)', get({ id_token_hint: unsigned }), ...bad_hint],
    ['hint without signature', get({ id_token_hint: `${head}.${payload}.` }), ...bad_hint],
    ['forged hint (our kid, other key)', get({ id_token_hint: await hint(claims,
      { key: { ...stranger.keys.RS256, kid: issuer.keys.RS256.kid } }) }), ...bad_hint],
    ['altered hint', get({ id_token_hint: `${head}.${base64url(JSON.stringify({ ...full, sub: 'bob' }))}.${signature}` }), ...bad_hint],
    ['HMAC keyed with the public key', get({ id_token_hint: confused }), ...bad_hint],
    ['valid key, alg not the client\'s', get({ id_token_hint: await hint(claims, { alg: 'ES256' }) }), ...bad_hint],
    ['foreign hint (other issuer and key)', get({ id_token_hint: await stranger.id_token(claims) }), ...bad_hint],
    ['foreign issuer, our key', get({ id_token_hint: await hint({ ...claims, iss: stranger.issuer }) }), ...bad_hint],
    ['unknown client in aud', get({ id_token_hint: await hint({ ...claims, aud: 'nobody' }) }), 400],
    ['truncated hint', get({ id_token_hint: good.slice(0, -20) }), ...bad_hint],
    ['hint cut in its payload', get({ id_token_hint: good.slice(0, head.length + 30) }), ...bad_hint],
    ['duplicate member, rightly signed', get({ id_token_hint: signed_twice }), ...bad_hint],
    ['a logout token as hint', get({ id_token_hint: await issuer.logout_token(claims) }), ...bad_hint],
    ['critical header', get({ id_token_hint: await hint(claims, { header: { crit: ['b64'], b64: true } }) }), ...bad_hint],
    ['1 MB hint by GET', get({ id_token_hint: 'e'.repeat(1_000_000) }), 414],
    ['1 MB hint by POST', post(query({ id_token_hint: 'e'.repeat(1_000_000) })), 413],
    ['20 kB of hint by POST', post(query({ id_token_hint: `${good}${'A'.repeat(20_000)}` })), 200],
    ['unregistered redirect', get({ id_token_hint: good, post_logout_redirect_uri: `${bye}/` }), 400,
      'post_logout_uri_not_associated_with_client'],
    ['redirect of another client', get({ id_token_hint: good, post_logout_redirect_uri: 'http://127.0.0.9:9/bye' }), 400,
      'post_logout_uri_not_associated_with_client'],
    ['redirect without a client', get({ post_logout_redirect_uri: bye }), 400, 'invalid_request'],
    ['client_id other than the hint\'s', get({ id_token_hint: good, client_id: 'nobody' }), 400, 'invalid_request'],
    ['repeated parameter in GET', { url: `${logout_url({ id_token_hint: good })}&state=1&state=2` }, 400, 'invalid_request'],
    ['repeated hint in POST', post(`id_token_hint=${good}&id_token_hint=${good}`), 400, 'invalid_request'],
    ['broken percent-encoding', { url: `${logout_url({ id_token_hint: good })}&state=%zz` }, 400, 'invalid_request'],
    ['JSON body', { url: nginx.logout, method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }, 415],
    ['PUT', { url: nginx.logout, method: 'PUT', body: '' }, 405],
    ['a ticket made up', post('ticket=abc&choice=yes'), 400, 'invalid_confirmation'],
  ]
  for (const [what, input, status, code] of inputs) {
    await t.test(what, async () => {
      const unchanged = async () => ((await nginx.session('s1')).body === before_all ? 'unchanged' : 'CHANGED')
      const seen = await try_it(stage, what, input, unchanged)
      assert.equal(seen.status, status, JSON.stringify(seen))
      if (code) assert.equal(seen.code, code)
      assert.ok(['info', 'warn'].includes(seen.level), 'a client\'s mistake is info, or warn where it smells of an attack')
      assert.ok(!seen.said.includes(good), 'no token in the log')
      assert.equal(await unchanged(), 'unchanged')
    })
  }
  assert.equal(app.requests.length, 0, 'nobody was told anything')
  assert.doesNotMatch(nginx.log(), /cookie-of-ann|\bann\b|\[(crit|alert|emerg)\]/)
  assert.ok(![nginx.log(), stage.house.read('nginx/access.log')].some((log) => log.includes(payload)), 'no token in any log')
  const answer = await send(logout_url({ id_token_hint: good, post_logout_redirect_uri: bye }))
  assert.equal(answer.location, bye, 'and the good request still works')
})

test('a failing store is never taken for a logout', { timeout: 60_000 }, async (t) => {
  const stage = await settle(t)
  const { redis, nginx, app, hint, logout_url } = stage
  const url = logout_url({ id_token_hint: await hint(claims) })
  const live = async () => ((await nginx.session('s1')).json.ended === undefined ? 'still live' : 'ENDED')

  // The link's own line, once for each time the store goes; what requests say meanwhile is info.
  const gone_lines = () => (nginx.log().match(/\[error\] [^\n]*slo: store "[^"]*" cannot be reached/g) ?? []).length

  await t.test('Redis hangs', async () => {
    redis.freeze()
    const seen = await try_it(stage, 'Redis hangs', { url }, () => 'completed below')
    redis.thaw()
    assert.deepEqual([seen.status, seen.code], [503, 'temporarily_unavailable'])
    assert.ok(gone_lines() > 0, 'the link says at error that the store went')
    await eventually('the store is back', nginx.every_worker_sees_the_store)
    assert.equal((await nginx.session('s1')).status, 200)
    assert.equal(await live(), 'still live')
  })
  await t.test('Redis is down', async () => {
    await redis.stop()
    const seen = await try_it(stage, 'Redis is down', { url }, () => 'completed below')
    assert.deepEqual([seen.status, seen.code], [503, 'temporarily_unavailable'])
    assert.ok(gone_lines() > 0, 'the link says at error that the store went')
    const page = await send(url, { headers: { accept: 'text/html' } })
    assert.match(page.body, /may still be signed in/)
    assert.ok(Number(page.headers['retry-after']) > 0)
    assert.equal(page.headers['set-cookie'], undefined, 'the OP cookie is not touched')
    await redis.start_again()
    await eventually('the store is back', nginx.every_worker_sees_the_store)
    assert.equal((await nginx.session('s1')).status, 200)
    assert.equal(await live(), 'still live')
  })
  await t.test('Redis is full: nothing new, but a logout works', async () => {
    await redis.ask('config', 'set', 'maxmemory', '1')
    const before_it = nginx.log().length
    const refused = await nginx.register({ client_id: 'app', sid: 's2', sub: 'bob' })
    assert.equal(refused.status, 503, refused.body)
    const [{ level }] = our_lines(nginx.log().slice(before_it))
    assert.equal(level, 'error')
    stage.table.row('Redis is full: registration', refused.status, '-', refused.json.detail ?? refused.json.title, level, 'not made')
    const answer = await send(url, { headers: { cookie: '_session=cookie-of-ann' } })
    assert.equal(answer.status, 200, answer.body)
    assert.equal(app.requests.length, 1)
    assert.notEqual((await nginx.session('s1')).json.ended, undefined)
    stage.table.row('Redis is full: logout', answer.status, '-', 'signed out', '-', 'ended, client told')
  })
})
