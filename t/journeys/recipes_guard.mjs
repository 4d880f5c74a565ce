// SPDX-License-Identifier: BSD-2-Clause
// The examples that guard applications, each as it stands in packaging/examples with other addresses and paths: who is
// signed in passes, whose session has ended does not, and nobody else notices.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { House, eventually } from './parts/house.mjs'
import { set_example } from './parts/recipe_stage.mjs'

const in_time = { timeout: 60_000 }
const now = () => Math.floor(Date.now() / 1000)
const lua = ['ndk_http_module', 'ngx_http_lua_module']
const where = ({ status, headers }) => [status, headers.location?.replace(/^https?:\/\/[^/]*/, '')]

// `warned`: what `nginx -t` says of the example.
function assert_quiet(stage, warned = []) {
  for (const { log, warnings } of stage.hosts) {
    assert.equal(warnings.length, warned.length, warnings.join('\n'))
    warned.forEach((words, i) => assert.match(warnings[i], words))
    assert.doesNotMatch(log(), /\[(crit|alert|emerg)\]/)
    assert.doesNotMatch(log(), /\[error\]/)
  }
}

test('guard-auth-request.conf: the ID Token that a verifier returns tells of the session', in_time, async (t) => {
  const stage = await set_example(new House(t), 'guard-auth-request.conf')
  const { host, app } = stage
  const look = (headers) => host.visit('intranet.example.com', '/', { headers })
  const [ann, bob] = [await stage.sign_in('one', { sub: 'ann', sid: 's1' }), await stage.sign_in('two', { sub: 'bob', sid: 's2' })]
  assert.deepEqual(where(await look({})), [303, '/login/'])
  assert.equal((await host.visit('intranet.example.com', '/login/')).body, 'sign in at /login/')
  for (const who of [ann, bob]) assert.equal((await look({ ...who, 'x-user': 'root' })).status, 200)
  assert.deepEqual(app.seen.map(({ headers }) => headers['x-user']), ['ann', 'bob'], 'the name that is true')

  const { issuer } = stage.op
  const forged = await host.back('intranet.example.com', await issuer.logout_token({ aud: 'somebody', sid: 's1' }))
  assert.equal(forged.status, 400)
  assert.equal((await look(ann)).status, 200)
  assert.equal((await host.back('intranet.example.com', await issuer.logout_token({ aud: 'intranet', sid: 's1' }))).status, 200)
  const seen = app.seen.length
  for (let i = 0; i < 6; ++i) assert.deepEqual(where(await look(ann)), [303, '/login/ended'])
  assert.equal(app.seen.length, seen, 'the application is not asked')
  assert.equal((await look(bob)).status, 200)
  assert.equal((await look(await stage.sign_in('one', { sub: 'ann', sid: 's3' }))).status, 200, 'and she may come back')
  assert_quiet(stage)
})

test('guard-lua.conf: a login in Lua, by authorization code, sets what the guard is told', in_time, async (t) => {
  const secret = `proxy_set_header Authorization "Basic ${Buffer.from('portal:secret').toString('base64')}";\n`
  const stage = await set_example(new House(t), 'guard-lua.conf', { modules: lua, files: { 'slo/portal-secret.conf': secret } })
  const { host, op } = stage
  const look = (headers = {}, path = '/') => host.visit('portal.example.com', path, { headers })
  const cookie_of = ({ headers }) => headers['set-cookie'][0].split(';')[0]
  const sign_in = async (login, path = '/login') => {
    op.login = login
    const away = await look({}, path)
    const asked = new URL(away.headers.location)
    const { location } = (await op.visit(asked)).headers
    const back = await look({ cookie: cookie_of(away) }, location.slice('https://portal.example.com'.length))
    assert.deepEqual(where(back), [303, '/'], back.body)
    return { prompt: asked.searchParams.get('prompt'), cookie: cookie_of(back) }
  }

  assert.deepEqual(where(await look()), [303, '/login?status='])
  const ann = await sign_in({ sub: 'ann', sid: 's1', auth_time: now() - 100 })
  const bob = await sign_in({ sub: 'bob', sid: 's2', auth_time: now() - 100 })
  for (const { cookie } of [ann, bob]) assert.equal((await look({ cookie })).status, 200)
  assert.equal(ann.prompt, null)
  assert.equal((await look({ cookie: 'login_state=x' }, '/login/callback?code=c&state=y')).status, 400)

  assert.equal((await host.back('portal.example.com', await op.issuer.logout_token({ aud: 'portal', sid: 's1' }))).status, 200)
  assert.deepEqual(where(await look({ cookie: ann.cookie })), [303, '/login?status=ended'])
  assert.equal((await look({ cookie: bob.cookie })).status, 200)
  const again = await sign_in({ sub: 'ann', sid: 's3', auth_time: now() }, '/login?status=ended')
  assert.equal(again.prompt, 'login')
  assert.equal((await look({ cookie: again.cookie })).status, 200)

  // All sessions of a user, by his subject alone: those that began before.
  assert.equal((await host.back('portal.example.com', await op.issuer.logout_token({ aud: 'portal', sub: 'bob', iat: now() - 50 }))).status, 200)
  assert.deepEqual(where(await look({ cookie: bob.cookie })), [303, '/login?status=ended'])
  const later = await sign_in({ sub: 'bob', sid: 's4', auth_time: now() - 10 })
  assert.equal((await look({ cookie: later.cookie })).status, 200)
  assert_quiet(stage)
})

