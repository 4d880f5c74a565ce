// SPDX-License-Identifier: BSD-2-Clause
// The demo's intranet: an application of the old kind, with a cookie of its own. It believes the name that the web server
// gives it, and has never heard of OpenID Connect, nor of logouts.   node intranet.mjs DIRECTORY PORT
import { randomUUID } from 'node:crypto'
import { escape, page } from './pages.mjs'
import { serve, set_cookie } from './small_http.mjs'
import { accept_websockets } from './websocket.mjs'

const [dir, port] = process.argv.slice(2)
const visits = new Map()  // value of our cookie -> {user, pages}

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

function home({ cookies, headers }) {
  const user = headers['x-user']
  const known = visits.get(cookies.intranet)
  const visit = known?.user === user ? known : { user, pages: 0 }
  const cookie = visit === known ? cookies.intranet : randomUUID()
  visits.set(cookie, visit)
  visit.pages += 1
  const body = `<p><span class="badge in" id="state">signed in</span> <span id="say">Hello, <b>${escape(user)}</b>.</span></p>
    <p class="soft">Pages that you have seen, by our own cookie: ${visit.pages}</p>${clock}`
  const links = [{ href: `http://sso.localhost:${port}/`, text: 'Single sign-on' }]
  return { headers: set_cookie('intranet', cookie), ...page({ title: 'Intranet (no OpenID Connect)', hue: '#3d5a80', body, links }) }
}

const server = serve(`${dir}/intranet.sock`, { 'GET /': home })
accept_websockets(server, '/clock', ({ say, when_over }) => {
  const tell = () => say(new Date().toTimeString().slice(0, 8))
  const timer = setInterval(tell, 1000)
  when_over(() => clearInterval(timer))
  tell()
})
