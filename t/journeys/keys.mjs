// SPDX-License-Identifier: BSD-2-Clause
// The OP's keys come by themselves: at start, when they change, whoever dies meanwhile; and what is wrong is said once.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { House, eventually, patience, sleep } from './parts/house.mjs'
import { make_issuer } from './parts/issuer.mjs'
import { start_receiver } from './parts/receivers.mjs'
import { back_client, set_stage } from './parts/stage.mjs'

const json = { 'content-type': 'application/json' }
const well_known = '/.well-known/openid-configuration'
const whole = (body, headers = {}, status = 200) => (answer) => answer.writeHead(status, { ...json, ...headers }).end(body)
const get = (url, agent) => new Promise((done, failed) => {
  http.get(url, { agent }, async (answer) => {
    let body = ''
    for await (const piece of answer) body += piece
    done({ status: answer.statusCode, body })
  }).on('error', failed)
})

// An OP behind our nginx, whose documents are `op.answers[path]`; `op.asked[path]` counts.
async function set_op(house, { is_up = true, discovery = {}, locations = '', answers = {}, providers = () => '', ...how } = {}) {
  const app = await start_receiver(house)
  const op = { answers, asked: {} }
  let ready
  const is_ready = new Promise((done) => { ready = done })
  const server = http.createServer(async (request, answer) => {
    await is_ready
    op.asked[request.url] = (op.asked[request.url] ?? 0) + 1
    op.last = request
    const answers = op.answers[request.url] ?? ((to) => to.writeHead(404).end())
    answers(answer)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  house.when_over(() => { server.close(); server.closeAllConnections() })
  if (!is_up) { server.close(); await once(server, 'close') }
  const stage = await set_stage(house, { clients: [back_client('app', app.url)], jwks: '', http: providers(port), ...how,
    locations: `location /.well-known/ { proxy_pass http://127.0.0.1:${port}; } location = /jwks { proxy_pass http://127.0.0.1:${port}; }
      location = /token { slo_learn main; proxy_pass http://127.0.0.1:${port}; } ${locations}` })
  const { issuer, nginx } = stage
  op.answers[well_known] = whole(JSON.stringify({ issuer: issuer.issuer, jwks_uri: `${issuer.issuer}/jwks`, end_session_endpoint: `${issuer.issuer}/end`, ...discovery }))
  op.answers['/jwks'] ??= whole(JSON.stringify(issuer.public_jwks))
  ready()
  const lines = () => [...nginx.log().matchAll(/\[(warn|notice|error|crit|alert)\] (?:\d+)#.*?slo: (.*(?:the OP's keys|document of the OP).*)/g)]
    .map(([, level, line]) => `${level} ${line.replaceAll(issuer.issuer, 'OP')}`)
  const hint = (how = {}) => issuer.id_token({ aud: 'app', sub: 'ann', sid: 's1' }, how)
  const log_out = async (token, agent) => (await get(stage.logout_url({ id_token_hint: token }), agent)).status
  return Object.assign(op, stage, {
    app, server, lines, log_out, make_hint: hint, port,
    come_up: async () => { server.listen(port, '127.0.0.1'); await once(server, 'listening') },
    have_keys: (count) => eventually(`${count} keys`, async () => (await nginx.metrics()).includes(`slo_op_keys{provider="main"} ${count}\n`)),
    reload: () => process.kill(nginx.child.pid, 'SIGHUP'),
  })
}

// What the OP signs with from now on.
async function rotate(op, kid = `k${Math.random()}`) {
  const { keys } = await make_issuer(op.issuer.issuer, { kids: { RS256: kid } })
  op.answers['/jwks'] = whole(JSON.stringify({ keys: [keys.RS256.public_jwk] }))
  return keys.RS256
}

test('keys are found by discovery, once for all workers, and verify hints', { timeout: 60_000 }, async (t) => {
  const op = await set_op(new House(t), { workers: 4 })
  await op.have_keys(2)
  for (let n = 0; n < 8; ++n) assert.equal(await op.log_out(await op.make_hint(), new http.Agent()), 200)
  assert.deepEqual(op.asked, { [well_known]: 1, '/jwks': 1 })
  const { accept, 'accept-encoding': coding } = op.last.headers
  assert.deepEqual([op.last.method, accept, coding], ['GET', 'application/json', 'identity'])
  assert.deepEqual(op.lines(), ['notice the OP\'s keys are here: 2, and 0 left out, provider "main"'])
})

test('nginx works while the OP is down, says so once, and sees it come up within seconds', { timeout: 60_000 }, async (t) => {
  const op = await set_op(new House(t), { is_up: false })
  const token = await op.make_hint()
  await sleep(2500)
  assert.equal(await op.log_out(await op.make_hint({ key: op.issuer.keys.RS256 })), 200, 'our own signing keys verify')
  assert.match(await op.nginx.metrics(), /slo_op_keys{provider="main"} 0\n(?!.*age)[^]*slo_op_keys_fetched{provider="main"} 0\n/)
  await op.come_up()
  const began = Date.now()
  await op.have_keys(2)
  assert.ok(Date.now() - began < 8000, `${Date.now() - began} ms`)
  assert.equal(await op.log_out(token), 200)
  const lines = op.lines()
  assert.deepEqual(lines.map((line) => line.split(' ')[0]), ['warn', 'notice', 'notice'], lines.join('\n'))
  assert.match(lines[0], /a document of the OP cannot be used: OP\/\.well-known\/openid-configuration is answered with 502; no keys are here yet, provider "main"$/)
  assert.match(lines[2], /can be fetched again/)
})

test('a key that the OP has just begun to use verifies at once: hints, and token responses', { timeout: 60_000 }, async (t) => {
  const op = await set_op(new House(t), { workers: 2 })
  await op.have_keys(2)
  const key = await rotate(op)
  assert.equal(await op.log_out(await op.make_hint({ key })), 200)
  assert.deepEqual(op.asked, { [well_known]: 2, '/jwks': 2 })

  const other = await set_op(new House(t), { workers: 2 })
  await other.have_keys(2)
  const next = await rotate(other)
  other.answers['/token'] = whole(JSON.stringify({ token_type: 'Bearer', id_token: await other.make_hint({ key: next }) }))
  const { status, body } = await get(`${other.nginx.url}/token`)
  assert.deepEqual([status, JSON.parse(body).token_type], [200, 'Bearer'])
  assert.equal((await other.nginx.session('s1')).status, 200, 'it is known as soon as the client has its tokens')
  assert.doesNotMatch(other.nginx.log(), /teaches nothing/)
  assert.match(other.lines()[1], /^notice the OP's keys are other ones now: 1, and 0 left out/)
})

test('unknown keys have keys fetched once in half a minute, however many ask', { timeout: 90_000 }, async (t) => {
  const op = await set_op(new House(t), { workers: 2 })
  await op.have_keys(2)
  const bogus = await Promise.all(Array.from({ length: 200 }, (_, n) =>
    op.make_hint({ key: { ...op.issuer.keys.RS256, kid: `bogus-${n}` } })))
  const statuses = await Promise.all(bogus.map((token) => op.log_out(token, new http.Agent())))
  assert.deepEqual(new Set(statuses), new Set([400]))
  assert.deepEqual(op.asked, { [well_known]: 2, '/jwks': 2 })
  const began = Date.now()
  assert.equal(await op.log_out(bogus[0]), 400)
  assert.ok(Date.now() - began < 1800, 'who comes later is judged at once: he does not wait two seconds')
  const key = await rotate(op)
  assert.equal(await op.log_out(await op.make_hint({ key })), 400)
  await sleep(30_500)
  assert.equal(await op.log_out(await op.make_hint({ key })), 200)
  assert.deepEqual(op.asked, { [well_known]: 3, '/jwks': 3 })
})

test('an OP that hangs holds a user up two seconds at most', { timeout: 60_000 }, async (t) => {
  const op = await set_op(new House(t), { workers: 2 })
  await op.have_keys(2)
  const key = await rotate(op)
  op.answers['/jwks'] = () => {}
  const began = Date.now()
  assert.equal(await op.log_out(await op.make_hint({ key })), 400)
  const took = Date.now() - began
  assert.ok(took >= 1900 && took < 3000 * patience, `${took} ms`)
  assert.equal(await op.log_out(await op.make_hint({ })), 200, 'what is known is judged at once')
})

// name → what answers the JWKS, and what is said of it.
const broken = {
  'too large': [whole(JSON.stringify({ keys: [], padding: 'x'.repeat(10_000_000) })), 'has more than 1048576 bytes'],
  'a bomb': [whole(gzipSync(JSON.stringify({ keys: [], padding: 'x'.repeat(10_000_000) })), { 'content-encoding': 'gzip' }), 'cannot be unpacked: it is broken, too large, or not gzip or deflate'],
  'a redirect': [whole('', { location: '/elsewhere' }, 302), 'is answered with 302: redirects are not followed'],
  'an error': [whole('oh', {}, 500), 'is answered with 500'],
  'nothing': [whole(''), 'is empty'],
  'no JSON': [whole('<html>'), 'is not JSON'],
  'a member twice': [whole('{"keys":[],"keys":[]}'), 'has a member that stands twice'],
  'nested': [whole('{"keys":' + '['.repeat(100_000)), 'is not JSON'],
  'no set': [whole('{"kty":"RSA"}'), 'is no JWK set'],
  'no usable key': [whole('{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}'), 'has no key that can be used'],
  'half of it': [(answer) => { answer.writeHead(200, { ...json, 'content-length': 500 }); answer.write('{"keys":[]'); setTimeout(() => answer.socket.destroy(), 100) }, 'broke off'],
  'half of it, chunked': [(answer) => { answer.writeHead(200, json); answer.write('{"keys":[]'); setTimeout(() => answer.socket.destroy(), 100) }, 'broke off'],
  'an endless drip': [(answer) => { answer.writeHead(200, json); const drip = setInterval(() => answer.write(' '), 100); answer.on('close', () => clearInterval(drip)) }, 'was not whole in time'],
}

test('whatever is wrong with what comes is said once, and the old keys stay', { timeout: 60_000 }, async (t) => {
  const house = new House(t)
  const { keys: { RS256: known } } = await make_issuer('any', { kids: { RS256: 'known' } })
  const cases = Object.entries(broken).map(([name, [answers, why]], n) => ({ name, answers, why, id: `p${n}`, issuer: `http://p${n}.example` }))
  const op = await set_op(house, { workers: 2, locations: cases.map(({ id }) => `location = /logout/${id} { slo_end_session ${id}; }`).join('\n'),
    answers: Object.fromEntries(cases.map(({ id }) => [`/${id}`, whole(JSON.stringify({ keys: [known.public_jwk] }))])),
    providers: (port) => cases.map(({ id, issuer }) => `slo_provider ${id} { issuer ${issuer}; allow_http on; signing_key op-rsa.pem;
      jwks http://127.0.0.1:${port}/${id}; client app { post_logout_redirect_uris https://app.example/; } }`).join('\n') })
  const token = ({ issuer }, key) => op.issuer.sign({ iss: issuer, iat: op.issuer.now(), exp: op.issuer.now() + 600, aud: 'app', sub: 'ann', sid: 's1' }, { key })
  const log_out = async (one, key) => (await get(`${op.nginx.url}/logout/${one.id}?id_token_hint=${await token(one, key)}`)).status
  for (const { id } of cases) await eventually(id, async () => (await op.nginx.metrics()).includes(`slo_op_keys{provider="${id}"} 1\n`))
  for (const { id, answers } of cases) op.answers[`/${id}`] = answers
  await Promise.all(cases.map(async (one) => assert.equal(await log_out(one, { ...known, kid: 'new' }), 400, one.name)))
  await eventually('all have failed', async () => !(await op.nginx.metrics()).includes('slo_op_keys_fetched{provider="p0"} 1'))
  await sleep(4000)
  for (const one of cases) {
    const all = op.lines().filter((line) => line.includes(`provider "${one.id}"`))
    const lines = all.filter((line) => !/^warn the signing_key "[\w-]+" is not among the OP's keys: /.test(line))
    assert.equal(all.length - lines.length, 0, 'our key is not the OP\'s, but signs for nobody')
    assert.deepEqual(lines.map((line) => line.replace(/of \d+ s/, 'of N s')).slice(1), [`warn a document of the OP cannot be used: http://127.0.0.1:${op.port}/${one.id} ${one.why}; the keys of N s ago stay, provider "${one.id}"`], one.name)
    assert.match(await op.nginx.metrics(), new RegExp(`slo_op_keys\\{provider="${one.id}"\\} 1\n`))
  }
})

test('a document of another issuer, or with an address that may not be called, is refused', { timeout: 60_000 }, async (t) => {
  for (const [discovery, why] of [[{ issuer: 'https://elsewhere.example' }, 'is another issuer\'s: "https://elsewhere.example", not "OP"'],
                                  [{ jwks_uri: 'ftp://op.example/jwks' }, 'has a "jwks_uri" that must be an https URL, unless "allow_http" is on: "ftp://op.example/jwks"'],
                                  [{ jwks_uri: undefined }, 'has no "jwks_uri"']]) {
    const op = await set_op(new House(t), { discovery, workers: 1 })
    await eventually(why, () => op.lines().length > 0)
    assert.deepEqual(op.lines().map((line) => line.replace('OP/', 'http://OP/')), [`warn a document of the OP cannot be used: http://OP${well_known} ${why}; no keys are here yet, provider "main"`])
    assert.equal(op.asked['/jwks'], undefined)
  }
})

test('another worker takes over from one that is killed while it fetches', { timeout: 60_000 }, async (t) => {
  const op = await set_op(new House(t), { workers: 2, is_up: false })
  op.answers['/jwks'] = () => {}
  await op.come_up()
  await eventually('somebody fetches', () => op.asked['/jwks'] === 1)
  const before = op.nginx.workers()
  const keys = whole(JSON.stringify(op.issuer.public_jwks))
  op.answers['/jwks'] = keys
  for (const pid of before) process.kill(pid, 'SIGKILL')  // one of them fetches
  const began = Date.now()
  await op.have_keys(2)
  assert.ok(Date.now() - began < 5000 * patience, `${Date.now() - began} ms`)
})

test('a reload keeps the keys, and fetches nothing', { timeout: 60_000 }, async (t) => {
  const op = await set_op(new House(t), { workers: 2 })
  await op.have_keys(2)
  const token = await op.make_hint()
  op.server.close(); op.server.closeAllConnections()
  for (let n = 0; n < 3; ++n) {
    const before = op.nginx.workers()
    op.reload()
    await eventually('new workers', () => op.nginx.workers().length === 2 && op.nginx.workers().every((pid) => !before.includes(pid)))
    assert.equal(await op.log_out(token, new http.Agent()), 200)
  }
  await sleep(1500)
  assert.deepEqual(op.asked, { [well_known]: 1, '/jwks': 1 })
  assert.equal(op.lines().length, 1)
})

test('a zone without room says so, and what was there stays', { timeout: 60_000 }, async (t) => {
  const op = await set_op(new House(t), { workers: 2, zone: '32k' })
  await op.have_keys(2)
  const { keys } = JSON.parse(JSON.stringify(op.issuer.public_jwks))
  op.answers['/jwks'] = whole(JSON.stringify({ keys, padding: 'x'.repeat(200_000) }))
  assert.equal(await op.log_out(await op.make_hint({ key: { ...op.issuer.keys.RS256, kid: 'bogus' } })), 400)
  await sleep(3000)
  const [, full, ...others] = op.lines()
  assert.match(full, /^warn a document of the OP cannot be used: OP\/jwks has \d+ bytes, for which the zone of "slo_store" has no room, give it more with "zone="; the keys of \d+ s ago stay, provider "main"$/)
  assert.deepEqual(others, [])
  await op.have_keys(2)
  assert.equal(await op.log_out(await op.make_hint()), 200)
})
