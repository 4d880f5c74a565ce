// SPDX-License-Identifier: BSD-2-Clause
// In front of an application, over HTTP/2: of one connection's streams those of an ended session end, and no others.
import assert from 'node:assert/strict'
import { connect, constants } from 'node:http2'
import { test } from 'node:test'
import { set_guard } from './parts/guard_stage.mjs'
import { House, eventually, free_port, patience, sleep } from './parts/house.mjs'
import { ask_http2 } from './parts/http2.mjs'
import { query } from './parts/stage.mjs'

const in_time = { timeout: 60_000 }
const form = 'application/x-www-form-urlencoded'
const of_a_page = { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }

// One worker, to which one connection belongs; `ask` and `hold` are streams of it.
async function settle(t) {
  const house = new House(t), port = await free_port()
  const stage = await set_guard(house, { workers: 1, provider: 'end_session https://op.example/bye;',
    locations: `listen 127.0.0.1:${port} http2; location = /slo/out { slo_logout main token=$http_authorization; }` })
  const connection = connect(`http://127.0.0.1:${port}`)
  house.when_over(() => connection.destroy())
  const ask = (path, headers = {}) => new Promise((done, failed) => {
    const stream = connection.request({ ':path': path, ...headers })
    stream.on('response', (answer) => { stream.resume().on('end', () => done({ status: answer[':status'], headers: answer })) })
    stream.on('error', failed)
  })
  const back = async (claims) => {
    const token = await stage.issuer.logout_token({ aud: 'gateway', ...claims })
    return (await ask_http2(connection, '/slo/back', 'POST', form, [`logout_token=${token}`])).status
  }
  return { ...stage, connection, ask, back, visit: async (parameters) => (await ask(`/app/?${query(parameters)}`)).status }
}

// A stream that says something for ever, or will: how much it said, and what closed it.
function hold({ connection }, path) {
  const stream = connection.request({ ':path': path })
  const held = { bytes: 0, status: undefined, closed: undefined }
  stream.on('response', (answer) => { held.status = answer[':status'] })
  stream.on('data', (bytes) => { held.bytes += bytes.length })
  stream.on('error', () => {})
  stream.on('close', () => { held.closed = { at: Date.now(), code: stream.rstCode } })
  return held
}

function assert_well({ nginx, connection }) {
  assert.ok(!connection.closed && !connection.destroyed, 'the connection lives')
  assert.doesNotMatch(nginx.log(), /\[(error|crit|alert|emerg)\]|exited on signal/)
}

test('requests of an ended session are refused, among those of others', in_time, async (t) => {
  const stage = await settle(t)
  const all = (path = ['s1', 's2', 's3', 's1']) => Promise.all(path.map((sid) => stage.visit({ sid })))
  assert.deepEqual(await all(), [200, 200, 200, 200])
  assert.equal(await stage.back({ sid: 's1' }), 200)
  for (let i = 0; i < 5; ++i) assert.deepEqual(await all(), [401, 200, 200, 401])
  const frame = await stage.ask(`/slo/front?${query({ iss: stage.issuer.issuer, sid: 's2' })}`)
  assert.equal(frame.status, 200)
  assert.match(frame.headers['content-security-policy'], /frame-ancestors/)
  assert.deepEqual(await all(), [401, 401, 200, 401])
  assert_well(stage)
})

test('answers that go on end with their session, while the connection and its other streams live', in_time, async (t) => {
  const stage = await settle(t)
  const open = (sid) => Array.from({ length: 4 }, () => hold(stage, `/app/ticks?sid=${sid}`))
  const mine = open('s1'), others = open('s2')
  await eventually('all of them talk', () => [...mine, ...others].every(({ bytes }) => bytes > 0))
  assert.equal(await stage.back({ sid: 's1' }), 200)
  const ended = Date.now()
  await eventually('hers are closed', () => mine.every(({ closed }) => closed), 5000)
  for (const { closed } of mine) {
    assert.ok(closed.at - ended < 1000 * patience, `${closed.at - ended} ms`)
    assert.notEqual(closed.code, constants.NGHTTP2_NO_ERROR, 'an answer that was cut is not taken for a whole one')
  }
  const said = others.map(({ bytes }) => bytes)
  await eventually('the others talk on', () => others.every(({ bytes, closed }, i) => !closed && bytes > said[i] + 50))
  assert.equal(await stage.visit({ sid: 's3' }), 200)
  assert_well(stage)
})

test('a stream whose answer has not begun when its session ends gets none', in_time, async (t) => {
  const stage = await settle(t)
  const held = ['/app/late', '/app/late_unbuffered'].map((path) => hold(stage, `${path}?sid=s1`))
  const other = hold(stage, '/app/late?sid=s2')
  await eventually('the application has them', () => stage.app.seen.filter((url) => url.startsWith('/app/late')).length === 3)
  assert.equal(await stage.back({ sid: 's1' }), 200)
  await eventually('they are over', () => held.every(({ closed }) => closed), 5000)
  assert.deepEqual(held.map(({ bytes }) => bytes), [0, 0])
  await eventually('the other one begins', () => other.bytes > 0)
  assert_well(stage)
})

test('all streams of a connection may end in one look', in_time, async (t) => {
  const stage = await settle(t)
  const held = Array.from({ length: 60 }, (_, i) => hold(stage, `/app/ticks?sid=s${i}&sub=ann`))
  await eventually('all of them talk', () => held.every(({ bytes }) => bytes > 0))
  assert.equal(await stage.back({ sub: 'ann' }), 200)
  await eventually('all are closed', () => held.every(({ closed }) => closed), 5000)
  assert.equal(await stage.visit({ sid: 's1', sub: 'bob' }), 200)
  assert_well(stage)
})

test('a stream that its client calls off leaves the others alone', in_time, async (t) => {
  const stage = await settle(t)
  const stream = stage.connection.request({ ':path': '/app/ticks?sid=s1' })
  const mine = hold(stage, '/app/ticks?sid=s1'), other = hold(stage, '/app/ticks?sid=s2')
  await new Promise((done) => stream.once('data', done))
  stream.close(constants.NGHTTP2_CANCEL)
  assert.equal(await stage.back({ sid: 's1' }), 200)
  await eventually('hers is closed', () => mine.closed, 5000)
  await sleep(200)
  assert.equal(other.closed, undefined)
  assert_well(stage)
})

test('the logout button ends the session of all streams and leads to the OP', in_time, async (t) => {
  const stage = await settle(t)
  const mine = hold(stage, '/app/ticks?sid=s1'), other = hold(stage, '/app/ticks?sid=s2')
  await eventually('both talk', () => mine.bytes > 0 && other.bytes > 0)
  const token = await stage.issuer.id_token({ aud: 'gateway', sub: 'ann', sid: 's1' })
  const pressed = await stage.ask('/slo/out', { authorization: token, ...of_a_page })
  assert.equal(pressed.status, 303)
  const away = new URL(pressed.headers.location)
  assert.deepEqual([away.origin + away.pathname, away.searchParams.get('id_token_hint')], ['https://op.example/bye', token])
  await eventually('hers is closed', () => mine.closed, 5000)
  assert.deepEqual([await stage.visit({ sid: 's1' }), await stage.visit({ sid: 's2' }), other.closed], [401, 200, undefined])
  assert_well(stage)
})
