// SPDX-License-Identifier: BSD-2-Clause
// A Debian-like host for each example of packaging/examples, and what its file names: an OP and a vendor over TLS, a
// verifier, applications, Redis.
import http from 'node:http'
import https from 'node:https'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { make_authority } from './certificates.mjs'
import { eventually, free_port } from './house.mjs'
import { make_issuer } from './issuer.mjs'
import { root } from './manual.mjs'
import { start_name_server } from './name_server.mjs'
import { start_redis } from './redis.mjs'

async function listen(house, server) {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  house.when_over(() => { server.close(); server.closeAllConnections() })
  return server.address().port
}

async function text_of(request) {
  let text = ''
  for await (const chunk of request) text += chunk
  return text
}

// Says something every few milliseconds once a WebSocket (or what looks like one) is opened.
function tick_at_upgrades(server) {
  server.on('upgrade', (request, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n')
    const timer = setInterval(() => socket.write('tick\n'), 20)
    socket.on('error', () => {}).on('close', () => clearInterval(timer))
  })
  return server
}

// Answers with a page, and keeps what it was asked.
function application() {
  const seen = []
  const answer = (request, response) => { seen.push(request); response.writeHead(200, { 'content-type': 'text/html' }).end('<body>welcome</body>') }
  return { seen, answer }
}

