// SPDX-License-Identifier: BSD-2-Clause
// The demo's three applications: each has sessions of its own, and a way to be told that the user has signed out:
// calendar by the back channel, photos by the front channel, chat by both.   node apps.mjs DIRECTORY PORT
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { escape, page } from './pages.mjs'
import { call, json, redirect, serve, set_cookie } from './small_http.mjs'
import { open_logout_token, open_token } from './tokens.mjs'

const [dir, port] = process.argv.slice(2)
const issuer = `http://sso.localhost:${port}`
const clients = JSON.parse(readFileSync(`${dir}/clients.json`))
const hues = { calendar: '#0b7a75', photos: '#a3348b', chat: '#b3541e' }
const secret = () => randomBytes(24).toString('base64url')
const at_provider = (path, more) => call({ host: '127.0.0.1', port, path, headers: { host: `sso.localhost:${port}` }, ...more })
const metadata = async () => (await at_provider('/.well-known/openid-configuration')).json
const keys = async () => (await at_provider(new URL((await metadata()).jwks_uri).pathname)).json

function application(client) {
  const { client_id, client_name, client_secret, redirect_uris: [redirect_uri] } = client
  const origin = `http://${client_id}.localhost:${port}`
  const sessions = new Map()  // value of our cookie -> {sub, sid, id_token}
  const pending = new Map()   // state of a login or logout under way -> nonce
  const end = (sid) => { for (const [cookie, session] of sessions) if (session.sid === sid) sessions.delete(cookie) }

  function home({ cookies, query }) {
    const session = sessions.get(cookies.app_session)
    const back = query.has('state') && pending.delete(query.get('state'))
    const body = session
      ? `<p><span class="badge in">signed in</span> Hello, <b>${escape(session.sub)}</b>.</p><a class="button" href="/logout">Sign out everywhere</a>`
      : `<p><span class="badge out">signed out</span>${back ? ' You are back from signing out.' : ''}</p><a class="button" href="/login">Sign in</a>`
    const links = [{ href: issuer, text: 'Single sign-on' }, ...clients.filter((other) => other !== client).map((other) =>
      ({ href: `http://${other.client_id}.localhost:${port}/`, text: other.client_name }))]
    return page({ title: client_name, hue: hues[client_id], body, links })
  }

  function login() {
    const [state, nonce] = [secret(), secret()]
    pending.set(state, nonce)
    return redirect(`${issuer}/authorize?${new URLSearchParams({ response_type: 'code', scope: 'openid', client_id, redirect_uri,
                                                                 state, nonce })}`, set_cookie('app_login', state))
  }

  async function callback({ query, cookies }) {
    const nonce = pending.get(query.get('state'))
    pending.delete(query.get('state'))
    if (!nonce || cookies.app_login !== query.get('state')) throw new Error('This login was not begun here.')
    const { json: answer } = await at_provider('/token', { form: { grant_type: 'authorization_code', code: query.get('code'),
                                                                   client_id, client_secret, redirect_uri } })
    const claims = open_token(answer.id_token, await keys(), issuer, client_id)
    if (claims.nonce !== nonce) throw new Error('The ID Token belongs to another login.')
    const cookie = secret()
    sessions.set(cookie, { sub: claims.sub, sid: claims.sid, id_token: answer.id_token })
    return redirect('/', set_cookie('app_session', cookie))
  }

  async function logout({ cookies }) {  // RP-Initiated Logout: our own session ends when we are told, like everybody's
    const session = sessions.get(cookies.app_session)
    if (!session) return redirect('/')
    const state = secret()
    pending.set(state, 'logout')
    const { end_session_endpoint } = await metadata()
    return redirect(`${end_session_endpoint}?${new URLSearchParams({ id_token_hint: session.id_token, state,
                                                                     post_logout_redirect_uri: `${origin}/` })}`)
  }

  async function backchannel({ form }) {
    end(open_logout_token(form.get('logout_token'), await keys(), issuer, client_id))
    return json({})
  }

  function frontchannel({ query }) {  // the iframe comes without our cookie: iss and sid say which session is over
    if (query.get('iss') === issuer) end(query.get('sid'))
    return { body: '' }
  }

  serve(`${dir}/${client_id}.sock`, {
    'GET /': home, 'GET /login': login, 'GET /callback': callback, 'GET /logout': logout,
    ...(client.backchannel_logout_uri && { 'POST /backchannel-logout': backchannel }),
    ...(client.frontchannel_logout_uri && { 'GET /frontchannel-logout': frontchannel }),
  })
}

clients.forEach(application)
