// SPDX-License-Identifier: BSD-2-Clause
// What most journeys begin with: an issuer's keys, a private Redis and our nginx as the issuer's end_session endpoint.
import { free_port } from './house.mjs'
import { make_issuer } from './issuer.mjs'
import { start_nginx } from './nginx.mjs'
import { start_redis } from './redis.mjs'

export const query = (parameters) => Object.entries(parameters).filter(([, value]) => value !== undefined)
  .map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')

export async function set_stage(house, { clients, redis_how, redis_url, ...how }) {
  const host = '127.0.0.1'
  const port = await free_port(host)
  const issuer = await make_issuer(`http://${host}:${port}`)
  const redis = await start_redis(house, redis_how)
  if (redis_url) redis.url = redis_url
  const nginx = await start_nginx(house, { host, port, redis, issuer, clients, ...how })
  return { house, issuer, redis, nginx, hint: (claims, how) => issuer.id_token(claims, how),
           logout_url: (parameters) => `${nginx.logout}?${query(parameters)}` }
}

// A registration with a back-channel at `base`.
export const back_client = (client_id, base, more = {}) => ({
  client_id, client_secret: `secret-of-${client_id}`, redirect_uris: [`${base}/callback`],
  post_logout_redirect_uris: [`${base}/bye`], backchannel_logout_uri: `${base}/back`,
  backchannel_logout_session_required: true, ...more,
})
