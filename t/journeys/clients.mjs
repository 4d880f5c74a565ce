// SPDX-License-Identifier: BSD-2-Clause
// Clients change while nginx runs: in a file, at a URL, on every worker; what cannot be used (clients_unusable) changes nothing.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { execFileSync } from 'node:child_process'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { test } from 'node:test'
import { House, eventually, free_port, sleep } from './parts/house.mjs'
import { start_receiver } from './parts/receivers.mjs'
import { back_client, set_stage } from './parts/stage.mjs'

const get = (url) => new Promise((done, failed) => {
  http.get(url, { agent: false, headers: { connection: 'close' } }, async (answer) => {
    let body = ''
    for await (const piece of answer) body += piece
    done({ status: answer.statusCode, body })
  }).on('error', failed)
})

const is_quiet = (stage) => assert.doesNotMatch(stage.nginx.log(), /\[(crit|alert|emerg)\]|signal 11|AddressSanitizer/)

async function set_clients(house, { clients = ['one'], check = '1s', workers = 2, ...how } = {}) {
  const app = await start_receiver(house)
  const client = (id, more) => back_client(id, app.url, more)
  const stage = await set_stage(house, { clients: clients.map((id) => client(id)), check, workers, listen: ' reuseport', ...how })
  const dir = house.path('nginx')
  const file = `${dir}/clients.json`
  const lines = () => [...stage.nginx.log().matchAll(/\[(warn|notice|error)\] .*?slo: ((?:clients|a list of clients|the clients) .*)/g)]
    .map(([, level, line]) => `${level} ${line.replaceAll(dir, 'DIR').replace(/127\.0\.0\.1:\d+/g, 'OP')}`)
  return Object.assign(stage, {
    app, file, client, lines,
    put: (text) => { writeFileSync(`${file}.new`, text); renameSync(`${file}.new`, file) },
    put_clients: (...ids) => stage.put(JSON.stringify(ids.map((id) => client(id)), null, 1)),
    // Every worker: the system shares connections out by their ports, and 40 find each of a few workers.
    knows: async (id) => {
      for (let n = 0; n < 40; ++n) {
        const { status, body } = await get(stage.logout_url({ client_id: id, post_logout_redirect_uri: `${app.url}/bye` }))
        if (status !== 200 || !body.includes('name="ticket"')) return false
      }
      return true
    },
    knows_not: async (id) => {
      for (let n = 0; n < 40; ++n) {
        if ((await get(stage.logout_url({ client_id: id }))).status !== 400) return false
      }
      return true
    },
    current: async (value) => eventually(`slo_clients_current ${value}`, async () =>
      (await stage.nginx.metrics()).includes(`slo_clients_current{provider="main"} ${value}\n`)),
  })
}

test('a file that is replaced brings its clients to every worker, without a reload, and takes others away', { timeout: 60_000 }, async (t) => {
  const stage = await set_clients(new House(t), { workers: 3 })
  assert.ok(await stage.knows('one') && await stage.knows_not('two'))
  stage.put_clients('two', 'three')
  await eventually('two is known', () => stage.knows('two'), { within: 10_000 })
  await eventually('one is gone', () => stage.knows_not('one'), { within: 10_000 })
  assert.deepEqual(stage.lines(), ['notice clients "DIR/clients.json": 2 now, 2 of the provider\'s are new, 1 gone, provider "main"'])
  assert.match(await stage.nginx.metrics(), /slo_clients{provider="main"} 2\n[^]*slo_clients_current{provider="main"} 1\n/)
  await stage.nginx.register({ sid: 's1', sub: 'ann', client_id: 'two' })
  await get(stage.logout_url({ id_token_hint: await stage.hint({ aud: 'two', sub: 'ann', sid: 's1' }) }))
  await eventually('two is told', () => stage.app.requests.length === 1)
  is_quiet(stage)
})

test('what cannot be used changes nothing, is told once, and is over with the next file that can', { timeout: 90_000 }, async (t) => {
  const stage = await set_clients(new House(t), { workers: 1 })
  const cases = [
    ['[{"client_id": "two"},', /^:1:\d+: /],
    ['[]', /^ leaves no client at all, which is hardly meant: a reload takes that$/],
    [JSON.stringify([stage.client('two'), stage.client('two')]), /^:1:\d+: "client_id" "two" stands twice$/],
    [JSON.stringify([stage.client('two', { id_token_signed_response_alg: 'EdDSA' })]), /^: client "two" has a "backchannel_logout_uri" and wants EdDSA logout tokens, but no "signing_key"/],
  ]
  for (const [text, why] of cases) {
    const before = stage.lines().length
    stage.put(text)
    await eventually(`a line of ${text.slice(0, 40)}`, () => stage.lines().length > before, { within: 10_000 })
    const [, said] = stage.lines().at(-1).match(/^error a list of clients cannot be used: "DIR\/clients\.json"(.*); the \d+ clients that it had stay, provider "main"$/)
    assert.match(said, why)
    await stage.current(0)
  }
  assert.ok(await stage.knows('one') && await stage.knows_not('two'))
  rmSync(stage.file)
  execFileSync('mkfifo', [stage.file])
  cases.push('a pipe')
  await eventually('no file', () => stage.lines().length >= cases.length, { within: 10_000 })
  assert.match(stage.lines().at(-1), /^error a list of clients cannot be used: "DIR\/clients\.json" is no regular file; the 1 clients/)
  rmSync(stage.file)
  await eventually('it is gone', () => stage.lines().length > cases.length, { within: 10_000 })
  assert.match(stage.lines().at(-1), /^error a list of clients cannot be used: "DIR\/clients\.json" open\(\) failed \(2: No such file or directory\); the 1 clients/)
  await sleep(2500)
  assert.equal(stage.lines().filter((line) => line.startsWith('error')).length, cases.length + 1, 'each is told once')
  stage.put_clients('one', 'two')
  await eventually('two is known', () => stage.knows('two'), { within: 10_000 })
  is_quiet(stage)
})

