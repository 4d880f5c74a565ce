// SPDX-License-Identifier: BSD-2-Clause
// In front of an application: a guarded upstream, the doors for an OP's logouts, one host of ours or two.
import http from 'node:http'
import { once } from 'node:events'
import { send } from './browser_jar.mjs'
import { eventually, free_port } from './house.mjs'
import { start_nginx } from './nginx.mjs'
import { query, set_stage } from './stage.mjs'

// Says something every few milliseconds, for ever.
function ticks(stream) {
  const timer = setInterval(() => stream.write('tick\n'), 20).unref()
  stream.on('close', () => clearInterval(timer))
  stream.on('error', () => {})
}

// An application that notes what it saw, its cookies as well, and sets the one that is asked for (`set=`).
async function start_application(house) {
  const seen = [], cookies = []
  const server = http.createServer((request, answer) => {
    seen.push(request.url)
    cookies.push({ url: request.url, cookie: request.headers.cookie ?? '' })
    const set = new URL(request.url, 'http://x').searchParams.get('set')
    if (set) answer.setHeader('set-cookie', set)
    request.resume()
    if (request.url.startsWith('/app/late')) return setTimeout(() => ticks(answer.writeHead(200, { 'content-type': 'text/event-stream' })), 1000)
    if (request.url.startsWith('/app/ticks')) return ticks(answer.writeHead(200, { 'content-type': 'text/event-stream' }))
    answer.end('application')
  })
  server.on('upgrade', (request, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: clock\r\nConnection: Upgrade\r\n\r\n')
    ticks(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  house.when_over(() => { server.close(); server.closeAllConnections() })
  return { seen, cookies, url: `http://127.0.0.1:${server.address().port}` }
}

// `APP` in locations and servers is the application's URL.
export async function set_guard(house, { locations = '', servers = '', provider = '', hosts = 1, ...how } = {}) {
  const app = await start_application(house)
  const with_app = (text) => text.replaceAll('APP', app.url)
  const options = {
    clients: [], provider: `client_id gateway; ${provider}`,
    locations: `location = /slo/back { slo_backchannel_logout main; }
      location = /slo/front { slo_frontchannel_logout main; }
      location /app/ { slo_guard main token=$http_authorization sid=$arg_sid sub=$arg_sub since=$arg_since;
        add_header X-Slo-Status $slo_status always; proxy_pass ${app.url};
        proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $http_connection; }
      location /app/late_unbuffered { slo_guard main sid=$arg_sid; proxy_buffering off; proxy_pass ${app.url}; }
      ${with_app(locations)}`, servers: with_app(servers), ...how }
  const stage = await set_stage(house, { name: 'nginx-one', ...options })
  const all = [stage.nginx]
  for (let n = 1; n < hosts; ++n) {
    const host = `127.0.0.${3 + n}`
    all.push(await start_nginx(house, { name: `nginx-${n + 1}`, host, port: await free_port(host), redis: stage.redis,
                                        issuer: stage.issuer, ...options }))
  }
  const at = (nginx) => ({
    visit: (parameters, headers = {}) => send(`${nginx.url}/app/?${query(parameters)}`, { headers }),
    back: async (claims, sign) => send(`${nginx.url}/slo/back`, { method: 'POST',
      form: { logout_token: await stage.issuer.logout_token({ aud: 'gateway', ...claims }, sign) } }),
    front: (parameters) => send(`${nginx.url}/slo/front?${query(parameters)}`),
  })
  const each = all.map((nginx) => ({ nginx, ...at(nginx) }))
  for (const { visit } of each)
    await eventually('the guard knows all', async () => (await visit({ sid: 'nobody' })).headers['x-slo-status'] === 'ok')
  return { ...stage, app, hosts: each, ...at(stage.nginx) }
}
