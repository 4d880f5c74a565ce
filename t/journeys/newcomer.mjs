// SPDX-License-Identifier: BSD-2-Clause
// What the documentation tells a newcomer to type, typed: README's commands and configuration, the example files, the
// recipes for keys. Only paths and ports are others.
import assert from 'node:assert/strict'
import { createHmac, createPrivateKey, createPublicKey, createSign, createVerify, generateKeyPairSync } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { test } from 'node:test'
import { House, eventually, free_port } from './parts/house.mjs'
import { block_with, blocks_of, root, substituted, type } from './parts/manual.mjs'
import { start_name_server } from './parts/name_server.mjs'
import { start_redis } from './parts/redis.mjs'
import { start_tls_town } from './parts/tls_town.mjs'

const hosts = ['a', 'wiki', 'shop', 'reports', 'elder'].map((name) => `${name}.example.com`).concat('ledger.example.net')
const encode = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const decode = (part) => JSON.parse(Buffer.from(part, 'base64url'))

function id_token(key, kid, claims) {
  const now = Math.floor(Date.now() / 1000)
  const signed = `${encode({ alg: 'RS256', kid })}.${encode({ iss: 'https://sso.example.com', iat: now, exp: now + 600, ...claims })}`
  return `${signed}.${createSign('sha256').update(signed).sign(key, 'base64url')}`
}

// A directory that looks like a Debian host: /etc/nginx with Debian's own skeleton, names that resolve, Redis, an OP.
async function settle(t) {
  const house = new House(t)
  const etc = house.path('etc-nginx')
  for (const part of ['modules', 'built', 'log', 'etc-nginx', ...['conf.d', 'modules-enabled', 'snippets'].map((name) => `etc-nginx/${name}`)]) {
    mkdirSync(house.path(part))
  }
  const [front, api] = [await free_port(), await free_port()]
  const names = await start_name_server(house)
  const town = await start_tls_town(house, hosts)
  const redis = await start_redis(house)
  house.write('resolv.conf', 'search example.com\nnameserver 127.0.0.1\n')
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const jwks = { keys: [{ ...keys.publicKey.export({ format: 'jwk' }), kid: 'op-2026', alg: 'RS256', use: 'sig' }] }
  const documents = {
    '/jwks': () => jwks,
    '/.well-known/openid-configuration': () => ({ issuer: 'https://sso.example.com', jwks_uri: 'https://sso.example.com/jwks' }),
    '/token': () => ({ token_type: 'Bearer', access_token: 'opaque', id_token: id_token(keys.privateKey, 'op-2026', { aud: 'app-a', sub: 'alice', sid: sids.shift() }) }),
  }
  const sids = ['8f2c', 'second']
  const op = http.createServer((request, answer) => {
    if (request.url === '/login') answer.writeHead(200, { 'x-client-id': 'app-a', 'x-sid': 'passing', 'x-sub': 'alice' })
    if (!documents[request.url]) return answer.end('the OP')
    answer.setHeader('content-type', 'application/json')
    answer.end(JSON.stringify(documents[request.url]()))
  })
  await new Promise((done) => op.listen(0, '127.0.0.1', done))
  house.when_over(() => new Promise((done) => { op.close(done); op.closeAllConnections() }))
  return { house, etc, front, api, names, town, redis, op: { keys, jwks, port: op.address().port } }
}

