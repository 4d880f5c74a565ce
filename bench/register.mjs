// SPDX-License-Identifier: BSD-2-Clause
// Registrations per second: by the API, and by slo_session on requests that pass anyway.
import { sleep } from '../t/journeys/parts/house.mjs'
import { set_up } from './fanout.mjs'
import { spent_by } from './parts/cpu.mjs'
import { medians, number, table } from './parts/numbers.mjs'
import { log_in } from './parts/sessions.mjs'
import { drive_templates, get, write_requests } from './parts/tools.mjs'

export async function bench(house, { quick }) {
  const stage = await set_up(house, { most: 3 })
  const { nginx, redis } = stage
  const count = quick ? 3000 : 20_000, rounds = quick ? 2 : 5, connections = 32
  const clients = stage.clients.ES256.slice(0, 3)
  const login = (round, path) => write_requests(house.path(`login-${round}`), clients.map(({ client_id }) =>
    get(`${path}?client=${client_id}&sub=user-########&sid=d${round}-5f0cQb7kM2x########`, nginx.to, `Cookie: _session=c${round}-kJ8vYt3pQw6zLm1nBc4########\r\n`)))
  const one = async (work) => {
    const { cpu, result } = await spent_by({ nginx: nginx.worker, redis: redis.pid }, async () => {
      const said = await work()
      await sleep(100)
      return said
    })
    const { answers, seconds, p50_us, p99_us } = result
    return { wall: answers / seconds, nginx: cpu.nginx.all / answers, redis: cpu.redis.all / answers, p50: p50_us / 1000, p99: p99_us / 1000 }
  }
  const runs = { api: [], directive: [], without: [] }
  for (let round = 0; round < rounds; ++round) {
    runs.api.push(await one(() => log_in(house, nginx, { series: `a${round}`, clients, count, connections })))
    runs.directive.push(await one(() => drive_templates(nginx.to, connections, login(round, '/login'), 0, count)))
    runs.without.push(await one(() => drive_templates(nginx.to, connections, login(round, '/no-login'), 0, count)))
  }
  const row = (name, { nginx: worker, redis: store, wall, p50, p99 }) =>
    [name, number(1e6 / (worker + store), 0), number(wall, 0), number(worker), number(store), number(p50, 2), number(p99, 2)]
  table(`Registrations, ${count} sessions of 3 clients`, ['by', 'per second of a core', 'seen', 'nginx µs', 'Redis µs', 'p50 ms', 'p99 ms'], [
    row('POST …/sessions', medians(runs.api)), row('`slo_session` on `return 204`', medians(runs.directive)),
    row('(`return 204` alone)', medians(runs.without))])
}
