// SPDX-License-Identifier: BSD-2-Clause
// The peer in front of an application: Apache with mod_auth_openidc, one process, and the little of an OP that it needs to
// log a user in.
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { send } from '../../t/journeys/parts/browser_jar.mjs'
import { free_port } from '../../t/journeys/parts/house.mjs'
import { cores } from './cores.mjs'
import { children_of } from './cpu.mjs'
import { id_token } from './keys.mjs'

export const client_id = 'gateway'
const modules = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'auth_openidc', 'mime', 'alias']

const caches = { shm: () => 'OIDCCacheType shm', redis: (port) => `OIDCCacheType redis\nOIDCRedisCacheServer 127.0.0.1:${port}` }

const conf = ({ home, port, op, alg, cache, www }) => `
ServerRoot ${home}
ServerName 127.0.0.1
Listen 127.0.0.1:${port}
PidFile ${home}/httpd.pid
Mutex file:${home} default
DefaultRuntimeDir ${home}
ErrorLog ${home}/error.log
LogLevel warn
${modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
${process.getuid() === 0 ? 'User www-data\nGroup www-data' : ''}
TypesConfig /etc/mime.types
ServerLimit 1
StartServers 1
ThreadsPerChild 64
MaxRequestWorkers 64
MinSpareThreads 1
MaxSpareThreads 64
KeepAliveTimeout 60
MaxKeepAliveRequests 0
DocumentRoot ${home}/www

OIDCProviderMetadataURL ${op}/.well-known/openid-configuration
OIDCClientID ${client_id}
OIDCClientSecret only-for-this-measurement
OIDCRedirectURI http://127.0.0.1:${port}/app/callback
OIDCIDTokenSignedResponseAlg ${alg}
OIDCCryptoPassphrase only-for-this-measurement
OIDCScope "openid"
OIDCSessionInactivityTimeout 7200
${cache}

Alias /bare/ ${www}/
Alias /app/ ${www}/
<Directory ${www}>
  Require all granted
</Directory>
<Location /app/>
  AuthType openid-connect
  Require valid-user
</Location>
`

// The nonce of a login is its code, so that nothing need be kept.
export async function start_small_op(house, keys) {
  const answers = {
    '/.well-known/openid-configuration': (issuer) => ({ issuer, authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`, response_types_supported: ['code'], token_endpoint_auth_methods_supported: ['client_secret_basic'] }),
    '/jwks': () => ({ keys: Object.values(keys).map((key) => key.public_jwk) }),
    '/token': (issuer, alg, nonce) => ({ access_token: 'x'.repeat(43), token_type: 'Bearer', expires_in: 7200,
      id_token: id_token(keys[alg], { iss: issuer, aud: client_id, sub: 'user-of-the-peer', sid: '5f0cQb7kM2x-of-the-peer', nonce }) }),
  }
  const ports = {}
  for (const alg of Object.keys(keys)) {
    const server = createServer((request, answer) => {
      let form = ''
      request.on('data', (piece) => { form += piece }).on('end', () => {
        const say = answers[request.url]
        answer.writeHead(say ? 200 : 404, { 'Content-Type': 'application/json' })
        answer.end(say && JSON.stringify(say(`http://127.0.0.1:${ports[alg]}`, alg, new URLSearchParams(form).get('code'))))
      })
    })
    await new Promise((done) => server.listen(0, '127.0.0.1', done))
    ports[alg] = server.address().port
    house.when_over(() => { server.closeAllConnections(); server.close() })
  }
  return { issuer: (alg) => `http://127.0.0.1:${ports[alg]}` }
}

async function start_cache(house, name) {
  const port = await free_port()
  const child = await house.start(name, ['taskset', '-c', cores.server, 'redis-server', '--port', String(port), '--bind', '127.0.0.1', '--save', '',
                                         '--dir', house.dir], { host: '127.0.0.1', port })
  return { port, pid: child.pid }
}

// `cache`: shm or redis, where sessions are. `www` holds what is served at /bare/ to anybody and at /app/ after a login.
export async function start_relying_apache(house, { name, op, alg = 'RS256', cache = 'shm', www }) {
  const home = house.path(name), port = await free_port()
  for (const dir of ['', '/www']) mkdirSync(home + dir, { recursive: true, mode: 0o777 })
  const store = cache === 'redis' ? await start_cache(house, `${name}-cache`) : undefined
  writeFileSync(`${home}/httpd.conf`, conf({ home, port, op: op.issuer(alg), alg, cache: caches[cache](store?.port), www: www ?? `${home}/www` }))
  const child = await house.start(name, ['taskset', '-c', cores.server, 'apache2', '-DFOREGROUND', '-d', home, '-f', 'httpd.conf'],
                                  { host: '127.0.0.1', port })
  return { to: `127.0.0.1:${port}`, url: `http://127.0.0.1:${port}`, issuer: op.issuer(alg),
           get pids() { return { apache: children_of(child.pid)[0], ...(store && { cache: store.pid }) } } }
}

const cookies_of = (answer) => (answer.headers['set-cookie'] ?? []).map((line) => line.split(';')[0])

// Logs a user in as a browser does; the cookie of the session.
export async function log_in_at(apache, page) {
  const away = await send(`${apache.url}${page}`, { headers: { accept: 'text/html' } })
  if (away.status !== 302) throw new Error(`a page that needs a login was answered with ${away.status}`)
  const asked = new URL(away.location).searchParams
  const back = await send(`${apache.url}/app/callback?code=${asked.get('nonce')}&state=${asked.get('state')}`, { headers: { cookie: cookies_of(away).join('; ') } })
  const cookie = cookies_of(back).find((one) => one.startsWith('mod_auth_openidc_session='))
  if (!cookie) throw new Error(`the login at Apache was answered with ${back.status}`)
  const { status } = await send(`${apache.url}${page}`, { headers: { cookie } })
  if (status !== 200) throw new Error(`the page behind the login was answered with ${status}`)
  return cookie
}