// A certificate of the staff, made now.
function certificate_of(house, name, serial) {
  const at = (kind) => house.path(`staff-${serial}.${kind}`)
  const openssl = (...words) => execFileSync('openssl', words, { stdio: 'ignore' })
  openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', at('key'), '-out', at('csr'), '-subj', `/O=Example/CN=${name}`)
  openssl('x509', '-req', '-in', at('csr'), '-CA', house.path('staff.crt'), '-CAkey', house.path('staff.key'), '-set_serial', String(serial), '-days', '1', '-out', at('crt'))
  return { key: readFileSync(at('key')), cert: readFileSync(at('crt')) }
}

function staff_authority(house) {
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', house.path('staff.key'),
                           '-out', house.path('staff.crt'), '-subj', '/CN=staff', '-days', '2'], { stdio: 'ignore' })
  return house.read('staff.crt')
}

test('guard-user-names.conf: a certificate is a session, and a password one that never begins anew', in_time, async (t) => {
  const house = new House(t)
  const crypted = execFileSync('openssl', ['passwd', '-apr1', 'secret'], { encoding: 'utf8' }).trim()
  const stage = await set_example(house, 'guard-user-names.conf', { modules: lua, files: {
    'slo/secret': '0123456789abcdef0123456789abcdef', 'slo/staff-ca.crt': staff_authority(house),
    'slo/wiki.htpasswd': `ann:${crypted}\nbob:${crypted}\n` } })
  const { host, op, app } = stage
  const ledger = async (certificate) => (await host.visit('ledger.example.com', '/', certificate)).status
  const wiki = async (name) => (await host.visit('wiki.example.com', '/', { headers: name && { authorization: `Basic ${btoa(`${name}:secret`)}` } })).status
  const [ann, bob] = [certificate_of(house, 'ann', 1), certificate_of(house, 'bob', 2)]
  assert.deepEqual([await ledger(ann), await ledger(bob), await wiki('ann'), await wiki('bob')], [200, 200, 200, 200])
  assert.deepEqual(app.seen.map(({ headers }) => headers['x-remote-user']), ['ann', 'bob', 'ann', 'bob'])
  assert.deepEqual([await ledger({}), await wiki()], [400, 401])

  const sessions = async (name) => JSON.parse((await host.ask('GET', `/slo/corp/sessions?sub=${name}`)).body).sessions
  await eventually('both sessions are known', async () => (await sessions('ann')).length === 2)
  assert.equal((await host.ask('DELETE', '/slo/corp/users/ann/sessions')).status, 200)
  await eventually('the certificate is refused', async () => await ledger(ann) === 403)
  await eventually('and the password', async () => await wiki('ann') === 403)
  assert.deepEqual([await ledger(bob), await wiki('bob')], [200, 200])
  const ended = now()
  await eventually('the second is over in which she was logged out', () => now() > ended)
  const fresh = certificate_of(house, 'ann', 3)
  assert.equal(await ledger(fresh), 200, 'a new certificate is a new session')

  // The OP logs bob out everywhere, now: what began in this second or before is over.
  const later = now() + 2
  assert.equal((await host.back('wiki.example.com', await op.issuer.logout_token({ aud: 'gateway', sub: 'bob' }))).status, 200)
  assert.deepEqual([await ledger(bob), await wiki('bob')], [403, 403])
  await eventually('the second is over', () => now() >= later)
  assert.equal(await ledger(certificate_of(house, 'bob', 4)), 200)
  assert.equal(await wiki('bob'), 403, 'no password is newer')
  assert.equal(await ledger(fresh), 200)
  assert_quiet(stage, [/"sub=" without "since="/, /no "session_cookie"/, /no location with "slo_end_session"/])
})

