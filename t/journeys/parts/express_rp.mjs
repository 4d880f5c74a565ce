// SPDX-License-Identifier: BSD-2-Clause
// A real relying party: npm express-openid-connect with back-channel logout. Records what was posted to it.
import express from 'express'
import openid from 'express-openid-connect'

class MemoryStore {
  #rows = new Map()
  get(id, done) { done(null, this.#rows.get(id)) }
  set(id, row, done) { this.#rows.set(id, row); done(null) }
  destroy(id, done) { this.#rows.delete(id); done(null) }
}

export function express_client(id, host, port, alg) {
  const base = `http://${host}:${port}`
  return {
    client_id: id, client_secret: `secret-of-${id}`, redirect_uris: [`${base}/callback`],
    post_logout_redirect_uris: [`${base}/bye?from=op&x=%C3%A4`], id_token_signed_response_alg: alg,
    backchannel_logout_uri: `${base}/backchannel-logout`, backchannel_logout_session_required: true,
  }
}

export async function start_express(house, { host, port, op, client }) {
  const logout_tokens = []
  const answers = []
  const app = express()
  app.use('/backchannel-logout', express.urlencoded({ extended: false }), (request, answer, next) => {
    logout_tokens.push(request.body.logout_token)
    answer.on('finish', () => answers.push(answer.statusCode))
    next()
  })
  app.get('/bye', (request, answer) => answer.send('signed out'))
  app.use(openid.auth({
    issuerBaseURL: op, baseURL: `http://${host}:${port}`, clientID: client.client_id, clientSecret: client.client_secret,
    secret: 'only-for-this-journey-only-for-this-journey', idTokenSigningAlg: client.id_token_signed_response_alg,
    authorizationParams: { response_type: 'code', scope: 'openid' }, authRequired: true,
    backchannelLogout: { store: new MemoryStore() }, session: { cookie: { secure: false } },
    transactionCookie: { sameSite: 'Lax' },
  }))
  app.get('/', (request, answer) => answer.send(`express shows this to ${request.oidc.user.sub}`))
  app.get('/id_token', (request, answer) => answer.send(request.oidc.idToken))
  const server = app.listen(port, host)
  await new Promise((done) => server.once('listening', done))
  house.when_over(() => new Promise((done) => { server.close(done); server.closeAllConnections() }))
  return { page: `http://${host}:${port}/`, id_token: `http://${host}:${port}/id_token`, logout_tokens, answers }
}
