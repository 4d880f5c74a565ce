// SPDX-License-Identifier: BSD-2-Clause
// A real OpenID Provider: npm oidc-provider with its development login forms and in-memory store.
import Provider from 'oidc-provider'

// `when_registered({client_id, sid, sub, session_cookie, client_sid})` is awaited before the browser gets its code.
export async function start_op(house, { issuer, host, port, keys, clients, end_session_endpoint, when_registered }) {
  const op = new Provider(issuer, {
    clients: clients.map((client) => ({ ...client, grant_types: ['authorization_code'], response_types: ['code'] })),
    jwks: keys,
    cookies: { keys: ['only-for-this-journey'] },
    pkce: { required: () => false },
    enabledJWA: { idTokenSigningAlgValues: ['RS256', 'ES256'] },
    features: { rpInitiatedLogout: { enabled: false }, backchannelLogout: { enabled: true } },
    discovery: { end_session_endpoint },
  })
  op.proxy = true  // behind our nginx
  op.use(async (ctx, next) => {
    await next()
    if (when_registered && has_code(ctx)) await when_registered(participation(ctx.oidc))
  })
  const server = op.listen(port, host)
  await new Promise((done) => server.once('listening', done))
  house.when_over(() => new Promise((done) => { server.close(done); server.closeAllConnections() }))
  return op
}

function has_code(ctx) {
  return ['authorization', 'resume'].includes(ctx.oidc?.route) && ctx.oidc.entities.AuthorizationCode !== undefined
}

// oidc-provider gives every client a sid of its own; what holds the session together is its uid.
function participation({ client, session }) {
  return { client_id: client.clientId, sid: session.uid, sub: session.accountId, session_cookie: session.id,
           client_sid: session.sidFor(client.clientId) }
}
