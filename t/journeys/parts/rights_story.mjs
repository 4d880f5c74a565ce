// SPDX-License-Identifier: BSD-2-Clause
// Everything that has Redis do something, once, under a Redis user of its own and in a database of its own.
import assert from 'node:assert/strict'
import http from 'node:http'
import { once } from 'node:events'
import { read_form, send } from './browser_jar.mjs'
import { eventually, free_port, sleep, stop } from './house.mjs'
import { make_issuer } from './issuer.mjs'
import { start_nginx } from './nginx.mjs'
import { manners, start_receiver } from './receivers.mjs'
import { start_redis } from './redis.mjs'
import { back_client, query } from './stage.mjs'

// One Redis for many users.
export async function make_town(house, { at } = {}) {
  const redis = await start_redis(house, { at, more: ['--databases', '64', '--acllog-max-len', '100000'] })
  const issuer = await make_issuer('http://127.0.0.1:1')
  const forbidden = async (user) => {
    const entries = JSON.parse(await redis.ask('--json', 'acl', 'log', '100000'))
    return [...new Set(entries.filter(({ username }) => username === user).map(({ object }) => object))]
  }
  return { house, redis, issuer, forbidden, password: house.write('redis.password', 'geheim\n'), secret: house.write('store.secret', `${'s'.repeat(32)}\n`), users: 0 }
}

// An application with a session of its own, which is told by its cookies.
async function start_application(house) {
  const byes = []
  const server = http.createServer((request, answer) => {
    if (request.url.startsWith('/app/bye')) byes.push(request.headers.cookie)
    answer.writeHead(site.status(request)).end('application')
  })
  const site = { byes, status: () => 200 }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  house.when_over(() => { server.close(); server.closeAllConnections() })
  return Object.assign(site, { url: `http://127.0.0.1:${server.address().port}` })
}

const many = Array.from({ length: 48 }, (_, i) => `many-${i}`)

// A host whose Redis user may do what `rule` says, and no more.
export async function open_house(town, name, rule, { url, store = '' } = {}) {
  const { house, redis } = town
  await redis.ask('acl', 'setuser', name, 'on', '>geheim', ...rule)
  const app = await start_receiver(house), site = await start_application(house)
  const host = '127.0.0.1', port = await free_port(host)
  const clients = [back_client('app', app.url, { backchannel_logout_session_required: false }),
                   { client_id: 'front', redirect_uris: [`${app.url}/cb`], frontchannel_logout_uri: `${app.url}/front` },
                   ...many.map((client_id) => back_client(client_id, app.url))]
  const nginx = await start_nginx(house, {
    name: `nginx-${name.replace('|', '-')}`, host, port, issuer: town.issuer, clients, workers: 1,
    redis: { url: url ?? `unix:${redis.socket}:${++town.users}` },
    store: `timeout=10s user=${name} password_file=${town.password} secret_file=${town.secret} ${store}`,
    provider: 'client_id gateway; delivery first=200ms max=1s wait=1s timeout=1500ms attempts=3;',
    locations: `server_name app.example;
      location = /slo/back { slo_backchannel_logout main; }
      location = /slo/front { slo_frontchannel_logout main; }
      location /app/ { slo_guard main sid=$arg_sid sub=$arg_sub since=$arg_since; slo_cookie JSESSIONID track; slo_app_logout /app/bye;
        add_header X-Slo-Status $slo_status always; proxy_pass ${site.url}; }` })
  const is_up = async () => /^slo_store_up 1$/m.test(await nginx.metrics())
  return { ...town, nginx, app, site, is_up }
}

export const end_of_rights = ({ nginx }) => stop(nginx.child)

const expect = async (answer, status, what) => {
  const got = await answer
  assert.equal(got.status, status, `${what}: ${got.body}`)
  return got
}
const none_pending = (nginx) => eventually('nothing is pending', async () => (await nginx.ask('GET', 'deliveries?state=pending')).json.deliveries?.length === 0)
const dead_letters = (nginx, count) => eventually(`${count} dead letters`, async () => {
  const { deliveries } = (await nginx.ask('GET', 'deliveries?state=dead')).json
  return deliveries?.length === count && deliveries
})
const register = ({ nginx }, sid, more = {}, status = 201) => expect(nginx.register({ client_id: 'app', sid, sub: 'ann', ...more }), status, `register ${sid}`)

