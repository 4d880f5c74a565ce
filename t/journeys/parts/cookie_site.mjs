// SPDX-License-Identifier: BSD-2-Clause
// A site over TLS with an application that sets cookies of every kind, behind our guard, and another site that holds it in a frame.
import http from 'node:http'
import { once } from 'node:events'
import { randomBytes } from 'node:crypto'
import { make_authority } from './certificates.mjs'
import { start_chromium } from './chromium.mjs'
import { eventually, free_port } from './house.mjs'
import { set_stage } from './stage.mjs'

// By name: where it is sent, and how it is set. `chunk.*` is one value in two pieces.
export const kinds = {
  plain: ['/app/', 'Path=/app/; HttpOnly'],
  wide: ['/app/', 'Path=/; Domain=shop.example; Secure; SameSite=Lax'],
  deep: ['/app/deep/', 'Path=/app/deep; HttpOnly'],
  '__Host-id': ['/app/', 'Path=/; Secure; HttpOnly; SameSite=Strict'],
  '__Secure-id': ['/app/', 'Path=/app; Domain=intranet.shop.example; Secure'],
  'chunk.0': ['/app/', 'Path=/'], 'chunk.1': ['/app/', 'Path=/'],
  framed: ['/framed/', 'Path=/framed/; Secure; HttpOnly; SameSite=None; Partitioned'],
  untold: ['/app/', 'Path=/'],  // no slo_cookie names it
}

const cookies_of = (header = '') => header.split('; ').filter(Boolean).map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)])

// Greets who its cookies say it is, and only if they say nothing who nginx says it is: what must not outlive a login.
async function start_application(house) {
  const app = { seen: [], owners: new Map(), logouts: [] }
  const server = http.createServer((request, answer) => {
    const path = request.url.split('?')[0], user = request.headers['x-user'], came = cookies_of(request.headers.cookie)
    if (path === '/logout') {
      app.logouts.push(came.map(([name, value]) => [name, app.owners.get(value)]))
      return answer.writeHead(204).end()
    }
    const mine = came.filter(([name]) => name !== 'untold').map(([, value]) => app.owners.get(value)).find(Boolean)
    const set = Object.entries(kinds).filter(([name, [at]]) => path.startsWith(at) && !came.some(([other]) => other === name))
    answer.setHeader('set-cookie', set.map(([name, [, attributes]]) => {
      const value = randomBytes(12).toString('base64url')
      app.owners.set(value, user)
      return `${name}=${value}; ${attributes}`
    }))
    app.seen.push({ path, user, came: came.map(([name, value]) => [name, app.owners.get(value)]) })
    answer.writeHead(200, { 'content-type': 'text/html' })
    answer.end(`<!doctype html><title>intranet</title><link rel="icon" href="data:,"><body style="font:28px sans-serif"><p id="who">welcome ${mine ?? user}</p>`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  house.when_over(() => { server.close(); server.closeAllConnections() })
  return Object.assign(app, { url: `http://127.0.0.1:${server.address().port}` })
}

const guarded = 'slo_guard main token=$cookie_id_token'
const cookies = `slo_cookie plain wide deep __Host-id __Secure-id chunk.* framed track; slo_cookie id_token;`

// {url, portal, sso (of the same site), chromium, app, back …}. Who is signed in is said by the cookies id_token and, to the application, user.
export async function set_cookie_site(house) {
  const authority = make_authority(house, 'authority'), port = await free_port(), app = await start_application(house)
  const { key, cert } = authority.issue('intranet.shop.example')
  const tls = `listen 127.0.0.1:${port} ssl; ssl_certificate ${house.write('site.crt', cert)}; ssl_certificate_key ${house.write('site.key', key)};`
  const to_app = `proxy_pass ${app.url}; proxy_set_header Host $host; proxy_set_header X-User $cookie_user;`
  const stage = await set_stage(house, {
    clients: [], provider: 'client_id gateway; delivery first=200ms;', store: `timeout=5s secret_file=${house.write('secret.txt', `${'s'.repeat(32)}\n`)}`,
    locations: 'location = /slo/back { slo_backchannel_logout main; }',
    servers: `server { ${tls} server_name intranet.shop.example; ${cookies} slo_app_logout /logout; error_page 401 /over;
        location = /over { internal; default_type text/html; return 401 '<!doctype html><title>over</title><body style="font:28px sans-serif"><p id="who">signed out</p>'; }
        location /app/ { ${guarded}; ${to_app} }
        location /framed/ { slo_guard main sid=$arg_sid sub=$arg_sub; ${to_app} }
        location = /slo/front { slo_frontchannel_logout main; }
        location = /logout { internal; ${guarded}; ${to_app} } }
      server { ${tls} server_name portal.other.example sso.shop.example;
        location = /signed-out { default_type text/html; return 200 '<!doctype html><title>op</title><link rel="icon" href="data:,"><iframe src="https://intranet.shop.example:${port}/slo/front?$args"></iframe>'; }
        location / { default_type text/html; return 200 '<!doctype html><title>portal</title><link rel="icon" href="data:,"><iframe src="https://intranet.shop.example:${port}/framed/?$args"></iframe>'; } }` })
  const chromium = await start_chromium(house, { flags: ['--ignore-certificate-errors', '--host-resolver-rules=MAP *.example 127.0.0.1'] })
  return { ...stage, app, chromium, url: `https://intranet.shop.example:${port}`, portal: `https://portal.other.example:${port}`, sso: `https://sso.shop.example:${port}` }
}

export const shows = (page, text) => eventually(`the page shows "${text}"`, async () => (await page.read('document.getElementById("who")?.textContent')) === text)
