// SPDX-License-Identifier: BSD-2-Clause
// The demo's intranet: an application of the old kind. Who comes without its cookie is who the web server says; from then on it believes the
// cookie, until somebody calls /logout with it. It has never heard of OpenID Connect.   node intranet.mjs DIRECTORY PORT
import { randomUUID } from 'node:crypto'
import { escape, page } from './pages.mjs'
import { redirect, serve, set_cookie } from './small_http.mjs'
import { accept_websockets } from './websocket.mjs'

const [dir, port] = process.argv.slice(2)
const visits = new Map()  // value of our cookie -> {user, pages}
const ended = new Map()   // … of a session that is over -> {user, at}
const hue = '#3d5a80'

// Says on the page that the clock has stopped as soon as its connection is closed.
const clock = `<p class="soft">The server's clock, over a WebSocket: <b id="clock">…</b></p><script>
  const at = document.getElementById('clock'), state = document.getElementById('state')
  const line = new WebSocket('ws://' + location.host + '/clock')
  line.onmessage = ({ data }) => { at.textContent = data }
  line.onclose = () => {
    at.textContent += ' (stopped)'
    state.textContent = 'signed out'
    state.className = 'badge out'
    document.getElementById('say').textContent = 'The web server has closed the connection: the session is over.'
  }
</script>`

const time = () => new Date().toTimeString().slice(0, 8)
const gone = (at) => `gone: ended by nginx with a call to /logout, ${at}`

function home({ cookies, headers }) {
  const over = ended.get(cookies.intranet)
  if (over) return page({ title: 'Intranet (no OpenID Connect)', hue, body: `<p><span class="badge out">signed out</span> This session is ${gone(over.at)}.</p>` })
  const cookie = visits.has(cookies.intranet) ? cookies.intranet : begin(headers['x-user'])
  const visit = visits.get(cookie)
  visit.pages += 1
  const last = [...ended.values()].filter(({ user }) => user === visit.user).at(-1)
  const body = `<p><span class="badge in" id="state">signed in</span> <span id="say">Hello, <b>${escape(visit.user)}</b>.</span></p>
    <p class="soft">Pages that you have seen in this session of our own: ${visit.pages}</p>
    ${last ? `<p class="soft">Your last session here is ${gone(last.at)}.</p>` : ''}${clock}`
  const links = [{ href: `http://sso.localhost:${port}/`, text: 'Single sign-on' }]
  return { headers: set_cookie('intranet', cookie), ...page({ title: 'Intranet (no OpenID Connect)', hue, body, links }) }
}

function begin(user) {
  const cookie = randomUUID()
  visits.set(cookie, { user, pages: 0 })
  return cookie
}

// As every application has it: for its own button, long before nginx came.
function logout({ cookies }) {
  const visit = visits.get(cookies.intranet)
  if (visit) ended.set(cookies.intranet, { user: visit.user, at: time() })
  visits.delete(cookies.intranet)
  return redirect('/', set_cookie('intranet', ''))
}

const server = serve(`${dir}/intranet.sock`, { 'GET /': home, 'GET /logout': logout })
accept_websockets(server, '/clock', ({ say, when_over }) => {
  const tell = () => say(time())
  const timer = setInterval(tell, 1000)
  when_over(() => clearInterval(timer))
  tell()
})