async function users_log_out(stage) {
  const { nginx, app, issuer } = stage
  await register(stage, 's1', { session_cookie: 'cookie-1', client_sid: 'own-1' })
  await register(stage, 's1', { session_cookie: 'cookie-1' }, 200)
  await register(stage, 's1', { client_id: 'front' })
  const hint = await issuer.id_token({ aud: 'app', sub: 'ann', sid: 'own-1' })
  const page = await expect(send(`${nginx.logout}?${query({ id_token_hint: hint })}`), 200, 'log out')
  assert.match(page.body, /<iframe[^>]*\/front/)
  await eventually('its client is told', () => app.requests.length === 1)
  await expect(send(`${nginx.logout}?${query({ id_token_hint: hint })}`), 200, 'log out again')
  await register(stage, 's1', { client_sid: 'own-2' }, 409)
  await register(stage, 's2', { session_cookie: 'cookie-2' })
  const headers = { cookie: '_session=cookie-2' }
  const question = await expect(send(nginx.logout, { headers }), 200, 'be asked')
  const { fields } = read_form(question.body)
  const answer = await send(nginx.logout, { method: 'POST', form: { ...fields, choice: 'yes' }, headers: { ...headers, cookie: `${headers.cookie}; ${jar_of(question)}` } })
  assert.equal(answer.status, 200, answer.body)
}

const jar_of = ({ headers }) => [headers['set-cookie'] ?? []].flat().map((line) => line.split(';')[0]).join('; ')

async function operators_read_and_end({ nginx, ...stage }) {
  await expect(nginx.ask('GET', 'clients'), 200, 'clients')
  await expect(nginx.ask('GET', 'clients/app'), 200, 'a client')
  for (const sid of ['s3', 's4', 's5']) await register({ nginx }, sid, { sub: 'bob' })
  await expect(nginx.ask('GET', 'sessions/s3'), 200, 'a session')
  await expect(nginx.ask('GET', 'sessions?sub=bob'), 200, 'sessions of a user')
  await expect(nginx.ask('DELETE', 'sessions/s3'), 200, 'end')
  await expect(nginx.ask('DELETE', 'sessions/s3'), 200, 'end again')
  await expect(nginx.ask('DELETE', 'sessions/s4/clients/app'), 200, 'end a participation')
  await expect(nginx.ask('DELETE', 'users/bob/sessions'), 200, 'end all of a user')
  await expect(nginx.ask('DELETE', 'sessions/nobody-knows-it'), 200, 'mark')
  for (const client_id of many) await register({ nginx, ...stage }, 's6', { client_id })
  await expect(nginx.ask('DELETE', 'sessions/s6'), 200, 'end a session of many')
  await none_pending(nginx)
}

async function letters_die(stage) {
  const { nginx, app } = stage
  app.behave = manners.hanging
  await register(stage, 's7')
  await expect(nginx.ask('DELETE', 'sessions/s7'), 200, 'end')
  await register(stage, 's7', {}, 409)  // while its logout is under way
  app.behave = manners.failing
  await none_pending(nginx)
  app.behave = manners.refusing_the_token
  for (const sid of ['s8', 's9']) await register(stage, sid), await expect(nginx.ask('DELETE', `sessions/${sid}`), 200, 'end')
  await none_pending(nginx)
  app.behave = manners.obeying
  const all = (await nginx.ask('GET', 'deliveries?state=dead')).json.deliveries
  assert.ok(all.length >= 3, `${all.length} dead letters`)
  await expect(nginx.ask('POST', `deliveries/${all[0].id}/retry`, {}), 200, 'retry')
  await none_pending(nginx)
  await expect(nginx.ask('POST', `deliveries/${all[0].id}/retry`, {}), 404, 'retry again')
  // Of those who ask at once, one drops it; so many that some have found it before it is gone.
  const drops = await Promise.all(Array.from({ length: 32 }, () => nginx.ask('DELETE', `deliveries/${all[1].id}`)))
  assert.deepEqual(drops.map(({ status }) => status).sort(), [200, ...Array(31).fill(404)])
  await expect(nginx.ask('DELETE', `deliveries/${all[1].id}`), 404, 'drop again')
  await expect(nginx.ask('POST', 'clients/app/retry', {}), 200, 'retry all')
  await none_pending(nginx)
  await dead_letters(nginx, 0)
}

