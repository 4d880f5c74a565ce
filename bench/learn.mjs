// SPDX-License-Identifier: BSD-2-Clause
// What a token response costs that is learnt from, beside the same response through the same location without slo_learn,
// and beside the check of its signature by OpenSSL alone.
import { createServer } from 'node:http'
import { sleep } from '../t/journeys/parts/house.mjs'
import { set_up } from './fanout.mjs'
import { spent_by } from './parts/cpu.mjs'
import { id_token } from './parts/keys.mjs'
import { medians, number, remark, table } from './parts/numbers.mjs'
import { drive, post, raw_signing, write_requests } from './parts/tools.mjs'

const algs = ['ES256', 'RS256']
const type = 'application/x-www-form-urlencoded'

// Answers each code with the response that was laid ready for it.
async function start_token_endpoint(house) {
  const laid = new Map()
  const server = createServer((request, answer) => {
    let form = ''
    request.on('data', (piece) => { form += piece }).on('end', () => {
      const body = laid.get(new URLSearchParams(form).get('code'))
      answer.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', 'Content-Length': body.length }).end(body)
    })
  })
  server.keepAliveTimeout = 60_000
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  house.when_over(() => { server.closeAllConnections(); server.close() })
  return { laid, door: `127.0.0.1:${server.address().port}` }
}

const proxied = 'proxy_pass http://op; proxy_http_version 1.1; proxy_set_header Connection "";'
const locations = `location = /token { slo_learn main; ${proxied} }\n    location = /untouched { ${proxied} }`

// `count` logins of as many users, each with a session of its own; the requests of their client, in a file.
function lay_ready({ house, nginx, keys, clients, op }, alg, series, count) {
  op.laid.clear()
  const bodies = Array.from({ length: count }, (_, i) => {
    const name = `${series}-${String(i).padStart(8, '0')}`
    const token = id_token(keys[alg], { iss: nginx.issuer, aud: clients[alg][0].client_id, sub: `user-${name}`, sid: `5f0cQb7kM2x-${name}`,
                                        auth_time: Math.floor(Date.now() / 1000), nonce: 'n-0S6_WzA2Mj-kJ8vYt3pQw6zLm1nBc4' })
    op.laid.set(name, Buffer.from(JSON.stringify({ access_token: 'x'.repeat(43), token_type: 'Bearer', expires_in: 300, id_token: token })))
    return `grant_type=authorization_code&code=${name}&redirect_uri=${encodeURIComponent(clients[alg][0].redirect_uris[0])}`
  })
  return (path) => write_requests(house.path(`tokens-${series}-${path.slice(1)}`), bodies.map((body) => post(path, nginx.to, type, body)))
}

async function cost_of({ nginx, redis }, file, count) {
  const { cpu, result } = await spent_by({ nginx: nginx.worker, redis: redis.pid }, async () => {
    const driven = await drive(nginx.to, 8, file)
    await sleep(50)
    return driven
  })
  if (result.statuses['200'] !== count) throw new Error(`answers were ${JSON.stringify(result.statuses)}`)
  return { worker: cpu.nginx.all / count, redis: cpu.redis.all / count, p50: result.p50_us / 1000, p99: result.p99_us / 1000 }
}

const sessions_in = async (redis) => Number(await redis.ask('EVAL', `return #redis.call('KEYS', '*:s:*')`, 0))

export async function bench(house, { quick }) {
  const op = await start_token_endpoint(house)
  const stage = { ...await set_up(house, { most: 1, upstreams: () => [{ name: 'op', door: op.door, keepalive: 32 }], locations }), house, op }
  const count = quick ? 1500 : 6000, rounds = quick ? 3 : 7, rows = []
  for (const alg of algs) {
    const runs = { learnt: [], untouched: [] }
    for (let round = 0; round <= rounds; ++round) {  // the first one warms
      const file_for = lay_ready(stage, alg, `${alg}${round}`, count)
      const known = await sessions_in(stage.redis)
      for (const [name, path] of round % 2 ? [['learnt', '/token'], ['untouched', '/untouched']] : [['untouched', '/untouched'], ['learnt', '/token']]) {
        runs[name].push(await cost_of(stage, file_for(path), count))
      }
      const learnt = await sessions_in(stage.redis) - known
      if (learnt !== count) throw new Error(`${learnt} of ${count} logins were learnt`)
    }
    const { verify_us } = await raw_signing(stage.nginx.pem[alg], { bytes: 600, count: quick ? 2000 : 6000 })
    const [learnt, untouched] = [medians(runs.learnt.slice(1)), medians(runs.untouched.slice(1))]
    const more = learnt.worker - untouched.worker
    rows.push([alg, number(untouched.worker), number(learnt.worker), number(learnt.worker / untouched.worker, 2), number(more), number(verify_us),
               number(more / verify_us, 2), number(learnt.redis), number(untouched.p50, 2), number(learnt.p50, 2)])
  }
  table(`Token responses, ${count} logins`, ['signed by', 'worker µs, untouched', 'learnt', 'learnt ÷ untouched', 'more µs', 'OpenSSL verifies in µs',
                                             'more ÷ that', 'Redis µs', 'p50 ms, untouched', 'learnt'], rows)
  remark('Each response is proxied from a token endpoint; the rows differ by slo_learn alone. "More" holds the check of the ID Token, its JSON, ' +
         'one command to Redis and its reply, and the holding of the answer until it has come.')
}
