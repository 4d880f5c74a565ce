// SPDX-License-Identifier: BSD-2-Clause
// What receivers that hang, drip or refuse cost those that answer, and the users whose pages name many applications.
import http from 'node:http'
import { eventually } from '../t/journeys/parts/house.mjs'
import { live_beside, ways_to_be_bad } from '../t/journeys/parts/neighbourhood.mjs'
import { manners, start_receiver } from '../t/journeys/parts/receivers.mjs'
import { back_client, set_stage } from '../t/journeys/parts/stage.mjs'
import { send } from '../t/journeys/parts/browser_jar.mjs'
import { number, quantile, remark, table, verdict } from './parts/numbers.mjs'

const wait_ms = 500
const addresses = (count) => Array.from({ length: count }, (_, i) => `127.4.${Math.floor(i / 250)}.${(i % 250) + 1}`)

async function neighbours(elsewhere, { quick }) {
  const rows = [], worst = { p99: 0, untried: 0 }
  const settings = [[0, 'hang'], ...[20, 500].flatMap((bad) => Object.keys(ways_to_be_bad).map((way) => [bad, way]))]
  for (const workers of [1, 2]) {
    for (const [bad, way] of settings) {
      const { waited, untried } = await elsewhere((house) =>
        live_beside(house, { bad, way, workers, logouts: quick ? 300 : 1000, every: 10 }))
      const p99 = quantile(waited, 0.99)
      worst.p99 = Math.max(worst.p99, p99)
      worst.untried += untried
      rows.push([bad ? `${bad} that ${way}` : 'none', String(workers), ...[0.5, 0.9].map((q) => number(quantile(waited, q))), number(p99),
                 number(waited.at(-1)), String(untried)])
    }
  }
  table('Tokens of receivers that answer, beside others', ['others', 'workers', 'median ms', 'p90', 'p99', 'max', 'dead and never tried'], rows)
  return worst
}

// Pages of sessions with `count` clients, while 500 receivers of the same provider hang.
async function pages(house, count, logouts) {
  const hosts = addresses(500)
  const app = await start_receiver(house)
  const hung = await start_receiver(house, { host: hosts[0], also: hosts.slice(1), behave: manners.hanging })
  const es256 = { id_token_signed_response_alg: 'ES256' }
  const clients = Array.from({ length: count }, (_, i) => back_client(`app-${i}`, `${app.url}/${i}`, es256))
  const others = hosts.map((host, i) => back_client(`hung-${i}`, `http://${host}:${hung.port}`, es256))
  const stage = await set_stage(house, { clients: [...clients, ...others], workers: 1, provider: `delivery wait=${wait_ms}ms timeout=20s;` })
  const agent = new http.Agent({ keepAlive: true, maxSockets: 16 })
  const sign_in = (members, sid) => Promise.all(members.map(({ client_id }) => stage.nginx.register({ client_id, sid, sub: 'ann' }, agent)))
  await sign_in(others, 'hung')
  await stage.nginx.ask('DELETE', 'sessions/hung')
  await eventually('most of them are called', () => hung.requests.length >= 350)
  const took = []
  for (let n = 0; n < logouts; ++n) {
    await sign_in(clients, `s${n}`)
    const hint = await stage.hint({ aud: 'app-0', sub: 'ann', sid: `s${n}` }, { alg: 'ES256' })
    const began = performance.now()
    const { status, body } = await send(stage.logout_url({ id_token_hint: hint }))
    took.push(performance.now() - began)
    const named = [...body.matchAll(/<li><span>/g)].length
    if (status !== 200 || named !== count) throw new Error(`${status}, ${named} of ${count} named`)
  }
  return took
}

export async function bench(house, { quick, elsewhere }) {
  const worst = await neighbours(elsewhere, { quick })
  const rows = []
  for (const [count, logouts] of [[40, 100], [1000, quick ? 20 : 100]]) {
    const took = await elsewhere((other) => pages(other, count, logouts))
    rows.push([`${logouts} pages of ${count} clients beside 500 that hang: longest, ms`,
               ...verdict(Math.max(...took), wait_ms + 100, { at_most: true, digits: 0 })])
  }
  table('Neighbours: targets', ['what', 'target', 'measured', 'met'], [
    ['tokens of receivers that answer: worst p99, ms', ...verdict(worst.p99, 50, { at_most: true, digits: 1 })],
    ['dead letters that nobody tried', ...verdict(worst.untried, 0, { at_most: true, digits: 0 })], ...rows])
  remark('A logout every 10 ms, of one receiver that answers and two of the others; from the request that ends the session to the token. ' +
         `Pages wait for first answers for ${wait_ms} ms. All on the same cores.`)
}
