// SPDX-License-Identifier: BSD-2-Clause
// npm oidc-provider with its defaults behind our nginx, which learns from its answers; and a browser's way through its pages.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { decodeJwt } from 'jose'
import Provider from 'oidc-provider'
import { read_form, send } from './browser_jar.mjs'
import { free_port } from './house.mjs'
import { start_receiver } from './receivers.mjs'
import { back_client, query, set_stage } from './stage.mjs'

export const op_host = '127.0.0.1'

// Who uses no implicit flow may have an address without TLS for his way back.
const code_alone = { grant_types: ['authorization_code'], response_types: ['code'] }

// The OP, its defaults and what its clients need, behind our nginx; `app` hears every client's logout.
export async function settle(house, { clients = ['one', 'two'], more = {}, provider = () => '', returns_here = false, op: how = {}, locations = '', ...rest } = {}) {
  const app = await start_receiver(house)
  const behind = await free_port(op_host)
  const to_op = `proxy_pass http://${op_host}:${behind}; proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $remote_addr;`
  const all = clients.map((id) => back_client(id, app.url, {
    redirect_uris: [`https://${id}.example/callback`], grant_types: ['authorization_code', 'refresh_token', 'implicit'],
    response_types: ['code', 'id_token', 'code id_token'], post_logout_redirect_uris: [`https://${id}.example/bye`], ...more[id] }))
  const stage = await set_stage(house, {
    clients: all, provider: provider(`http://${op_host}:${behind}`), store: 'timeout=1s', ...rest,
    locations: `location /auth { slo_learn main; ${to_op} } location = /token { slo_learn main; ${to_op} } location / { ${to_op} } ${locations}` })
  const op = new Provider(stage.issuer.issuer, {
    clients: all.map((client) => returns_here ? { ...client, ...code_alone, post_logout_redirect_uris: [stage.nginx.logout] } : client),
    jwks: stage.issuer.private_jwks, features: { backchannelLogout: { enabled: true } }, ...how })
  op.proxy = true
  op.on('backchannel.error', (_, error) => console.error(`the OP could not tell a client: ${error.cause ?? error.message}`))
  const server = op.listen(behind, op_host)
  await new Promise((done) => server.once('listening', done))
  house.when_over(() => new Promise((done) => { server.close(done); server.closeAllConnections() }))
  return { ...stage, app, op }
}

// Through the OP's pages, until something is handed to the client: {code, id_token …}.
async function walk(browser, url, user) {
  let answer = await browser.send(url)
  const { origin } = new URL(url)
  for (let hop = 0; hop < 20; ++hop) {
    const at = answer.url
    if (answer.location) {
      const next = new URL(answer.location, at)
      if (next.origin !== origin) return Object.fromEntries(new URLSearchParams((next.hash || next.search).slice(1)))
      answer = await browser.send(next.href)
      continue
    }
    assert.match(answer.body, /<form/i, `${answer.status} ${answer.body}`)
    const { action, fields } = read_form(answer.body)
    const target = new URL(action, at)
    if (target.origin !== origin) return fields
    if ('login' in fields) Object.assign(fields, { login: user, password: 'secret' })
    answer = await browser.send(target.href, { method: 'POST', form: fields })
  }
  throw new Error(`too many pages at ${url}`)
}

export const basic = (id) => ({ authorization: `Basic ${Buffer.from(`${id}:secret-of-${id}`).toString('base64')}` })

// The browser's part of a login: what the client is handed, and what it needs to go on.
export async function authorize(town, browser, id, user, { pushed = false, ...parameters } = {}) {
  const verifier = randomBytes(32).toString('base64url')
  const asked = { client_id: id, redirect_uri: `https://${id}.example/callback`, scope: 'openid', response_type: 'code', nonce: 'n', state: 's',
                  code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256', ...parameters }
  if (asked.response_type === 'id_token') delete asked.code_challenge, delete asked.code_challenge_method
  let wire = asked
  if (pushed) {
    const { request_uri } = JSON.parse((await send(`${town.nginx.url}/request`, { method: 'POST', form: asked, headers: basic(id) })).body)
    wire = { client_id: id, request_uri }
  }
  const handed = await walk(browser, `${town.nginx.url}/auth?${query(wire)}`, user)
  return { ...handed, id, verifier, redirect_uri: asked.redirect_uri }
}

export const redeem = (town, { id, code, verifier, redirect_uri = `https://${id}.example/callback` }) => send(`${town.nginx.url}/token`, { method: 'POST', headers: basic(id), form: {
  grant_type: 'authorization_code', code, redirect_uri, code_verifier: verifier } })

export async function log_in(town, browser, id, user, parameters) {
  const handed = await authorize(town, browser, id, user, parameters)
  assert.ok(handed.code, JSON.stringify(handed))
  const { status, body } = await redeem(town, handed)
  assert.equal(status, 200, body)
  const tokens = JSON.parse(body)
  return { ...tokens, handed, claims: decodeJwt(tokens.id_token) }
}

export const sessions_of = async (town, sub) => (await town.nginx.ask('GET', `sessions?sub=${sub}`)).json.sessions
// Each session as client → sid.
export const sids_of = async (town, sub) => (await sessions_of(town, sub)).map(({ participants, sid }) =>
  Object.fromEntries(participants.map((one) => [one.client_id, one.sid ?? sid])))
export const told = (town) => town.app.requests.map(({ body }) => decodeJwt(new URLSearchParams(body).get('logout_token')))
  .map(({ aud, sid, sub }) => [[aud].flat()[0], sid, sub]).sort()
