// SPDX-License-Identifier: BSD-2-Clause
// Private Redis, our nginx and the receivers, on loopback and unix sockets, each pinned to its core.
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs'
import { eventually, free_port } from '../../t/journeys/parts/house.mjs'
import { cores } from './cores.mjs'
import { children_of } from './cpu.mjs'
import { ask_line, receiver_words } from './tools.mjs'
import { RedisLine } from './redis_line.mjs'

const snippet = new URL('../../packaging/snippets/slo-deliver.conf', import.meta.url).pathname
const pinned = (core, words) => ['taskset', '-c', core, ...words]

export async function start_redis(house, { name = 'redis', core = cores.server, dump } = {}) {
  const dir = house.path(`${name}.d`)
  mkdirSync(dir)
  if (dump) copyFileSync(dump, `${dir}/dump.rdb`)
  const socket = house.path(`${name}.sock`)
  const child = await house.start(name, pinned(core, ['redis-server', '--port', '0', '--unixsocket', socket, '--unixsocketperm', '777',
    '--save', '', '--dir', dir, '--maxmemory-policy', 'noeviction', '--slowlog-log-slower-than', '100']), socket)
  const line = await RedisLine.open(socket)
  house.when_over(() => line.close())
  await eventually(`${name} has read its content`, async () => {
    try { return await line.ask('PING') } catch { return false }  // LOADING
  })
  return { pid: child.pid, child, socket, dir, url: `unix:${socket}`, ask: (...words) => line.ask(...words) }
}

// `doors` addresses 127.1.0.1 …; report(), count(), reset(), hang(each, at).
export async function start_receivers(house, doors, { name = 'receivers', core = cores.driver, awake_us = 2000 } = {}) {
  const port = await free_port('127.1.0.1')
  const control = house.path(`${name}.sock`)
  const child = await house.start(name, pinned(core, receiver_words(port, doors, control, awake_us)), control)
  return {
    pid: child.pid, port, door: (i) => `127.1.${Math.floor(i / 250)}.${1 + (i % 250)}:${port}`,
    count: async () => Number(await ask_line(control, 'count')), report: async () => JSON.parse(await ask_line(control, 'report')),
    reset: () => ask_line(control, 'reset'), hang: (each, at = 0) => ask_line(control, `hang ${each} ${at}`),
  }
}

// The shipped carrier, open to the public and with a target of its own: what a proxied POST costs in that very location.
function proxied(path, target) {
  const text = readFileSync(snippet, 'utf8').replace(/^ *#.*\n/gm, '')
  return text.replace('/_slo/deliver', path).replace('internal;', '').replace('slo_deliver;', `set $bench_target ${target};`)
    .replace('$slo_deliver_uri', '$bench_target')
}

const conf = ({ dir, port, redis, module, workers, upstreams, provider, locations, store, issuer, listen }) => `
load_module ${module};
daemon off;
worker_processes ${workers};
${process.getuid() === 0 ? 'user root;' : ''}
pid nginx.pid;
error_log error.log notice;
events { worker_connections 16384; }
http {
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path temp_${kind};`).join(' ')}
  access_log off;
  keepalive_requests 10000000;
  variables_hash_max_size 2048;
  slo_store ${redis.url} zone=slo:16m ${store};
  ${upstreams.map(({ name, door, keepalive }) => `upstream ${name} { server ${door}; keepalive ${keepalive}; keepalive_requests 10000000; }`).join('\n  ')}
  slo_provider main {
    issuer ${issuer};
    allow_http on;
    jwks ${dir}/jwks.json;
    signing_key ${dir}/rsa.pem;
    signing_key ${dir}/ec.pem;
    clients ${dir}/clients.json;
    session_cookie _session;
    ${provider}
  }
  server {
    listen 127.0.0.1:${port} backlog=4096 ${listen};
    location = /logout { slo_end_session main; }
    location = /gone { return 302 https://app.example/bye; }
    location = /plain { return 200 "ok"; }
    location = /login { slo_session main client=$arg_client sub=$arg_sub sid=$arg_sid; return 204; }
    location = /no-login { return 204; }
    include ${snippet};
    ${proxied('/proxied', 'http://receivers/back')}
    ${proxied('/proxied-to', 'http://$arg_to/back')}
    ${locations}
  }
  server {
    listen unix:${dir}/admin.sock backlog=4096;
    location /api/ { slo_api write=on; }
    location = /metrics { slo_status format=json; }
  }
}
`

// `clients` are registrations; `upstreams` {name, door, keepalive}.
export async function start_nginx(house, { name = 'nginx', core = cores.server, workers = 1, redis, keys, clients, upstreams = [],
                                           provider = '', locations = '', store = 'timeout=10s', listen = '', issuer, module = process.env.SLO_MODULE }) {
  const dir = house.path(name)
  mkdirSync(dir)
  const port = await free_port(), of = issuer ?? `http://127.0.0.1:${port}`
  house.write(`${name}/jwks.json`, JSON.stringify({ keys: Object.values(keys).map((key) => key.public_jwk) }))
  house.write(`${name}/rsa.pem`, keys.RS256.pem)
  house.write(`${name}/ec.pem`, keys.ES256.pem)
  house.write(`${name}/clients.json`, JSON.stringify(clients, null, 1))
  house.write(`${name}/nginx.conf`, conf({ dir, port, redis, module, workers, upstreams, provider, locations, store, issuer: of, listen }))
  const start = () => house.start(name, pinned(core, ['nginx', '-p', dir, '-c', 'nginx.conf', '-e', `${dir}/error.log`]), { host: '127.0.0.1', port })
  let child = await start()
  return {
    dir, port, to: `127.0.0.1:${port}`, url: `http://127.0.0.1:${port}`, issuer: of, api: `unix:${dir}/admin.sock`,
    get worker() { return children_of(child.pid)[0] }, get workers() { return children_of(child.pid) },
    pem: { RS256: `${dir}/rsa.pem`, ES256: `${dir}/ec.pem` }, stop: () => child.kill('SIGTERM'),
    stopped: () => { child.kill('SIGTERM'); return child.gone }, start_again: async () => { child = await start() }, log: () => house.read(`${name}/error.log`),
  }
}
