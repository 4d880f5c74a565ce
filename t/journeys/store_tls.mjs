// SPDX-License-Identifier: BSD-2-Clause
// TLS to the store and to sentinels: who has the right certificate is let in, and whatever is wrong is said in words.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { make_authority } from './parts/certificates.mjs'
import { House, eventually, free_port } from './parts/house.mjs'
import { start_name_server } from './parts/name_server.mjs'
import { start_receiver } from './parts/receivers.mjs'
import { places, start_sentinel } from './parts/sentinels.mjs'
import { back_client, set_stage } from './parts/stage.mjs'
import { our_lines } from './parts/table.mjs'

const in_time = { timeout: 60_000 }
const host = '127.0.0.1'
const store_up = async (nginx) => /^slo_store_up (\d)$/m.exec(await nginx.metrics())[1]

// A certificate and its key, as files: {cert, key}.
function papers(house, authority, name, days) {
  const { key, cert } = authority.issue(name, days)
  const kind = `${authority.name}-${name.replaceAll(':', '_')}${days ?? ''}`
  return { cert: house.write(`${kind}.of.pem`, cert), key: house.write(`${kind}.of.key`, key) }
}

const authorities = (house) => Object.fromEntries(['trusted', 'stranger'].map((name) => [name, { name, ...make_authority(house, name) }]))

const door = (port, { cert, key }, ca) => [['port', '0'], ['tls-port', port], ['tls-cert-file', cert], ['tls-key-file', key], ['tls-ca-cert-file', ca],
                                           ['tls-auth-clients', 'yes']]
const as_options = (lines) => lines.flatMap(([name, value]) => [`--${name}`, String(value)])
const certificate = ({ cert, key }, prefix = '') => `${prefix}certificate=${cert} ${prefix}key=${key}`

// A Redis that asks for a client certificate of the trusted authority, and shows `shows`; nginx has what `has` says.
async function set_store(t, { shows = (given) => given('trusted', host), has = (given) => certificate(given('trusted', 'client')), ca = 'trusted',
                              url = (port) => `rediss://${host}:${port}`, at = host, plain = false, http = '' } = {}) {
  const house = new House(t)
  const all = authorities(house)
  const given = (name, host, days) => papers(house, all[name], host, days)
  const port = await free_port(at)
  const app = await start_receiver(house)
  const stage = await set_stage(house, {
    clients: [back_client('app', app.url)], workers: 1, store: `timeout=2s ${ca && `ca=${all[ca].ca}`} ${has(given)}`, redis_url: url(port), http,
    redis_how: { at: { host: at, port }, more: plain ? [] : as_options(door(port, shows(given), all.trusted.ca)) } })
  return { ...stage, app }
}

async function log_in_and_out({ nginx, app }) {
  await eventually('the store is there', async () => await store_up(nginx) === '1')
  assert.equal((await nginx.register({ client_id: 'app', sid: 's1', sub: 'ann' })).status, 201)
  assert.equal((await nginx.ask('DELETE', 'sessions/s1')).status, 200)
  await eventually('the client is told', () => app.requests.length === 1)
  assert.doesNotMatch(nginx.log(), /\[(alert|crit|emerg|error)\]/)
}

const good = {
  'an address of IPv4 in its certificate': {},
  'an address of IPv6 in its certificate': { at: '::1', shows: (given) => given('trusted', '::1'), url: (port) => `rediss://[::1]:${port}` },
  'a name in its certificate': { shows: (given) => given('trusted', 'localhost'), url: (port) => `rediss://localhost:${port}` },
  'a wildcard in its certificate': { shows: (given) => given('trusted', '*.slo.invalid'), url: (port) => `rediss://store.slo.invalid:${port}`, named: true },
}
for (const [name, { named = false, ...how }] of Object.entries(good)) {
  test(`who shows a client certificate is let in by a server with ${name}`, in_time, async (t) => {
    if (named) how.http = `resolver 127.0.0.1:${(await start_name_server(new House(t))).port} ipv6=off;`
    await log_in_and_out(await set_store(t, how))
  })
}

const bad = {
  'another authority': [{ ca: 'stranger' }, /cannot be reached: its certificate is not trusted: (unable to get local issuer certificate|self-signed certificate in certificate chain)/],
  'an expired certificate': [{ shows: (given) => given('trusted', host, -1) }, /cannot be reached: its certificate is not trusted: certificate has expired/],
  'a certificate for another address': [{ shows: (given) => given('trusted', '127.0.0.2') }, /cannot be reached: its certificate is not for "127\.0\.0\.1"/],
  'a name where it is called by address': [{ shows: (given) => given('trusted', 'localhost') }, /cannot be reached: its certificate is not for "127\.0\.0\.1"/],
  'an address where it is called by name': [{ url: (port) => `rediss://localhost:${port}` }, /cannot be reached: its certificate is not for "localhost"/],
  'no client certificate': [{ has: () => '' }, /cannot be reached: it ends TLS, saying "certificate required"/],
  'a client certificate of another authority': [{ has: (given) => certificate(given('stranger', 'client')) }, /cannot be reached: it ends TLS, saying "unknown CA"/],
  'an expired client certificate': [{ has: (given) => certificate(given('trusted', 'client', -1)) }, /cannot be reached: it ends TLS, saying "certificate expired"/],
  'a server without TLS': [{ plain: true }, /cannot be reached: no answer within 2000 ms/],
  'a URL without TLS': [{ url: (port) => `redis://${host}:${port}`, has: () => '', ca: '' }, /cannot be reached: (Connection reset by peer|it closed the connection|Broken pipe)/],
}
for (const [name, [how, line]] of Object.entries(bad)) {
  test(`it is said what is wrong: ${name}`, in_time, async (t) => {
    const { nginx } = await set_store(t, how)
    await eventually('it says why', () => line.test(nginx.log()))
    assert.equal(await store_up(nginx), '0')
    assert.equal((await nginx.register({ client_id: 'app', sid: 's1', sub: 'ann' })).status, 503)
    await new Promise((done) => setTimeout(done, 1500))
    const lines = our_lines(nginx.log()).filter(({ level }) => level === 'error')
    assert.ok(lines.length <= 2, 'once for the worker, and for the one that feeds guards')
  })
}