test('a client moves from one file to another, whichever is seen first, and one that does not fit waits until it does', { timeout: 90_000 }, async (t) => {
  const house = new House(t)
  const second = house.write('second.json', '[]')
  const stage = await set_clients(house, { workers: 2, provider: `clients ${second} check=1s;` })
  const put_second = (...ids) => { writeFileSync(`${second}.new`, JSON.stringify(ids.map((id) => stage.client(id)))); renameSync(`${second}.new`, second) }
  put_second('two')
  await eventually('two is known', () => stage.knows('two'), { within: 10_000 })
  put_second()
  await eventually('two is gone: there are others', () => stage.knows_not('two'), { within: 10_000 })
  put_second('one', 'two', 'three')
  await stage.current(0)
  assert.ok(await stage.knows('one') && await stage.knows_not('two') && await stage.knows_not('three'))
  stage.put_clients('four')
  await eventually('one has moved, and brings the others', async () => await stage.knows('one') && await stage.knows('three') && await stage.knows('four'), { within: 10_000 })
  stage.put_clients('four', 'two')
  put_second('one', 'three')
  await eventually('two has moved back', async () => await stage.knows('two') && await stage.knows('four') && await stage.knows('three'), { within: 15_000 })
  await stage.current(1)
  is_quiet(stage)
})

