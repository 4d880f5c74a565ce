// SPDX-License-Identifier: BSD-2-Clause
// In front of an application, over HTTP/3, by Chromium; where nginx has it.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { make_authority } from './parts/certificates.mjs'
import { start_chromium } from './parts/chromium.mjs'
import { set_guard } from './parts/guard_stage.mjs'
import { House, eventually, free_port } from './parts/house.mjs'

const name = 'op.slo.test'
const says = spawnSync('nginx', ['-V'], { encoding: 'utf8' }).stderr
const skip = says.includes('http_v3_module') ? false : 'this nginx has no HTTP/3'
const how = { timeout: 90_000, skip }

function certify(house) {
  const { cert, key } = make_authority(house, 'authority').issue(name)
  const [cert_file, key_file] = [['cert', cert], ['key', key]].map(([file, text]) => house.write(`${file}.pem`, text))
  const spki = createHash('sha256').update(new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' })).digest('base64')
  return { lines: `ssl_certificate ${cert_file}; ssl_certificate_key ${key_file};`, spki }
}

// One worker, to which the browser's one connection belongs.
async function settle(t, locations = '') {
  const house = new House(t), port = await free_port(), { lines, spki } = certify(house)
  const stage = await set_guard(house, { workers: 1, provider: 'end_session https://op.example/bye;',
    locations: `listen 127.0.0.1:${port} quic; listen 127.0.0.1:${port} ssl; ${lines}
      location = / { default_type text/html; return 200 '<title>here</title>'; }
      location = /favicon.ico { return 204; }
      location = /version { return 200 $server_protocol; }
      location = /slo/out { slo_logout main token=$http_authorization; } ${locations}` })
  const chromium = await start_chromium(house, { flags: [`--origin-to-force-quic-on=${name}:${port}`,
    `--host-resolver-rules=MAP ${name} 127.0.0.1`, `--ignore-certificate-errors-spki-list=${spki}`] })
  const page = await chromium.new_page()
  const url = `https://${name}:${port}`
  await page.goto(`${url}/`)
  await eventually('the page is there', () => page.read('document.title === "here"'))
  const ask = (path, init = {}) => page.run(`fetch(${JSON.stringify(path)}, ${JSON.stringify(init)}).then(async (a) => ({ status: a.status, body: await a.text() }))`)
  assert.deepEqual(await ask('/version'), { status: 200, body: 'HTTP/3.0' })
  const back = async (claims) => {
    const body = `logout_token=${await stage.issuer.logout_token({ aud: 'gateway', ...claims })}`
    return (await ask('/slo/back', { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body })).status
  }
  return { ...stage, page, url, ask, back, visit: async (sid) => (await ask(`/app/?sid=${sid}`)).status }
}

// A stream that says something for ever: what it said, and how it ended, by its number on the page.
const hold = ({ page }, path) => page.run(`(async () => {
  const held = { bytes: 0, over: '' }, number = (window.held ??= []).push(held) - 1
  const answer = await fetch(${JSON.stringify(path)}), reader = answer.body.getReader()
  void (async () => { for (;;) { const { done, value } = await reader.read(); if (done) return 'whole'; held.bytes += value.length } })()
    .then((over) => { held.over = over }, () => { held.over = 'cut' })
  return number })()`)
const state_of = ({ page }, number) => page.read(`window.held[${number}]`)

const assert_well = ({ nginx }) => assert.doesNotMatch(nginx.log(), /\[(error|crit|alert|emerg)\]|exited on signal/)

test('over HTTP/3 requests of an ended session are refused, and its answers that go on are cut', how, async (t) => {
  const stage = await settle(t)
  assert.deepEqual([await stage.visit('s1'), await stage.visit('s2')], [200, 200])
  const mine = await hold(stage, '/app/ticks?sid=s1'), other = await hold(stage, '/app/ticks?sid=s2')
  assert.equal(await stage.back({ sid: 's1' }), 200)
  await eventually('hers is cut', async () => (await state_of(stage, mine)).over === 'cut', { within: 5000 })
  assert.deepEqual([await stage.visit('s1'), await stage.visit('s2')], [401, 200])
  const said = (await state_of(stage, other)).bytes
  await eventually('the other one talks on', async () => (await state_of(stage, other)).bytes > said + 50)
  assert_well(stage)
})

test('over HTTP/3 a body that nobody reads, and one that is called off, hurt nobody else', how, async (t) => {
  const stage = await settle(t)
  assert.equal(await stage.back({ sid: 's1' }), 200)
  const big = { method: 'POST', body: 'x'.repeat(20_000) }  // of megabytes nginx itself tells Chromium no end
  for (const path of ['/app/?sid=s1', '/slo/back', '/slo/front', '/slo/out']) {
    const { status } = await stage.ask(path, big).catch(() => ({ status: 'cut' }))
    assert.ok([400, 401, 403, 405, 413, 415, 'cut'].includes(status), `${path}: ${status}`)
  }
  const called_off = (path) => stage.page.run(`(async () => {
    const off = new AbortController(), never = new ReadableStream({ start: (it) => it.enqueue(new TextEncoder().encode('logout_token=')) })
    const asked = fetch(${JSON.stringify(path)}, { method: 'POST', body: never, duplex: 'half', signal: off.signal,
      headers: { 'content-type': 'application/x-www-form-urlencoded' } }).then((a) => a.status, () => 'called off')
    setTimeout(() => off.abort(), 300)
    return asked })()`)
  assert.deepEqual(await Promise.all(['/slo/back', '/slo/back', '/slo/back'].map(called_off)), ['called off', 'called off', 'called off'])
  assert.deepEqual([await stage.visit('s1'), await stage.visit('s2')], [401, 200])
  assert_well(stage)
})
