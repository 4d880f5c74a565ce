// SPDX-License-Identifier: BSD-2-Clause
// The demo's three applications: each has sessions of its own, and a way to be told that the user has signed out:
// calendar by the back channel, photos by the front channel, chat by both.   node apps.mjs DIRECTORY PORT
import { readFileSync } from 'node:fs'
import { code_flow, provider_at, secret } from './client.mjs'
import { escape, page } from './pages.mjs'
import { json, redirect, serve, set_cookie } from './small_http.mjs'
import { open_logout_token } from './tokens.mjs'

const [dir, port] = process.argv.slice(2)
const provider = provider_at(port)
const { issuer } = provider
const clients = JSON.parse(readFileSync(`${dir}/clients.json`))
const hues = { calendar: '#0b7a75', photos: '#a3348b', chat: '#b3541e' }

function application(client) {
  const { client_id, client_name } = client
  const origin = `http://${client_id}.localhost:${port}`
  const sessions = new Map()  // value of our cookie -> {sub, sid, id_token}
  const leaving = new Set()   // state of a logout under way
  const flow = code_flow(client, provider)
  const end = (sid) => { for (const [cookie, session] of sessions) if (session.sid === sid) sessions.delete(cookie) }

  function home({ cookies, query }) {
    const session = sessions.get(cookies.app_session)
    const back = query.has('state') && leaving.delete(query.get('state'))
    const body = session
      ? `<p><span class="badge in">signed in</span> Hello, <b>${escape(session.sub)}</b>.</p><a class="button" href="/logout">Sign out everywhere</a>`
      : `<p><span class="badge out">signed out</span>${back ? ' You are back from signing out.' : ''}</p><a class="button" href="/login">Sign in</a>`
    const links = [{ href: issuer, text: 'Single sign-on' }, ...clients.filter((other) => other !== client).map((other) =>
      ({ href: `http://${other.client_id}.localhost:${port}/`, text: other.client_name }))]
    return page({ title: client_name, hue: hues[client_id], body, links })
  }

  async function callback(visit) {
    const { claims: { sub, sid }, id_token } = await flow.finish(visit)
    const cookie = secret()
    sessions.set(cookie, { sub, sid, id_token })
    return redirect('/', set_cookie('app_session', cookie))
  }

  async function logout({ cookies }) {  // RP-Initiated Logout: our own session ends when we are told, like everybody's
    const session = sessions.get(cookies.app_session)
    if (!session) return redirect('/')
    const state = secret()
    leaving.add(state)
    const { end_session_endpoint } = await provider.metadata()
    return redirect(`${end_session_endpoint}?${new URLSearchParams({ id_token_hint: session.id_token, state,
                                                                     post_logout_redirect_uri: `${origin}/` })}`)
  }

  async function backchannel({ form }) {
    end(open_logout_token(form.get('logout_token'), await provider.keys(), issuer, client_id))
    return json({})
  }

  function frontchannel({ query }) {  // the iframe comes without our cookie: iss and sid say which session is over
    if (query.get('iss') === issuer) end(query.get('sid'))
    return { body: '' }
  }

  serve(`${dir}/${client_id}.sock`, {
    'GET /': home, 'GET /login': () => flow.begin(), 'GET /callback': callback, 'GET /logout': logout,
    ...(client.backchannel_logout_uri && { 'POST /backchannel-logout': backchannel }),
    ...(client.frontchannel_logout_uri && { 'GET /frontchannel-logout': frontchannel }),
  })
}

clients.filter(({ client_id }) => hues[client_id]).forEach(application)
