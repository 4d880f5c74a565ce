// SPDX-License-Identifier: BSD-2-Clause
// Sessions prepared through the management API, and the requests that end them.
import { id_token } from './keys.mjs'
import { drive_templates, get, post, write_requests } from './tools.mjs'

const digits = (number) => String(number).padStart(8, '0')
const query = (parameters) => Object.entries(parameters).map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')

// Names of ordinary length: a sid of 22 characters, a cookie of 43. `######## ` is where the tool puts the number.
const sid = (series, number) => `${series}-5f0cQb7kM2x`.slice(0, 14) + number
const cookie = (series, number) => `${sid(series, number)}.kJ8vYt3pQw6zLm1nBc4`
const subject = (series, number) => `${series}-user-${number}`

export const back_client = (client_id, base, alg = 'ES256') => ({
  client_id, client_secret: `secret-of-${client_id}`, redirect_uris: [`${base}/callback`], post_logout_redirect_uris: [`${base}/bye`],
  backchannel_logout_uri: `${base}/back`, backchannel_logout_session_required: true, id_token_signed_response_alg: alg,
})

// Logs `count` users in, each into all `clients`; what the driver said.
export async function log_in(house, nginx, { series, clients, from = 0, count, connections = 32 }) {
  const requests = clients.map(({ client_id }) => post('/api/main/sessions', 'localhost', 'application/json', JSON.stringify({
    client_id, sid: sid(series, '########'), sub: subject(series, '########'), session_cookie: cookie(series, '########') })))
  const file = write_requests(house.path(`logins-${series}`), requests)
  const said = await drive_templates(nginx.api, connections, file, from, count)
  const strange = Object.keys(said.statuses).filter((status) => status !== '201')
  if (strange.length) throw new Error(`registrations answered ${JSON.stringify(said.statuses)}`)
  return said
}

// The requests of those users' browsers, in a file.
export function logouts(house, nginx, { series, clients, key, from = 0, count, name = series }) {
  const requests = Array.from({ length: count }, (_, i) => {
    const number = digits(from + i)
    const id_token_hint = id_token(key, { iss: nginx.issuer, aud: clients[0].client_id, sub: subject(series, number), sid: sid(series, number) })
    return get(`/logout?${query({ id_token_hint, post_logout_redirect_uri: clients[0].post_logout_redirect_uris[0], state: `s${number}` })}`,
               nginx.to, `Cookie: _session=${cookie(series, number)}\r\n`)
  })
  return write_requests(house.path(`logouts-${name}-${from}`), requests)
}
