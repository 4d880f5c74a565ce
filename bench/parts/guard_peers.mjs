// SPDX-License-Identifier: BSD-2-Clause
// What else stands in front of a page: mod_auth_openidc, auth_request and Lua, each beside the same server's bare page.
import { mkdirSync } from 'node:fs'
import { free_port } from '../../t/journeys/parts/house.mjs'
import { cores } from './cores.mjs'
import { children_of } from './cpu.mjs'
import { log_in_at, start_relying_apache, start_small_op } from './relying_apache.mjs'
import { get, write_requests } from './tools.mjs'

const module_of = (name) => `/usr/lib/nginx/modules/${name}.so`

const plain_conf = ({ modules = [], http = '', server, port }) => `
${modules.map((name) => `load_module ${module_of(name)};`).join('\n')}
daemon off;
worker_processes 1;
${process.getuid() === 0 ? 'user root;' : ''}
pid nginx.pid;
error_log error.log notice;
events { worker_connections 4096; }
http {
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path temp_${kind};`).join(' ')}
  access_log off;
  keepalive_requests 10000000;
  sendfile on;
  ${http}
  server { listen 127.0.0.1:${port} backlog=4096; ${server} }
}
`

// nginx without our module.
async function start_plain_nginx(house, name, how) {
  const port = await free_port(), dir = house.path(name)
  mkdirSync(dir)
  house.write(`${name}/nginx.conf`, plain_conf({ ...how, port }))
  const child = await house.start(name, ['taskset', '-c', cores.server, 'nginx', '-p', dir, '-c', 'nginx.conf', '-e', `${dir}/error.log`],
                                  { host: '127.0.0.1', port })
  return { to: `127.0.0.1:${port}`, get worker() { return children_of(child.pid)[0] } }
}

const asks_each_time = (port) => ({
  http: `upstream asked { server 127.0.0.1:${port}; keepalive 32; keepalive_requests 10000000; }`,
  check: `location = /check { internal; proxy_pass http://asked/; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass_request_body off;
            proxy_set_header Content-Length ""; }` })

const filled = (entries) => `lua_shared_dict marks 256m;
  init_by_lua_block { for i = 1, ${entries} do ngx.shared.marks:set(string.format("over-5f0cQb7kM%08d", i), 1) end }`

const looks_up = 'access_by_lua_block { if ngx.shared.marks:get(ngx.var.http_x_sid or "") then return ngx.exit(401) end }'

// {name, to, pids, bare, guarded}: files of one request each, which differ by their paths alone.
const pair_of = (house, { name, to, pids, header }) => {
  const [bare, guarded] = ['bare', 'app'].map((path) =>
    write_requests(house.path(`peer-${name.replace(/\W+/g, '-')}-${path}`), [get(`/${path}/page.html`, to, header)]))
  return { name, to, pids, bare, guarded }
}

async function nginx_pairs(house, { www, sid, entries }) {
  const empty = await start_plain_nginx(house, 'peer-asked', { server: 'location / { return 204; }' })
  const asked = asks_each_time(empty.to.split(':')[1]), pages = (more) => `location /bare/ { alias ${www}/; } location /app/ { ${more} alias ${www}/; }`
  const asking = await start_plain_nginx(house, 'peer-asking', { http: asked.http, server: pages('auth_request /check;') + asked.check })
  const lua = await start_plain_nginx(house, 'peer-lua', { modules: ['ndk_http_module', 'ngx_http_lua_module'], http: filled(entries), server: pages(looks_up) })
  return [
    pair_of(house, { name: '`auth_request` to an empty location', to: asking.to, pids: { asking: asking.worker, asked: empty.worker }, header: sid }),
    pair_of(house, { name: `Lua, \`lua_shared_dict\` of ${entries} entries`, to: lua.to, pids: { lua: lua.worker }, header: sid })]
}

async function apache_pairs(house, { www, keys }) {
  const op = await start_small_op(house, keys), pairs = []
  for (const [cache, title] of [['shm', 'shared memory'], ['redis', 'Redis']]) {
    const apache = await start_relying_apache(house, { name: `apache-${cache}`, op, cache, www })
    const cookie = await log_in_at(apache, '/app/page.html')
    pairs.push(pair_of(house, { name: `mod_auth_openidc, sessions in ${title}`, to: apache.to, pids: apache.pids, header: `Cookie: ${cookie}\r\n` }))
  }
  return pairs
}

// `www` has page.html, `sid` is the header by which a session is told, `entries` are in the dictionary of Lua.
export async function start_guard_peers(house, how) {
  return [...await apache_pairs(house, how), ...await nginx_pairs(house, how)]
}