test('a client moves beside a source that fits nobody, and what is newer and broken takes the place of nothing', { timeout: 90_000 }, async (t) => {
  const house = new House(t)
  const [second, third] = ['second', 'third'].map((name) => house.write(`${name}.json`, '[]'))
  const stage = await set_clients(house, { workers: 1, provider: `clients ${second} check=1s; clients ${third} check=1s;` })
  const put = (file, text) => { writeFileSync(`${file}.new`, text); renameSync(`${file}.new`, file) }
  const list = (...ids) => JSON.stringify(ids.map((id) => stage.client(id)))
  put(second, list('two'))
  await eventually('two is known', () => stage.knows('two'), { within: 10_000 })
  put(third, list('one', 'three'))
  await stage.current(0)
  stage.put_clients('one', 'two')
  put(second, list('four'))
  await eventually('two has moved', async () => await stage.knows('two') && await stage.knows('four'), { within: 10_000 })
  assert.ok(await stage.knows_not('three'))
  put(third, '[')
  await eventually('it is broken', () => /third\.json":1:\d+: /.test(stage.lines().at(-1)), { within: 10_000 })
  stage.put_clients('two')
  await eventually('one is gone', () => stage.knows_not('one'), { within: 10_000 })
  assert.ok(await stage.knows_not('three'))
  await stage.current(0)
  is_quiet(stage)
})

test('a worker that takes a dead one\'s place has the clients of now, not those of the start', { timeout: 60_000 }, async (t) => {
  const stage = await set_clients(new House(t), { workers: 1, check: '6s' })
  stage.put_clients('two')
  await eventually('two is known', () => stage.knows('two'), { within: 15_000 })
  const [worker] = stage.nginx.workers()
  process.kill(worker, 'SIGKILL')
  await eventually('another one serves', async () => stage.nginx.workers().length === 1 && stage.nginx.workers()[0] !== worker)
  await eventually('two is known', () => stage.knows('two'), { within: 4_000 })
  assert.ok(await stage.knows_not('one'))
})

test('a file that is written piece by piece is read when it is whole', { timeout: 60_000 }, async (t) => {
  const stage = await set_clients(new House(t), { workers: 1 })
  const text = JSON.stringify(['one', 'two'].map((id) => stage.client(id)))
  for (let part = 1; part <= 12; ++part) {
    writeFileSync(stage.file, text.slice(0, Math.ceil(text.length * part / 12)))
    await sleep(250)
  }
  await eventually('two is known', () => stage.knows('two'), { within: 10_000 })
  assert.deepEqual(stage.lines().map((line) => line.split(' ')[0]), ['notice'])
})

test('logouts go on while lists of thousands of clients come and go under them, and nobody is lost', { timeout: 120_000 }, async (t) => {
  const stage = await set_clients(new House(t), { workers: 2 })
  const many = (round) => [stage.client('one'), ...Array.from({ length: 3000 }, (_, n) => stage.client(`r${round}-${n}`))]
  let stop = false, logouts = 0
  const users = Array.from({ length: 8 }, async (_, user) => {
    for (let n = 0; !stop; ++n) {
      const sid = `u${user}-${n}`
      await stage.nginx.register({ sid, sub: `u${user}`, client_id: 'one' })
      const { status } = await get(stage.logout_url({ id_token_hint: await stage.hint({ aud: 'one', sub: `u${user}`, sid }) }))
      assert.equal(status, 200)
      ++logouts
    }
  })
  for (let round = 0; round < 5; ++round) {
    stage.put(JSON.stringify(many(round)))
    await eventually(`round ${round}`, () => stage.lines().length > round, { within: 20_000 })
  }
  stop = true
  await Promise.all(users)
  assert.ok(stage.lines().every((line) => line.startsWith('notice')), stage.lines().join('\n'))
  await eventually('all are told', () => stage.app.requests.length === logouts, { within: 20_000 })
  t.diagnostic(`${logouts} logouts meanwhile`)
  is_quiet(stage)
})

// A server of clients that `at.answer` answers for; `at.asked` counts.
async function set_url(house, how = {}) {
  const at = { asked: 0, answer: (to) => to.writeHead(404).end() }
  const port = await free_port()
  const server = http.createServer((request, answer) => { ++at.asked; at.last = request; at.answer(answer) })
  at.listen = async () => { server.listen(port, '127.0.0.1'); await once(server, 'listening') }
  house.when_over(() => { server.close(); server.closeAllConnections() })
  const stage = await set_clients(house, { check: '', provider: `clients http://127.0.0.1:${port}/clients?all=1 check=1s;`, ...how })
  const list = (...ids) => JSON.stringify(ids.map((id) => stage.client(id)))
  return Object.assign(stage, { at, serve: (...ids) => { at.answer = (to) => to.writeHead(200, { 'content-type': 'application/json' }).end(list(...ids)) } })
}

test('clients of a URL come once it answers, are fetched by one worker for all, and follow what it says', { timeout: 90_000 }, async (t) => {
  const stage = await set_url(new House(t), { workers: 3 })
  await stage.current(0)
  assert.ok(await stage.knows('one'), 'those of the file are there')
  stage.serve('two')
  await stage.at.listen()
  await eventually('two is known', () => stage.knows('two'), { within: 15_000 })
  await stage.current(1)
  assert.deepEqual([stage.at.last.method, stage.at.last.url, stage.at.last.headers.accept], ['GET', '/clients?all=1', 'application/json'])
  const [asked, began] = [stage.at.asked, Date.now()]
  await sleep(3000)
  const each = (stage.at.asked - asked) / ((Date.now() - began) / 1000)
  assert.ok(each < 1.7, `${each} fetches a second by three workers`)
  stage.serve('three')
  await eventually('three is known', () => stage.knows('three'), { within: 15_000 })
  await eventually('two is gone', () => stage.knows_not('two'), { within: 15_000 })
  process.kill(stage.nginx.child.pid, 'SIGHUP')
  await sleep(1000)
  assert.ok(await stage.knows('three'), 'a reload keeps them')
  assert.match(stage.lines()[0], /^error a list of clients cannot be used: http:\/\/OP\/clients\?\.\.\. connect\(\) failed \(111: Connection refused\); the 0 clients that it had stay/)
  is_quiet(stage)
})

test('what a URL answers and nobody can use changes nothing, whatever it is, and is told once', { timeout: 90_000 }, async (t) => {
  const stage = await set_url(new House(t), { workers: 1 })
  stage.serve('two')
  await stage.at.listen()
  await eventually('two is known', () => stage.knows('two'), { within: 15_000 })
  const send = (status, body, headers = {}) => (to) => to.writeHead(status, headers).end(body)
  const wrong = {
    'is answered with 302: redirects are not followed': send(302, '', { location: '/other' }),
    'has more than 4194304 bytes': send(200, ' '.repeat(5_000_000)),
    'broke off': (to) => { to.writeHead(200, { 'content-length': 100 }); to.write('['); setTimeout(() => to.destroy(), 50) },
    'the provider has two clients "one"': send(200, JSON.stringify([stage.client('one')])),
  }
  for (const [why, answer] of Object.entries(wrong)) {
    const before = stage.lines().filter((line) => line.startsWith('error')).length
    stage.at.answer = answer
    await stage.current(0)
    const errors = stage.lines().filter((line) => line.startsWith('error'))
    assert.equal(errors.length, before + 1, why)
    assert.ok(errors.at(-1).includes(why), `${errors.at(-1)} is not: ${why}`)
    assert.ok(await stage.knows('two') && await stage.knows('one'), why)
    stage.serve('two')
    await stage.current(1)
  }
  stage.at.answer = wrong['has more than 4194304 bytes']
  await stage.current(0)
  stage.at.answer = send(401, '[]')
  await eventually('another reason is told as well', () => stage.lines().at(-1).includes('is answered with 401'), { within: 20_000 })
  assert.doesNotMatch(stage.nginx.log(), /slo: .*all=1/, 'no query in our lines')
  is_quiet(stage)
})