async function sessions_expire(stage) {
  await register(stage, 's10', { absolute: 1 })
  await eventually('it expires', async () => (await stage.nginx.session('s10')).json.state !== 'live')
  await none_pending(stage.nginx)
}

async function guards_refuse({ nginx, issuer }) {
  const visit = (parameters) => send(`${nginx.url}/app/?${query(parameters)}`)
  await eventually('the guard knows all', async () => (await visit({ sid: 'nobody' })).headers['x-slo-status'] === 'ok')
  const back = async (claims) => send(`${nginx.url}/slo/back`, { method: 'POST', form: { logout_token: await issuer.logout_token({ aud: 'gateway', ...claims }) } })
  await expect(visit({ sid: 'g1' }), 200, 'visit')
  await expect(back({ sid: 'g1', sub: 'ann' }), 200, 'a logout token')
  await expect(visit({ sid: 'g1' }), 401, 'visit afterwards')
  await expect(back({ sub: 'carl' }), 200, 'a logout token of a user')
  await expect(visit({ sid: 'g2', sub: 'carl', since: issuer.now() - 10 }), 401, 'that user')
  await expect(send(`${nginx.url}/slo/front?${query({ iss: issuer.issuer, sid: 'g3' })}`), 200, 'an iframe')
  await expect(visit({ sid: 'g3' }), 401, 'visit after the iframe')
}

async function applications_end({ nginx, site }) {
  const visit = (sid, cookie) => send(`${nginx.url}/app/?${query({ sid, sub: 'dora' })}`, { headers: { cookie } })
  const opened = (sid, cookie) => eventually(`${sid} is known`, async () =>
    (await visit(sid, cookie)).status === 200 && (await nginx.session(sid)).status === 200)
  for (const [sid, cookie] of [['a1', 'one'], ['a2', 'two'], ['a3', 'three']]) await opened(sid, `JSESSIONID=${cookie}`)
  await expect(visit('', 'JSESSIONID=one'), 200, 'by its cookie alone')
  await expect(nginx.ask('DELETE', 'sessions/a1'), 200, 'end')
  await eventually('the application is called', () => site.byes.length === 1)
  assert.deepEqual(site.byes, ['JSESSIONID=one'])
  const [name] = (await nginx.session('a2')).json.applications.map((one) => one.application ?? one.name ?? one)
  await expect(nginx.ask('DELETE', `sessions/a2/applications/${encodeURIComponent(name)}`), 200, 'end an application')
  await eventually('it is called again', () => site.byes.length === 2)
  site.status = ({ url }) => url.startsWith('/app/bye') ? 403 : 200
  await expect(nginx.ask('DELETE', 'sessions/a3'), 200, 'end')
  await dead_letters(nginx, 1)
  site.status = () => 200
  await expect(nginx.ask('POST', `applications/${encodeURIComponent(name)}/retry`, {}), 200, 'retry of an application')
  await none_pending(nginx)
  await dead_letters(nginx, 0)
}

export async function story(stage) {
  await eventually('the store is there', stage.is_up)
  for (const chapter of [users_log_out, operators_read_and_end, letters_die, sessions_expire, guards_refuse, applications_end]) await chapter(stage)
  await sleep(1200)  // what is swept and claimed once a second
  const metrics = await stage.nginx.metrics()
  assert.match(metrics, /^slo_store_up 1$/m)
  assert.match(metrics, /^slo_deliveries_dead\{provider="main"\} 0$/m)
}
