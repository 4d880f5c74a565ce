// SPDX-License-Identifier: BSD-2-Clause
// Who is it? What nginx asks with auth_request in front of an application that cannot sign anybody in: a small cousin of
// oauth2-proxy. It knows nothing of logouts.   node verifier.mjs DIRECTORY PORT
import { readFileSync } from 'node:fs'
import { code_flow, provider_at, secret } from './client.mjs'
import { escape, page } from './pages.mjs'
import { redirect, serve, set_cookie } from './small_http.mjs'

const [dir, port] = process.argv.slice(2)
const provider = provider_at(port)
const client = JSON.parse(readFileSync(`${dir}/clients.json`)).find(({ client_id }) => client_id === 'intranet')
const flow = code_flow(client, provider)
const logins = new Map()  // value of the login cookie -> {claims, id_token}
const hue = '#3d5a80'
const is_local = (path) => /^\/(?![/\\])/.test(path)

// nginx takes the answer's status, and the ID Token that the login brought.
function verify({ cookies }) {
  const login = logins.get(cookies.login)
  return login ? { headers: { 'x-user': login.claims.sub, 'x-id-token': login.id_token } } : { status: 401 }
}

// The page that who is not signed in lands on; where he wanted to go is the whole query. `more` goes into the link.
const sign_in_page = (why, more) => ({ path }) => {
  const then = path.slice(path.indexOf('?') + 1)
  const start = `/login/start?${new URLSearchParams({ then: is_local(then) ? then : '/', ...more })}`
  return page({ title: 'Intranet', hue, links: [{ href: provider.issuer, text: 'Single sign-on' }],
                body: `<p><span class="badge out">signed out</span> ${why}</p><a class="button" href="${escape(start)}">Sign in</a>` })
}

// Whose session has ended is asked by the provider again, even if it still knows him.
function start({ query }) {
  const then = query.get('then') ?? '/'
  return flow.begin(is_local(then) ? then : '/', query.has('prompt') ? { prompt: 'login' } : {})
}

async function callback(visit) {
  const { then, ...login } = await flow.finish(visit)
  const cookie = secret()
  logins.set(cookie, login)
  return redirect(then, set_cookie('login', cookie))
}

serve(`${dir}/verifier.sock`, {
  'GET /verify': verify,
  'GET /login/': sign_in_page('', {}),
  'GET /login/ended': sign_in_page('Your session has ended.', { prompt: 'login' }),
  'GET /login/start': start,
  'GET /login/callback': callback,
})
