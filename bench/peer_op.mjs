// SPDX-License-Identifier: BSD-2-Clause
// The peer: npm oidc-provider as an OpenID Provider with back-channel logout; sessions are laid into its store through the
// provider's own models. Started by peer.mjs: node peer_op.mjs SETTINGS.json
import { readFileSync } from 'node:fs'
import Provider from 'oidc-provider'
import { memory_adapter, redis_adapter } from './peer_stores.mjs'

const { issuer, port, keys, clients, redis } = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const op = new Provider(issuer, {
  adapter: redis ? redis_adapter(redis) : memory_adapter(),
  clients: clients.map((client) => ({ ...client, grant_types: ['authorization_code'], response_types: ['code'] })),
  jwks: keys,
  cookies: { keys: undefined },
  enabledJWA: { idTokenSigningAlgValues: ['RS256', 'ES256'] },
  features: { rpInitiatedLogout: { enabled: true }, backchannelLogout: { enabled: true }, devInteractions: { enabled: false } },
  // Its guard against receivers on loopback is left out, as all of ours are there; connections are kept as by default.
  fetch: (url, { dispatcher, ...options }) => globalThis.fetch(url, options),
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
})
const failures = { count: 0, last: '' }
for (const event of ['backchannel.error', 'server_error', 'end_session.error']) {
  op.on(event, (ctx, error) => { ++failures.count; failures.last = `${event}: ${error?.message} ${error?.cause?.message ?? ''}` })
}

async function lay_in({ count, of }) {
  const life = 3600, laid = []
  for (let i = 0; i < count; ++i) {
    const accountId = `user-${i}`
    const session = new op.Session({ accountId, loginTs: Math.floor(Date.now() / 1000) })
    session.authorizations = {}
    for (const clientId of of) {
      const grantId = await new op.Grant({ accountId, clientId }).save(life)
      session.authorizations[clientId] = { sid: `${session.uid}-${clientId}`, grantId }
    }
    await session.save(life)
    laid.push({ cookie: session.id, sub: accountId, sid: session.authorizations[of[0]].sid })
  }
  return laid
}

// What the measurement asks for, on the way to the provider's own routes.
op.use(async (ctx, next) => {
  if (ctx.path === '/lay-in') ctx.body = await lay_in(JSON.parse(ctx.query.order))
  else if (ctx.path === '/failures') ctx.body = failures
  else await next()
})
op.listen(port, '127.0.0.1')
