// SPDX-License-Identifier: BSD-2-Clause
// Starts the peer beside us, on the same core, and prepares its users' requests. Its logout is two requests, the question
// and the answer: it has no other way; the driver fills in the form.
import { free_port } from '../../t/journeys/parts/house.mjs'
import { cores } from './cores.mjs'
import { id_token } from './keys.mjs'
import { get, write_requests } from './tools.mjs'

export async function start_peer(house, { name, keys, clients, redis }) {
  const port = await free_port()
  const issuer = `http://127.0.0.1:${port}`
  const settings = house.write(`${name}.json`, JSON.stringify({ issuer, port, clients, redis: redis?.socket,
                                                                keys: { keys: Object.values(keys).map((key) => key.jwk) } }))
  const child = await house.start(name, ['taskset', '-c', cores.server, process.execPath, new URL('../peer_op.mjs', import.meta.url).pathname, settings],
                                  { host: '127.0.0.1', port }, { env: { ...process.env, NODE_ENV: 'production' } })
  const ask = async (path) => (await fetch(`${issuer}${path}`)).json()
  return {
    pid: child.pid, to: `127.0.0.1:${port}`, redis,
    async logouts(part, key, count) {
      const laid = await ask(`/lay-in?order=${encodeURIComponent(JSON.stringify({ count, of: part.map((client) => client.client_id) }))}`)
      const [client] = part
      return write_requests(house.path(`${name}-logouts`), laid.map(({ cookie, sub, sid }, i) => {
        const hint = id_token(key, { iss: issuer, aud: client.client_id, sub, sid })
        return get(`/session/end?id_token_hint=${hint}&post_logout_redirect_uri=${encodeURIComponent(client.post_logout_redirect_uris[0])}&state=s${i}`,
                   `127.0.0.1:${port}`, `Cookie: _session=${cookie}\r\n`)
      }))
    },
    async check() {
      const failures = await ask('/failures')
      if (failures.count) throw new Error(`${name}: ${failures.count} failures, the last: ${failures.last}`)
    },
  }
}