test('guard-three-hosts.conf: what one host is told all of them refuse, also when Redis is gone', in_time, async (t) => {
  const house = new House(t)
  const stage = await set_example(house, 'guard-three-hosts.conf', { hosts: 3, redis: { more: ['--requirepass', 'of-redis'] },
    files: { 'slo/redis.password': 'of-redis\n' }, change: (text) => text.replace('max_stale 30s', 'max_stale 2s') })
  const { hosts, op } = stage
  const look = async (host, headers = {}) => (await host.visit('intranet.example.com', '/', { headers })).status
  const [ann, bob] = [await stage.sign_in('one', { sub: 'ann', sid: 's1' }), await stage.sign_in('two', { sub: 'bob', sid: 's2' })]
  for (const host of hosts) assert.deepEqual([await look(host, ann), await look(host, bob), await look(host)], [200, 200, 303])
  const tell = async (host, sid) => (await host.back('intranet.example.com', await op.issuer.logout_token({ aud: 'intranet', sid }))).status
  assert.equal(await tell(hosts[1], 's1'), 200)
  assert.equal(await look(hosts[1], ann), 303)
  for (const host of hosts) await eventually('refused', async () => await look(host, ann) === 303, { within: 2000 })
  for (const host of hosts) assert.equal(await look(host, bob), 200)

  await stage.redis.kill()
  assert.equal(await tell(hosts[0], 's3'), 400, 'the OP may send it again')
  for (const host of hosts) {
    assert.equal(await look(host, ann), 303)
    await eventually('who may have been logged out does not pass', async () => await look(host, bob) === 503)
    assert.equal((await host.visit('intranet.example.com', '/login/')).status, 200)
  }
  await stage.redis.start_again()
  for (const host of hosts) await eventually('he passes again', async () => await look(host, bob) === 200)
  for (const host of hosts) assert.equal(await look(host, ann), 303)
})

test('guard-websocket.conf: a foreign site gets a way out, and its WebSockets end with the session', in_time, async (t) => {
  const stage = await set_example(new House(t), 'guard-websocket.conf')
  const { host, op, vendor } = stage
  const [ann, bob] = [await stage.sign_in('one', { sub: 'ann', sid: 's1' }), await stage.sign_in('two', { sub: 'bob', sid: 's2' })]
  const look = (headers) => host.visit('board.example.com', '/', { headers })
  const page = await look({ cookie: `a=1; ${ann.cookie}; b=2`, 'accept-encoding': 'gzip' })
  assert.match(page.body, /^<body>welcome<p><a href="[^"]*\/logout">Sign out everywhere<\/a><\/p><\/body>$/)
  await look({ cookie: `${bob.cookie}; c=3` })
  await look(bob)
  assert.deepEqual(vendor.seen.map(({ headers }) => headers.cookie), ['a=1; b=2', 'c=3', undefined], 'no login of ours')
  const lines = {}
  for (const [name, who] of Object.entries({ ann, bob })) lines[name] = await host.websocket('board.example.com', '/live', who)

  const began = Date.now()
  assert.equal((await host.back('board.example.com', await op.issuer.logout_token({ aud: 'board', sid: 's1' }))).status, 200)
  await eventually('the WebSocket is closed', () => lines.ann.closed_at)
  assert.ok(lines.ann.closed_at - began < 1000, `${lines.ann.closed_at - began} ms`)
  assert.deepEqual(where(await look(ann)), [303, '/login/ended'])
  assert.deepEqual([(await look(bob)).status, lines.bob.closed_at], [200, undefined])
  assert_quiet(stage)
})