// The OP: `login` is who signs in next. It serves documents, codes, and ID Tokens for the secret of a client.
async function start_tls_side(house, authority) {
  const vendor = application()
  const contexts = new Map(['sso.example.com', 'vendor.example.net'].map((host) => [host, createSecureContext(authority.issue(host))]))
  const op = { login: undefined, asked: [] }
  const codes = new Map()
  const routes = {
    '/.well-known/openid-configuration': () => ({ issuer: op.issuer.issuer, response_types_supported: ['code'],
      ...Object.fromEntries(['authorization_endpoint:authorize', 'token_endpoint:token', 'jwks_uri:jwks', 'end_session_endpoint:logout'].map((one) => one.split(':'))
        .map(([member, path]) => [member, `${op.issuer.issuer}/${path}`])) }),
    '/jwks': () => op.issuer.public_jwks,
    '/token': async (request) => {
      const form = new URLSearchParams(await text_of(request))
      const [client_id] = Buffer.from(request.headers.authorization?.split(' ')[1] ?? '', 'base64').toString().split(':')
      const { nonce, ...login } = codes.get(form.get('code')) ?? {}
      return { token_type: 'Bearer', access_token: 'opaque', id_token: await op.issuer.id_token({ aud: client_id, nonce, ...login }) }
    },
  }
  const serve = async (request, answer) => {
    if (request.headers.host === 'vendor.example.net') return vendor.answer(request, answer)
    const { pathname, searchParams: query } = new URL(request.url, 'https://op')
    op.asked.push(request.url)
    if (pathname === '/authorize') {
      codes.set('code-of-the-op', { nonce: query.get('nonce') ?? undefined, ...op.login })
      const more = op.login.session_state ? `&session_state=${op.login.session_state}` : ''
      return answer.writeHead(303, { location: `${query.get('redirect_uri')}?code=code-of-the-op&state=${query.get('state')}${more}` }).end()
    }
    if (pathname === '/logout')
      return answer.writeHead(303, { location: `${query.get('post_logout_redirect_uri')}?state=${query.get('state')}` }).end()
    const body = await routes[pathname]?.(request)
    answer.writeHead(body ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
  const tls = { ...authority.issue('nobody.example'), SNICallback: (name, done) => done(null, contexts.get(name)) }
  op.port = await listen(house, tick_at_upgrades(https.createServer(tls, serve)))
  op.plain_port = await listen(house, http.createServer(serve))  // for who stands in front of it
  op.issuer = await make_issuer(`https://sso.example.com:${op.port}`)
  op.visit = ({ pathname, search }) => visit({ host: '127.0.0.1', port: op.port }, 'sso.example.com', pathname + search)
  return { op, vendor }
}

// What a verifier says: `logins` maps a cookie's value to its ID Token and user.
async function start_verifier(house) {
  const logins = new Map()
  const port = await listen(house, http.createServer((request, answer) => {
    if (request.url !== '/verify') return answer.end(`sign in at ${request.url}`)
    const login = logins.get(/\blogin=([^;]*)/.exec(request.headers.cookie ?? '')?.[1])
    answer.writeHead(login ? 200 : 401, login && { 'x-id-token': login.id_token, 'x-user': login.user }).end()
  }))
  return { port, logins }
}

// A request over TLS as a browser sends it to `name`: {status, headers, body}.
function visit(door, name, path, { method = 'GET', headers = {}, body, ...certificate } = {}) {
  return new Promise((done, failed) => {
    const request = https.request({ ...door, servername: name, rejectUnauthorized: false, agent: false, method, path, ...certificate,
                                    headers: { host: name, ...headers } }, async (answer) => {
      done({ status: answer.statusCode, headers: answer.headers, body: await text_of(answer) })
    })
    request.on('error', failed)
    request.end(body)
  })
}

// Opens a WebSocket, waits for its first tick: {closed_at}.
async function open_websocket(door, name, path, headers) {
  const request = https.request({ ...door, servername: name, rejectUnauthorized: false, agent: false, path,
                                  headers: { host: name, connection: 'Upgrade', upgrade: 'websocket', ...headers } })
  request.end()
  const [, socket] = await once(request, 'upgrade')
  const open = { closed_at: undefined }
  socket.on('error', () => {}).on('close', () => { open.closed_at = Date.now() })
  await once(socket, 'data')
  return open
}

const local_snippet = (stage) => readFileSync(`${root}packaging/snippets/slo-deliver.conf`, 'utf8')
  .replaceAll('/etc/ssl/certs/ca-certificates.crt', stage.authority.ca)

const skeleton = (dir, modules) => `
${modules.map((name) => `load_module /usr/lib/nginx/modules/${name}.so;`).join(' ')}
load_module ${process.env.SLO_MODULE};
${process.getuid() === 0 ? 'user root;' : ''}
worker_processes 2;
daemon off;
pid nginx.pid;
error_log error.log info;
events { worker_connections 768; }
http {
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path temp_${kind};`).join(' ')}
  access_log access.log;
  include ${dir}/etc-nginx/conf.d/*.conf;
}
`

// The example with the addresses and paths of this host.
function example_at(stage, file, { dir, front, api }) {
  const others = {
    '443 ssl': `${front.host}:${front.port} ssl`, '127.0.0.1:9145': `${front.host}:${api}`, '/etc/nginx': `${dir}/etc-nginx`, '/var/log/nginx': dir,
    'redis://127.0.0.1:6379': stage.redis.url, 'redis://redis.example.com:6379': stage.redis.url,
    'https://sso.example.com': stage.op.issuer.issuer, 'vendor.example.net:443': `127.0.0.1:${stage.op.port}`,
    '127.0.0.1:4180': `127.0.0.1:${stage.verifier.port}`, '127.0.0.1:9000': `127.0.0.1:${stage.op.plain_port}`, '/etc/ssl/certs/ca-certificates.crt': stage.authority.ca,
    ...Object.fromEntries(['8080', '8081', '8082'].map((port) => [`127.0.0.1:${port}`, `127.0.0.1:${(stage.apps[port] ?? stage.app).port}`])),
  }
  let text = readFileSync(`${root}packaging/examples/${file}`, 'utf8')
  for (const [from, to] of Object.entries(others)) text = text.replaceAll(from, to)
  return text
}

// Lays out what an operator would have at /etc/nginx, and starts nginx with the example.
async function start_host(stage, { file, n, modules, files, change }) {
  const { house } = stage
  const dir = house.path(`host-${n}`)
  for (const part of ['', '/etc-nginx', ...['conf.d', 'snippets', 'slo'].map((name) => `/etc-nginx/${name}`)]) mkdirSync(dir + part)
  const write = (name, text) => house.write(`host-${n}/etc-nginx/${name}`, text)
  const host = `127.0.0.${n}`
  const front = { host, port: await free_port(host) }, api = await free_port(host)
  const { key, cert } = stage.authority.issue('intranet.example.com')
  write('slo/sso.key', key)
  write('slo/sso.crt', cert)
  write('snippets/slo-resolver.conf', `resolver 127.0.0.1:${stage.names.port} ipv6=off;\n`)
  write('snippets/slo-deliver.conf', local_snippet(stage))
  for (const [name, text] of Object.entries(files(stage))) chmodSync(write(name, text), 0o600)
  const example = change(example_at(stage, file, { dir, front, api }))
  write('conf.d/slo.conf', example)
  write('nginx.conf', skeleton(dir, modules))
  const words = ['nginx', '-p', dir, '-c', `${dir}/etc-nginx/nginx.conf`, '-e', `${dir}/error.log`]
  await house.start(`nginx-${n}`, words, { host, port: api })
  const log = () => house.read(`host-${n}/error.log`)
  const ask = async (method, path) => {
    const answer = await fetch(`http://${host}:${api}${path}`, { method })
    return { status: answer.status, body: await answer.text() }
  }
  const back = (name, token) => visit(front, name, '/slo/backchannel', { method: 'POST', body: `logout_token=${token}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' } })
  await eventually('the guard knows all', async () => /^slo_marks_complete 1$/m.test((await ask('GET', '/metrics')).body))
  if (!/^ *jwks /m.test(example)) await eventually('the keys of the OP are here', () => log().includes("the OP's keys are here"))
  const warnings = house.read(`nginx-${n}.out.log`).split('\n').filter((line) => line.includes('[warn]'))
  return { warnings, log, ask, back, visit: (name, path, how) => visit(front, name, path, how),
           websocket: (name, path, headers) => open_websocket(front, name, path, headers) }
}

// `file` of packaging/examples at work on `hosts` hosts. `modules` of Debian are loaded, `files` (or what they are in this stage) lie below
// /etc/nginx, `apps` are the applications by the ports that the example gives them.
export async function set_example(house, file, { hosts = 1, modules = [], files = {}, apps = {}, redis: redis_how, change = (text) => text } = {}) {
  const authority = make_authority(house, 'authority')
  const app = application()
  app.port = await listen(house, http.createServer(app.answer))
  const stage = { house, authority, app, apps, names: await start_name_server(house), redis: await start_redis(house, redis_how),
                  verifier: await start_verifier(house), ...await start_tls_side(house, authority) }
  // A login as the verifier knows it; the headers that a browser has then.
  stage.sign_in = async (cookie, claims) => {
    stage.verifier.logins.set(cookie, { user: claims.sub, id_token: await stage.op.issuer.id_token({ aud: 'client', ...claims }) })
    return { cookie: `login=${cookie}` }
  }
  stage.hosts = []
  for (let n = 1; n <= hosts; ++n) stage.hosts.push(await start_host(stage, { file, n, modules, files: typeof files === 'function' ? files : () => files, change }))
  return Object.assign(stage, { host: stage.hosts[0] })
}
