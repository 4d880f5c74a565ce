// SPDX-License-Identifier: BSD-2-Clause
// Our nginx: the module, one provider `main`, and the locations that a journey needs.
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { send } from './browser_jar.mjs'

const snippet = new URL('../../../packaging/snippets/slo-deliver.conf', import.meta.url).pathname

const snippet_that_trusts = (ca) => readFileSync(snippet, 'utf8')
  .replace(/proxy_ssl_trusted_certificate [^;]*;/, `proxy_ssl_trusted_certificate ${ca};`)

const conf = ({ origin, redis, issuer, dir, provider, locations, http, servers, store, access_log, main, workers,
                connections, carrier, jwks, zone, check, listen }) => `
load_module ${process.env.SLO_MODULE};
${main}
daemon off;
worker_processes ${workers};
${process.getuid() === 0 ? 'user root;' : ''}
pid nginx.pid;
error_log error.log info;
worker_rlimit_nofile 8192;
events { worker_connections ${connections}; }
http {
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path temp_${kind};`).join(' ')}
  access_log ${access_log};
  slo_store ${redis.url} zone=slo:${zone} ${store};
  ${http}
  slo_provider main {
    issuer ${issuer.issuer};
    allow_http on;
    ${jwks}
    signing_key ${dir}/op-rsa.pem;
    signing_key ${dir}/op-ec.pem;
    clients ${dir}/clients.json${check};
    session_cookie _session;
    ${provider}
  }
  server {
    listen ${origin}${listen};
    location = /logout { slo_end_session main; }
    location = /slo/jwks { slo_jwks main; }
    include ${carrier};
    ${locations}
  }
  server {
    listen unix:${dir}/admin.sock;
    location /api/ { slo_api write=on; }
    location = /metrics { slo_status; }
  }
  ${servers}
}
`

const children_of = (pid) => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)

// What each worker said last of its own connection to Redis: they come back one by one, each after a pause of its own.
function last_words_on_the_store(log) {
  const last = new Map()
  for (const [, pid, word] of log.matchAll(/ (\d+)#\d+: slo: store "[^"]*" (is reachable|cannot be reached)/g)) last.set(pid, word)
  return last
}

// Starts it at http://host:port. `clients` is the array of registrations, `issuer` comes from make_issuer(), `trusted` is
// the file of the only CA that receivers may have, `published` are further keys of the OP.
export async function start_nginx(house, { name = 'nginx', host, port, redis, issuer, clients, provider = '', locations = '',
                                           http = '', servers = '', store = 'timeout=5s', access_log = 'access.log', main = '',
                                           workers = 2, connections = 4096, trusted, published = [], zone = '4m', check = '', listen = '',
                                           jwks = `jwks ${house.path(name)}/op-jwks.json;` }) {
  const dir = house.path(name)
  mkdirSync(dir)
  house.write(`${name}/op-jwks.json`, JSON.stringify({ keys: [...issuer.public_jwks.keys, ...published] }))
  house.write(`${name}/op-rsa.pem`, issuer.keys.RS256.pem)
  house.write(`${name}/op-ec.pem`, issuer.keys.ES256.pem)
  house.write(`${name}/clients.json`, JSON.stringify(clients, null, 2))
  const carrier = trusted ? house.write(`${name}/carrier.conf`, snippet_that_trusts(trusted)) : snippet
  const origin = `${host}:${port}`
  house.write(`${name}/nginx.conf`, conf({ origin, redis, issuer, dir, provider, locations, http, servers, store,
                                              access_log, main, workers, connections, carrier, jwks, zone, listen,
                                              check: check && ` check=${check}` }))
  const start = () => house.start(name, ['nginx', '-p', dir, '-c', 'nginx.conf', '-e', `${dir}/error.log`], `${dir}/admin.sock`)  // which it opens after the other one

  const ask = async (method, path, json, agent) => {
    const answer = await send(`http://localhost/api/main/${path}`, {
      method, agent, socketPath: `${dir}/admin.sock`,
      ...(json && { body: JSON.stringify(json), headers: { 'content-type': 'application/json' } }),
    })
    return { ...answer, json: answer.body && JSON.parse(answer.body) }
  }
  const nginx = {
    dir, child: await start(), url: `http://${origin}`, logout: `http://${origin}/logout`, ask,
    register: (participation, agent) => ask('POST', 'sessions', participation, agent),
    session: (sid) => ask('GET', `sessions/${encodeURIComponent(sid)}`),
    deliveries: async (state) => (await ask('GET', `deliveries?state=${state}`)).json.deliveries,
    log: () => house.read(`${name}/error.log`),
    metrics: async () => (await send('http://localhost/metrics', { socketPath: `${dir}/admin.sock` })).body,
    every_worker_sees_the_store: () => {
      const last = last_words_on_the_store(house.read(`${name}/error.log`))
      return nginx.workers().every((pid) => last.get(String(pid)) === 'is reachable')
    },
    workers: () => children_of(nginx.child.pid),
    // kill -9, the master first, so that it starts no other worker.
    kill: async () => {
      for (const pid of [nginx.child.pid, ...nginx.workers()]) process.kill(pid, 'SIGKILL')
      await nginx.child.gone
    },
    start_again: async () => {
      rmSync(`${dir}/admin.sock`, { force: true })  // nobody was left to remove it
      nginx.child = await start()
    },
  }
  return nginx
}