// `nginx -t` of an http block with this slo_store.
function checked(house, parameters) {
  house.write('check.conf', `load_module ${process.env.SLO_MODULE}; pid check.pid; error_log stderr; events {}
http { slo_store rediss://${host}:6379 ${parameters}; }\n`)
  const { status, stderr } = spawnSync('nginx', ['-t', '-p', house.dir, '-c', house.path('check.conf'), '-e', 'stderr'], { encoding: 'utf8' })
  return { status, said: stderr.replaceAll(house.dir, '…') }
}

test('nginx -t says which file is wrong', in_time, async (t) => {
  const house = new House(t)
  const all = authorities(house)
  const one = papers(house, all.trusted, 'one'), other = papers(house, all.trusted, 'other')
  const rows = [
    [`ca=${all.trusted.ca} ${certificate(one)}`, /test is successful/],
    [`ca=${all.trusted.ca} certificate=${one.cert} key=${other.key}`, /\[emerg\] [^\n]*key values mismatch[^]*certificate "…\/trusted-one\.of\.pem" and key "…\/trusted-other\.of\.key" cannot be used in …/],
    [`ca=${all.trusted.ca} certificate=${one.cert}`, /\[emerg\] [^\n]*"slo_store": a certificate and its key need each other in …/],
    [`ca=${all.trusted.ca} key=${one.key}`, /\[emerg\] [^\n]*"slo_store": a certificate and its key need each other in …/],
    [`ca=${all.trusted.ca} certificate=${one.key} key=${one.key}`, /\[emerg\] [^]*certificate "…\/trusted-one\.of\.key" and key [^\n]* cannot be used in …/],
    [`ca=${house.dir}/missing.pem`, /\[emerg\] [^]*ca "…\/missing\.pem" cannot be read as certificates in …/],
    [`ca=${one.key}`, /\[emerg\] [^]*ca "…\/trusted-one\.of\.key" cannot be read as certificates in …/],
  ]
  for (const [parameters, expected] of rows) {
    const { status, said } = checked(house, parameters)
    assert.match(said, expected)
    assert.equal(status === 0, /successful/.test(said))
  }
})

// Sentinel and server with certificates of two authorities, and both ask for one of ours.
async function set_sentinel(t, has) {
  const house = new House(t)
  const { trusted, stranger } = authorities(house)
  const [at, place] = await places(2)
  const server = papers(house, trusted, host), sentinel = papers(house, stranger, host)
  // A sentinel shows servers its own certificate, so each side knows both authorities.
  const both = house.write('both.pem', [trusted, stranger].map(({ ca }) => house.read(ca.slice(house.dir.length + 1))).join(''))
  const lines = door(place.port, sentinel, both).slice(1)
  await start_sentinel(house, 'sentinel', place, { watches: at, quorum: 1, door: `port 0\n${lines.map((line) => line.join(' ')).join('\n')}`,
                                                   more: 'tls-replication yes' })
  const app = await start_receiver(house)
  const papers_of = { trusted: papers(house, trusted, 'client'), stranger: papers(house, stranger, 'client') }
  const stage = await set_stage(house, {
    clients: [back_client('app', app.url)], workers: 1, store: `timeout=2s ${has({ trusted, stranger, both, papers_of })}`,
    redis_how: { at, more: as_options(door(at.port, server, both)) }, redis_url: `rediss-sentinel://${host}:${place.port}/main` })
  return { ...stage, app }
}

const to_sentinels = {
  'the same certificate as to servers': [({ both, papers_of }) => `ca=${both} ${certificate(papers_of.trusted)}`],
  'a certificate and an authority of their own': [({ trusted, stranger, papers_of }) =>
    `ca=${trusted.ca} ${certificate(papers_of.trusted)} sentinel_ca=${stranger.ca} ${certificate(papers_of.stranger, 'sentinel_')}`],
  'another authority': [({ trusted, papers_of }) => `ca=${trusted.ca} ${certificate(papers_of.trusted)}`,
                        /cannot be reached: no sentinel answers; [^\n]*: its certificate is not trusted: /],
  'no certificate': [({ both }) => `ca=${both}`, /cannot be reached: no sentinel answers; [^\n]*: it ends TLS, saying "certificate required"/],
}
for (const [name, [has, line]] of Object.entries(to_sentinels)) {
  test(`sentinels that ask for a certificate: ${name}`, in_time, async (t) => {
    const stage = await set_sentinel(t, has)
    if (!line) return log_in_and_out(stage)
    await eventually('it says why', () => line.test(stage.nginx.log()))
    assert.equal(await store_up(stage.nginx), '0')
  })
}