// What one would edit after copying: where names are looked up, whom to trust, and which port the applications have.
function adapt({ house, etc, names, town }) {
  assert.equal(house.read('etc-nginx/snippets/slo-resolver.conf'), 'resolver 127.0.0.1;\n')
  house.write('etc-nginx/snippets/slo-resolver.conf', `resolver 127.0.0.1:${names.port} ipv6=off;\n`)
  const snippet = readFileSync(`${etc}/snippets/slo-deliver.conf`, 'utf8')
  house.write('etc-nginx/snippets/slo-deliver.conf', substituted(snippet, { '/etc/ssl/certs/ca-certificates.crt': town.ca }))
  const clients = readFileSync(`${etc}/slo/clients.json`, 'utf8')
  house.write('etc-nginx/slo/clients.json', clients.replaceAll(/(https:\/\/[a-z]+\.example\.(?:com|net))\//g, `$1:${town.port}/`))
}

const skeleton = ({ house, etc }) => `
${process.getuid() === 0 ? 'user root;' : ''}
pid ${house.path('nginx.pid')};
error_log ${house.path('log/error.log')} info;
include ${etc}/modules-enabled/*.conf;
events { worker_connections 768; }
http {
  ${temporary(house)}
  access_log ${house.path('log/access.log')};
  include ${etc}/conf.d/*.conf;
}
`
const temporary = (house) => ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  .map((kind) => `${kind}_temp_path ${house.path(`temp_${kind}`)};`).join(' ')

const words_of_nginx = ({ house, etc }) =>
  ['nginx', '-p', house.dir, '-c', `${etc}/nginx.conf`, '-e', house.path('log/error.log'), '-g', 'daemon off;']

const start_nginx = (stage) => stage.house.start('nginx', words_of_nginx(stage), { host: '127.0.0.1', port: stage.api })
const check_nginx = (stage) => execFileSync(words_of_nginx(stage)[0], [...words_of_nginx(stage).slice(1), '-t'], { stdio: 'pipe' })

// README's first commands; what installs and builds has run before any journey.
async function type_preparations(stage) {
  const { house, etc } = stage
  const commands = block_with('README.md', 'sh', 'install-missing.sh').split('\n')
    .filter((line) => !/^(packaging\/install-missing|cmake) /.test(line)).join('\n')
  cpSync(process.env.SLO_MODULE, house.path('built/ngx_http_slo_module.so'))
  await type(substituted(commands, { 'build/ngx_http_slo_module.so': house.path('built/ngx_http_slo_module.so'), '/usr/lib/nginx/modules': house.path('modules'),
                               '/var/log/nginx': house.path('log'),
                               '/etc/nginx': etc, '/etc/resolv.conf': house.path('resolv.conf') }))
  adapt(stage)
}

const make_op_key = ({ etc }) => type(substituted(block_with('docs/keys.md', 'sh', 'genpkey -algorithm RSA'), { '/etc/nginx': etc }))

const local = ({ house, etc, front, api, redis, op }) => ({
  '/etc/nginx': etc, 'redis://127.0.0.1:6379': redis.url, '443 ssl': `127.0.0.1:${front} ssl`, '127.0.0.1:9145': `127.0.0.1:${api}`,
  '127.0.0.1:8080': `127.0.0.1:${op.port}`, '/var/log/nginx': house.path('log'),
})

// A browser's request to the server of the example; `host` is what it would have in its address bar.
const browse = ({ front }, path, headers = {}) => new Promise((done, failed) => {
  https.get({ host: '127.0.0.1', port: front, path, servername: 'sso.example.com', rejectUnauthorized: false, agent: false,
              headers: { host: 'sso.example.com', accept: 'text/html', ...headers } }, (answer) => {
    const chunks = []
    answer.on('data', (chunk) => chunks.push(chunk))
    answer.on('end', () => done({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(chunks).toString() }))
  }).on('error', failed)
})

async function log_out(stage, hint, cookie) {
  const answer = await browse(stage, `/logout?id_token_hint=${hint}`, { cookie: `op_session=${cookie}` })
  assert.equal(answer.status, 200, answer.body)
  assert.match(answer.headers['set-cookie'].join(), /op_session=;/, 'the OP\'s cookie is expired')
}

function assert_signed(token, pem) {
  const [head, payload, signature] = token.split('.')
  assert.equal(createVerify('sha256').update(`${head}.${payload}`).verify(createPublicKey(readFileSync(pem)), signature, 'base64url'), true)
}

test('README, typed literally: a login is learnt, ended by the API and by the user, and the application is told', { timeout: 60_000 }, async (t) => {
  const stage = await settle(t)
  const { house, etc, town, front, api, op } = stage
  await type_preparations(stage)
  house.write('etc-nginx/nginx.conf', skeleton(stage))
  house.write('etc-nginx/conf.d/slo.conf', substituted(block_with('README.md', 'nginx', 'slo_provider'), local(stage)))
  check_nginx(stage)
  await start_nginx(stage)
  await eventually('the keys are fetched', () => house.read('log/slo.log').includes("the OP's keys are here: 1"))

  const commands = block_with('README.md', 'sh', 'curl -k').trim().split('\n')
  assert.match(commands.shift(), /^service redis-server start; nginx -t && service nginx restart$/)
  const here = (line) => line.replace('https://sso.example.com/', `--resolve sso.example.com:${front}:127.0.0.1 https://sso.example.com:${front}/`)
    .replace('127.0.0.1:9145', `127.0.0.1:${api}`)
  const say = async (line) => JSON.parse(await type(`${here(line)} -sS`))
  const log_in = () => say('curl -k -d grant_type=authorization_code https://sso.example.com/token')
  assert.equal((await say(commands[0])).end_session_endpoint, 'https://sso.example.com/logout')
  await log_in()
  const [{ sessions: [shown] }, { ended }] = [await say(commands[1]), await say(commands[2])]
  assert.deepEqual([shown.sid, shown.state, shown.participants?.map(({ client_id }) => client_id) ?? shown.clients], ['8f2c', 'live', ['app-a']])
  assert.deepEqual(ended, ['8f2c'])
  await eventually('app-a is told', () => town.told.length === 1)
  await eventually('nothing is owed', async () => (await say(commands[3])).deliveries.length === 0)
  assert_signed(town.told[0].token, `${etc}/slo/logout.pem`)
  assert.deepEqual([town.told[0].host, town.told[0].path], ['a.example.com', '/backchannel-logout'])

  await log_in()
  const [{ kid: of_op }, { kid }] = (await say('curl -k https://sso.example.com/jwks')).keys
  assert.deepEqual([of_op, kid], ['op-2026', decode(town.told[0].token.split('.')[0]).kid])
  await log_out(stage, id_token(op.keys.privateKey, 'op-2026', { aud: 'app-a', sub: 'alice', sid: 'second' }), 'any')
  await eventually('app-a is told again', () => town.told.length === 2)
  assert.equal(decode(town.told[1].token.split('.')[1]).sid, 'second')
  assert.equal((await browse(stage, '/anything')).body, 'the OP')
})

test('the example nginx.conf with its clients of every kind: one logout, each is told in its own way', { timeout: 60_000 }, async (t) => {
  const stage = await settle(t)
  const { house, etc, town, api, op } = stage
  await type_preparations(stage)
  await make_op_key(stage)
  await type(substituted(block_with('docs/keys.md', 'sh', 'curl -fsS https://sso.example.com/jwks -o /etc/nginx/slo/op-jwks.json'),
                   { 'https://sso.example.com': `http://127.0.0.1:${op.port}`, '/etc/nginx': etc }))
  const example = readFileSync(`${root}packaging/examples/nginx.conf`, 'utf8')
  house.write('etc-nginx/nginx.conf', substituted(example, {
    ...local(stage), 'modules/ngx_http_slo_module.so': house.path('modules/ngx_http_slo_module.so'),
    'user www-data;': process.getuid() === 0 ? 'user root;' : '', '/run/nginx.pid': house.path('nginx.pid'),
    'resolver_timeout 2s;': `resolver_timeout 2s; ${temporary(house)}` }))
  check_nginx(stage)
  await start_nginx(stage)

  const register = async (json) => JSON.parse(await type(`curl -sS --json '${JSON.stringify(json)}' http://127.0.0.1:${api}/slo/corp/sessions`))
  for (const client_id of ['app-a', 'wiki', 'shop', 'desktop', 'reports', 'elder']) {
    assert.equal((await register({ client_id, sid: '8f2c', sub: 'alice', session_cookie: 'c00k1e' })).new_client, true)
  }
  const { headers } = await browse(stage, '/login')
  assert.deepEqual(Object.keys(headers).filter((name) => /^x-/.test(name)), [], 'what the OP tells nginx stays with nginx')
  await eventually('a login is registered as it passes', async () =>
    JSON.parse(await type(`curl -sS http://127.0.0.1:${api}/slo/corp/sessions/passing`)).state === 'live')

  const pairwise = block_with('packaging/examples/README.md', 'sh', 'client_sub')
  assert.equal(JSON.parse(await type(`${substituted(pairwise, { '127.0.0.1:9145': `127.0.0.1:${api}` }).trim()} -sS`)).client_id, 'ledger')

  const answer = await browse(stage, `/logout?id_token_hint=${id_token(op.keys.privateKey, 'op-2026', { aud: 'app-a', sub: 'alice', sid: '8f2c' })}`,
                              { cookie: 'op_session=c00k1e' })
  assert.equal(answer.status, 200, answer.body)
  const frames = [...answer.body.matchAll(/<iframe src="https:\/\/([a-z.]+):/g)].map(([, host]) => host).sort()
  assert.deepEqual(frames, ['shop.example.com', 'wiki.example.com'])
  await eventually('five are told', () => town.told.length >= 5)
  const told = Object.fromEntries(town.told.map(({ host, path, token }) => [host, { path, head: decode(token.split('.')[0]),
                                                                                    claims: decode(token.split('.')[1]), token }]))
  assert.deepEqual(Object.keys(told).sort(), hosts.filter((host) => host !== 'wiki.example.com').sort())
  assert_signed(told['a.example.com'].token, `${etc}/slo/op.pem`)
  assert.deepEqual([told['ledger.example.net'].claims.sub, told['ledger.example.net'].claims.sid], ['kd83-pairwise', 'ledger-77'])
  const [head, payload, signature] = told['reports.example.com'].token.split('.')
  assert.equal(createHmac('sha256', 'change-me-there-must-be-32-bytes-of-it').update(`${head}.${payload}`).digest('base64url'), signature)
  assert.deepEqual([told['elder.example.com'].head.typ, told['elder.example.com'].claims.aud], [undefined, 'elder'])
  assert.deepEqual([told['a.example.com'].head.typ, told['a.example.com'].claims.aud], ['logout+jwt', ['app-a']])
  assert.match(house.read('log/logout.log'), /"GET \/logout HTTP\/1\.1" 200 ended /)
})

test('the recipes for keys make what they say', { timeout: 60_000 }, async (t) => {
  const { house, etc, op } = await settle(t)
  const keys = (word, others) => type(substituted(block_with('docs/keys.md', 'sh', word), others))
  const at = { '/etc/nginx': etc }
  await keys('install -d -m 700', at)
  const public_of = (name) => createPublicKey(readFileSync(`${etc}/slo/${name}`)).export({ format: 'jwk' })
  await keys('genpkey -algorithm RSA', at)
  await keys('genpkey -algorithm EC', at)
  assert.deepEqual(['op.pem', 'op-ec.pem', 'op-ed.pem'].map((name) => public_of(name)).map(({ kty, crv }) => crv ?? kty), ['RSA', 'P-256', 'Ed25519'])

  const made = op.keys.privateKey.export({ type: 'pkcs8', format: 'pem' })
  house.write('op-private-jwks.json', JSON.stringify({ keys: [op.keys.privateKey.export({ format: 'jwk' })] }))
  await keys('node -e', { ...at, 'op-private-jwks.json': house.path('op-private-jwks.json') })
  assert.equal(readFileSync(`${etc}/slo/op.pem`, 'utf8').trim(), made.trim())

  house.write('made.pem', made)
  house.write('op.p12.password', 'change it\n')
  await type(`openssl req -x509 -key ${house.path('made.pem')} -subj /CN=op -days 1 -out ${house.path('made.crt')} &&
        openssl pkcs12 -export -inkey ${house.path('made.pem')} -in ${house.path('made.crt')} -passout pass:'change it' -out ${house.path('op.p12')}`)
  await keys('pkcs12 -in', { ...at, '-in op.p12 ': `-in ${house.path('op.p12')} `, 'op.p12.password': house.path('op.p12.password') })
  assert.equal(readFileSync(`${etc}/slo/op.pem`, 'utf8').trim(), made.trim())

  const jwks = `http://127.0.0.1:${op.port}/jwks`
  await keys('nginx -s reload', { ...at, 'https://sso.example.com/jwks': jwks, 'nginx -t -q && nginx -s reload': 'true' })
  assert.deepEqual(JSON.parse(house.read('etc-nginx/slo/op-jwks.json')), op.jwks)
  assert.equal(existsSync(`${etc}/slo/op-jwks.new`), false)
})

test('every other configuration of the manual is accepted by nginx -t', { timeout: 60_000 }, async (t) => {
  const stage = await settle(t)
  const { house, etc, op, redis } = stage
  await type_preparations(stage)
  await make_op_key(stage)
  await type(`openssl rand -out ${etc}/slo/secret 32; cp ${etc}/slo/op.pem ${etc}/slo/op-2026.pem; cp ${etc}/slo/sso.key ${etc}/slo/op-2027.pem`)
  house.write('etc-nginx/slo/op-jwks.json', JSON.stringify(op.jwks))
  const accepted = (text, how) => {
    house.write('etc-nginx/conf.d/slo.conf', substituted(text, { '/etc/nginx': etc, 'redis://127.0.0.1:6379': redis.url })
      .replaceAll('/var/log/nginx', house.path('log')))
    house.write('etc-nginx/nginx.conf', how ?? skeleton(stage))
    check_nginx(stage)
  }
  accepted(block_with('docs/keys.md', 'nginx', 'slo_store'))
  const rotated = block_with('docs/keys.md', 'nginx', 'op-2027.pem')
  const plain = block_with('README.md', 'nginx', 'slo_provider')
  accepted(plain.replace(/ *signing_key .*\n/, rotated))

  const [example] = blocks_of('docs/directives.md', 'nginx').filter((text) => text.startsWith('load_module'))
  const inner = /^http \{\n([\s\S]*)^\}\n$/m.exec(example)[1]
  accepted(inner.replace('http://op;', 'http://127.0.0.1:8080;').replace('443 ssl;', `443 ssl; ssl_certificate ${etc}/slo/sso.crt; ssl_certificate_key ${etc}/slo/sso.key;`))
})

test('every command of the runbook is understood, by nginx and by Redis', { timeout: 60_000 }, async (t) => {
  const stage = await settle(t)
  const { house, etc, api, redis } = stage
  await type_preparations(stage)
  house.write('etc-nginx/nginx.conf', skeleton(stage))
  house.write('etc-nginx/conf.d/slo.conf', substituted(block_with('README.md', 'nginx', 'slo_provider'), local(stage)))
  await start_nginx(stage)
  await browse(stage, `/logout?id_token_hint=${id_token(stage.op.keys.privateKey, 'nobody', { aud: 'app-a', sub: 'alice', sid: '8f2c' })}`)
  await type(`curl -sS --json '{"client_id":"app-a","sid":"8f2c","sub":"alice"}' http://127.0.0.1:${api}/slo/corp/sessions`)
  for (const block of blocks_of('docs/runbook.md', 'sh')) {
    if (block.includes('nginx -t')) continue
    const text = block.replaceAll('127.0.0.1:9145', `127.0.0.1:${api}`).replaceAll('/var/log/nginx', house.path('log'))
      .replaceAll('/etc/nginx', etc).replaceAll('redis-cli ', `redis-cli -s ${redis.socket} `)
    const said = await type(`set +e; { ${text.trimEnd()}\n} 2>&1; true`)
    assert.doesNotMatch(said, /^(curl|jq|grep|bash|redis-cli|ERR|Could not|\(error\))|parse error|problem\+json|not_found|invalid_request/m, block)
    const metric = ['slo_circuits_open', 'slo_(store_up', 'slo_op_keys'].find((name) => text.includes(name))
    if (metric) assert.match(said, new RegExp(`^${metric.replace('(', '')}`, 'm'))
    if (text.includes('sub=alice')) assert.match(said, /"state": "live"/)
    if (text.includes('token_key_unknown')) assert.match(said, /^1\n1\n/, 'both logs of README hold the refusal')
    if (text.includes('slo_store|signing_key')) assert.match(said, /slo_store[^]*[0-9a-f]{16} [^]*logout\.pem\n[^]*^[\w-]{22}\n/m)
  }
})
