// SPDX-License-Identifier: BSD-2-Clause
// Very many clients: how long `nginx -t` takes, what a logout costs beside few of them, by turns, and what users notice
// while a file of them is read anew.
import { execFile } from 'node:child_process'
import { renameSync, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { eventually, sleep } from '../t/journeys/parts/house.mjs'
import { logout } from './compare.mjs'
import { set_up } from './fanout.mjs'
import { median, number, quantile, remark, table, verdict } from './parts/numbers.mjs'
import { back_client } from './parts/sessions.mjs'

const run = promisify(execFile)

// As an OP exports them: members that we do not know, a few URIs each.
const registered = (i) => ({
  ...back_client(`registered-${i}`, `https://app-${i}.example.com`), client_name: `Application ${i}`, grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'], scope: 'openid profile email', contacts: [`team-${i}@example.com`], client_id_issued_at: 1700000000 + i,
  logo_uri: `https://app-${i}.example.com/logo.png`, token_endpoint_auth_method: 'client_secret_basic',
  redirect_uris: [`https://app-${i}.example.com/callback`, `https://app-${i}.example.com/silent`],
  post_logout_redirect_uris: [`https://app-${i}.example.com/bye`, `https://app-${i}.example.com/`] })

async function test_of(nginx) {
  const began = performance.now()
  await run('taskset', ['-c', '0', 'nginx', '-t', '-p', nginx.dir, '-c', 'nginx.conf', '-e', `${nginx.dir}/error.log`], { maxBuffer: 1 << 26 })
  return (performance.now() - began) / 1000
}

// The slowest of the requests for our keys, one each two milliseconds, while the worker reads the file anew.
async function while_read_anew(stage, file, text) {
  const known = () => (stage.nginx.log().match(/slo: clients .* now, /g) ?? []).length
  const before = known(), took = []
  writeFileSync(`${file}.new`, text)
  renameSync(`${file}.new`, file)
  const began = performance.now()
  while (known() === before && performance.now() - began < 60_000) {
    const asked = performance.now()
    await (await fetch(`${stage.nginx.url}/jwks`)).arrayBuffer()
    took.push(performance.now() - asked)
    await sleep(2)
  }
  return { seconds: (performance.now() - began) / 1000, took }
}

export async function bench(house, { quick }) {
  const many = quick ? 20_000 : 100_000, rounds = quick ? 4 : 12
  const sizes = [0, many]
  const stages = {}
  for (const size of sizes) {
    const file = house.write(`registered-${size}.json`, JSON.stringify(Array.from({ length: size }, (_, i) => registered(i)), null, 1))
    stages[size] = await set_up(house, { most: 3, name: `-${size}`, locations: 'location = /jwks { slo_jwks main; }',
                                        provider: `delivery wait=0 per_host=64 concurrency=64 first=10m; clients ${file} check=1s;` })
    stages[size].file = file
  }
  const tests = {}
  for (const size of sizes) {
    const seconds = []
    for (let i = 0; i < 3; ++i) seconds.push(await test_of(stages[size].nginx))
    tests[size] = median(seconds)
  }
  const ratios = [], costs = Object.fromEntries(sizes.map((size) => [size, []]))
  for (let round = -1; round < rounds; ++round) {
    const pair = {}
    for (const size of round % 2 ? sizes : sizes.toReversed()) pair[size] = (await logout(stages[size], 'ES256', 3, 300)).worker
    if (round < 0) continue  // warm
    for (const size of sizes) costs[size].push(pair[size])
    ratios.push(pair[many] / pair[0])
  }
  const { seconds, took } = await while_read_anew(stages[many], stages[many].file, JSON.stringify(Array.from({ length: many }, (_, i) => registered(i + 1)), null, 1))
  const bytes = JSON.stringify(Array.from({ length: many }, (_, i) => registered(i)), null, 1).length
  table(`${many} clients, ${number(bytes / 1e6, 0)} MB of JSON`, ['what', 'target', 'measured', 'met'], [
    ['`nginx -t`, s', ...verdict(tests[many], 3, { at_most: true })],
    ['`nginx -t` without them, s', '', number(tests[0], 2), ''],
    ["a logout's time of the worker, 3 clients, µs", '', number(median(costs[many])), ''],
    ['÷ without them, median of pairs', ...verdict(median(ratios), 1.05, { at_most: true })],
    ['read anew after, s', 'independent', number(seconds, 1), ''],
    ['meanwhile requests: p50, ms', '', number(quantile(took, 0.5), 2), ''],
    ['p99, ms', '', number(quantile(took, 0.99), 2), ''],
    ['slowest, ms', '', number(quantile(took, 1), 1), '']])
  remark('Each has 12 members that we know and 6 that we do not. The thread that reads shares the one core of the worker.')
}
