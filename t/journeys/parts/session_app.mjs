// SPDX-License-Identifier: BSD-2-Clause
// An application of the old kind: it believes its own session cookie more than the name that it is handed, and its logout is a POST with a token against forged ones.
import http from 'node:http'
import { once } from 'node:events'
import { randomBytes } from 'node:crypto'

const secret = () => randomBytes(18).toString('base64url')

function cookies_of(header = '') {
  return Object.fromEntries(header.split(/; */).filter(Boolean).map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]))
}

async function text_of(request) {
  let text = ''
  for await (const chunk of request) text += chunk
  return text
}

// `pieces`: the session's cookie comes cut, as `name.0`, `name.1` …; `csrf`: the cookie whose value a logout must repeat as `_csrf`.
class SessionApp {
  seen = []      // {method, url, headers, user, shown}: as it came, and who it was taken for
  logouts = []   // {user, cookie, status}
  live = new Map()   // value of a session's cookie -> {user, csrf}
  owners = new Map() // value of any cookie that we ever set -> user
  manner = () => 302 // of a rightful logout

  constructor({ name = 'JSESSIONID', pieces = 1, csrf = 'XSRF-TOKEN', attributes = 'Path=/; HttpOnly', logout = '/logout' }) {
    Object.assign(this, { csrf, attributes, logout, names: pieces === 1 ? [name] : Array.from({ length: pieces }, (_, i) => `${name}.${i}`) })
  }

  answer = async (request, response) => {
    const body = await text_of(request)
    const cookies = cookies_of(request.headers.cookie)
    const value = this.names.map((name) => cookies[name] ?? '').join('')
    if (request.url.split('?')[0] === this.logout) return this.#log_out(request, response, value, cookies, new URLSearchParams(body))
    const user = request.headers['x-user']
    let session = this.live.get(value)
    if (!session && user) session = this.#begin(response, user)
    this.seen.push({ method: request.method, url: request.url, headers: request.headers, user, shown: session?.user })
    response.writeHead(200, { 'content-type': 'text/html' }).end(`<!doctype html><title>application</title><body><p>welcome ${session?.user ?? 'nobody'}</p></body>`)
  }

  #begin(response, user) {
    const value = secret(), session = { user, csrf: secret() }
    this.live.set(value, session)
    const length = Math.ceil(value.length / this.names.length)
    const parts = this.names.map((name, i) => [name, value.slice(i * length, (i + 1) * length)])
    for (const [, part] of [...parts, [this.csrf, session.csrf]]) this.owners.set(part, user)
    response.setHeader('set-cookie', [...parts.map(([name, part]) => `${name}=${part}; ${this.attributes}`),
                                      `${this.csrf}=${session.csrf}; ${this.attributes.replace('; HttpOnly', '')}`])
    return session
  }

  #log_out(request, response, value, cookies, form) {
    const session = this.live.get(value)
    const is_theirs = request.method === 'POST' && session && form.get('_csrf') === session.csrf && cookies[this.csrf] === session.csrf
    const status = is_theirs ? this.manner(session) : 403
    if (status < 400) this.live.delete(value)
    const theirs = Object.entries(cookies).map(([name, part]) => [name, this.owners.get(part)])
    this.logouts.push({ user: session?.user, theirs, headers: request.headers, status })
    response.writeHead(status, status < 400 ? { location: '/' } : {}).end()
  }
}

// {port, seen, logouts, live, owners}.
export async function start_session_app(house, how = {}) {
  const app = new SessionApp(how)
  const server = http.createServer(app.answer)
  server.listen(how.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  house.when_over(() => { server.close(); server.closeAllConnections() })
  return Object.assign(app, { port: server.address().port })
}
