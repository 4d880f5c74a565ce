// SPDX-License-Identifier: BSD-2-Clause
// The demo's OpenID Provider: signs users in, issues ID Tokens, and can end its own session. It tells no application of a
// logout, and knows nothing of the nginx in front of it.   node op.mjs DIRECTORY PORT
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { escape, page } from './pages.mjs'
import { json, redirect, serve, set_cookie } from './small_http.mjs'
import { open_key, public_jwk, sign_token } from './tokens.mjs'

const [dir, port] = process.argv.slice(2)
const issuer = `http://sso.localhost:${port}`
const key = open_key(readFileSync(`${dir}/op.pem`))
const clients = new Map(JSON.parse(readFileSync(`${dir}/clients.json`)).map((client) => [client.client_id, client]))
const sessions = new Map()  // value of the op_session cookie -> {sub, sid}
const codes = new Map()     // code -> {client_id, redirect_uri, claims}
const hue = '#4056c8'
const secret = () => randomBytes(24).toString('base64url')

const session_of = ({ cookies }) => sessions.get(cookies.op_session)

function home(visit) {
  const session = session_of(visit)
  const links = [...clients.values()].map(({ client_id, client_name }) =>
    ({ href: `http://${client_id}.localhost:${port}/`, text: client_name }))
  const body = session
    ? `<p><span class="badge in">signed in</span> as <b>${escape(session.sub)}</b></p>
       <p class="soft">Open the applications, then sign out here or in one of them.</p><a class="button" href="/logout">Sign out</a>`
    : '<p><span class="badge out">signed out</span></p><a class="button" href="/login">Sign in</a>'
  return page({ title: 'Single sign-on', hue, body, links })
}

function login_form({ query }) {
  const then = query.get('then') ?? '/'
  return page({ title: 'Sign in', hue, body: `<p class="soft">Any name will do.</p><form method="post" action="/login">
    <input type="hidden" name="then" value="${escape(then)}"><input name="name" value="ann" required maxlength="40" autofocus
    aria-label="Name"> <button>Sign in</button></form>` })
}

function login({ form }) {
  const cookie = secret()
  const then = form.get('then') ?? '/'
  sessions.set(cookie, { sub: form.get('name'), sid: secret() })
  return redirect(/^\/(?![/\\])/.test(then) ? then : '/', set_cookie('op_session', cookie))
}

function authorize(visit) {
  const { query, path } = visit
  const client = clients.get(query.get('client_id'))
  const redirect_uri = query.get('redirect_uri')
  if (!client?.redirect_uris.includes(redirect_uri)) throw new Error('This client or its redirect_uri is not registered.')
  const session = session_of(visit)
  const asks_anew = query.get('prompt') === 'login'
  if (!session || asks_anew) return redirect(`/login?then=${encodeURIComponent(path.replace('&prompt=login', ''))}`)

  const code = secret()
  const { sub, sid } = session
  codes.set(code, { client_id: client.client_id, redirect_uri, claims: { sub, sid, nonce: query.get('nonce') ?? undefined } })
  setTimeout(() => codes.delete(code), 60_000).unref()
  return redirect(`${redirect_uri}?${new URLSearchParams({ code, state: query.get('state') ?? '' })}`)
}

function token({ form }) {
  const { client_secret } = clients.get(form.get('client_id')) ?? {}
  const granted = codes.get(form.get('code'))
  codes.delete(form.get('code'))
  if (!client_secret || !same(client_secret, form.get('client_secret') ?? '')) return json({ error: 'invalid_client' }, 401)
  if (granted?.client_id !== form.get('client_id') || granted.redirect_uri !== form.get('redirect_uri')) {
    return json({ error: 'invalid_grant' }, 400)
  }
  const iat = Math.floor(Date.now() / 1000)
  const id_token = sign_token(key, { iss: issuer, aud: granted.client_id, iat, exp: iat + 300, ...granted.claims })
  return json({ access_token: secret(), token_type: 'Bearer', id_token })
}

function end_session({ cookies }) {
  sessions.delete(cookies.op_session)
  return redirect('/', set_cookie('op_session', ''))
}

const same = (a, b) => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))

serve(`${dir}/op.sock`, {
  'GET /': home,
  'GET /login': login_form,
  'POST /login': login,
  'GET /authorize': authorize,
  'POST /token': token,
  'GET /end': end_session,
  'GET /keys': () => json({ keys: [public_jwk(key)] }),
  'GET /.well-known/openid-configuration': () => json({
    issuer, authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/keys`,
    end_session_endpoint: `${issuer}/end`, response_types_supported: ['code'], subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
  }),
})
