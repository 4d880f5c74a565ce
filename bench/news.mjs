// SPDX-License-Identifier: BSD-2-Clause
// How long after the 200 to a logout another host still lets its session pass, while both answer guarded requests at an exact rate;
// and what it costs a host to follow the feed.
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../t/journeys/parts/house.mjs'
import { send } from '../t/journeys/parts/browser_jar.mjs'
import { cores } from './parts/cores.mjs'
import { spent_by } from './parts/cpu.mjs'
import { make_keys } from './parts/keys.mjs'
import { logout_request, logout_token, marks_of } from './parts/marks.mjs'
import { number, quantile, remark, table, verdict } from './parts/numbers.mjs'
import { start_nginx, start_redis } from './parts/servers.mjs'
import { get, load, watch_news, write_requests } from './parts/tools.mjs'

const rate = Number(process.env.SLO_NEWS_RATE ?? 20_000)  // guarded requests a second, of both hosts
const connections = 32  // of the load, to each host
const lines = 2  // of the watcher, to each worker
const pause_us = 4000  // between two logouts, in the middle
const others_rate = 400  // sessions a second that end besides

async function set_up(house) {
  const keys = make_keys(), redis = await start_redis(house, { core: cores.all }), hosts = []
  for (const name of ['one', 'two']) {
    hosts.push(await start_nginx(house, {
      name, core: cores.all, workers: 2, redis, keys, clients: [], provider: 'client_id gateway;', store: 'timeout=1s marks=16m',
      listen: 'reuseport', issuer: hosts[0]?.issuer,
      locations: `location = /back { slo_backchannel_logout main; }
    location = /pass { slo_guard main sid=$arg_sid; add_header X-Worker $pid always; add_header X-Slo-Status $slo_status always; empty_gif; }` }))
  }
  for (const nginx of hosts) await eventually('the guards know all', async () => (await marks_of(nginx)).marks_complete)
  return { house, keys, redis, hosts }
}

// For each logout: it, the page of its session, and the same logout said again by another token.
function lay_ready({ house, keys, hosts }, count, name) {
  const [one] = hosts, sid = (i) => `${name}-5f0cQb7kM${String(i).padStart(8, '0')}`
  const token = (i, jti) => logout_token(keys.RS256, one.issuer, 'gateway', { sid: sid(i), jti: `${name}-${jti}-${i}` })
  const requests = Array.from({ length: count }, (_, i) => [
    logout_request('/back', one.to, token(i, 'first')), get(`/pass?sid=${sid(i)}`, one.to), logout_request('/back', one.to, token(i, 'again'))])
  return {
    logouts: write_requests(house.path(`logouts-${name}`), requests.flat()),
    load: write_requests(house.path('load'), Array.from({ length: 1000 }, (_, i) => get(`/pass?sid=lives-5f0cQb7kM${i}`, one.to))) }
}

const pids_of = ({ redis, hosts }, driver) => ({
  ...Object.fromEntries(hosts.flatMap(({ workers }, host) => workers.map((pid, i) => [`host ${host + 1}, worker ${i}`, pid]))), Redis: redis.pid, ...driver })

const head = ['host, what it is asked for', 'logouts', 'passed after the 200', 'last to pass was sent, ms: p50', 'p99', 'max', 'first refusal came: p50', 'p99', 'max',
              'every worker had refused: p50', 'p99', 'max', 'wrong']
const three = (values) => [0.5, 0.99, 1].map((part) => number(quantile(values, part), 2))
const whats = { news: 'a session that has just ended', known: 'one that had ended before (the floor)' }

const row = (seen, kind, host) => {
  const ours = seen.filter((one) => one.kind === kind && one.host === host)
  return [`${host} host, ${whats[kind]}`, ours.length, ours.filter(({ passes }) => passes).length, ...three(ours.map(({ last_pass_sent }) => last_pass_sent)),
          ...three(ours.map(({ first_refusal }) => first_refusal)), ...three(ours.map(({ all_refuse }) => all_refuse)), ours.reduce((sum, { wrong }) => sum + wrong, 0)]
}

async function watch(stage, files, per_second) {
  const driver = per_second ? load(per_second, connections, files.load, stage.hosts.map(({ to }) => to)) : undefined
  await sleep(300)
  const began = performance.now()
  const { cpu, result: seen } = await spent_by(pids_of(stage, driver && { load: driver.pid }), () => watch_news(stage.hosts[0].to, stage.hosts[1].to, files.logouts, lines, pause_us))
  const took = (performance.now() - began) / 1000
  return { seen, cpu, took, driven: await driver?.stop() }
}

function tell({ seen, cpu, took, driven }, title) {
  table(`Sessions that end, ${title}`, head,
        ['news', 'known'].flatMap((kind) => ['own', 'other'].map((host) => row(seen, kind, host))))
  const shares = Object.entries(cpu).map(([name, { all }]) => `${name} ${number(all / took / 1e4, 0)} %`).join(', ')
  remark(`Of a processor: ${shares}. ` + (driven ? `${number(driven.answers / driven.seconds, 0)} answers a second, p50 ${number(driven.p50_us / 1000, 2)}, ` +
         `p99 ${number(driven.p99_us / 1000, 2)} ms; ${JSON.stringify(driven.statuses)}.` : ''))
}

// Entries at a steady rate, in all streams by turns, until `is_over()`: how many in which time.
let fed = 0
async function feed({ redis }, streams, per_second, is_over) {
  const began = performance.now(), answers = []
  while (!is_over(performance.now() - began)) {
    for (const due = (performance.now() - began) / 1000 * per_second; answers.length < due; ++fed)
      answers.push(redis.ask('XADD', streams[fed % streams.length], '*', 's', `fed-5f0cQb7kM${fed}`))
    await sleep(1)
  }
  await Promise.all(answers)
  return { said: answers.length, took: (performance.now() - began) / 1000 }
}

// What following them costs the worker of host two that does.
async function follow(stage, streams, per_second, seconds) {
  const { redis, hosts } = stage, workers = hosts[1].workers
  const asked = async () => Number(/cmdstat_xread:calls=(\d+)/.exec(await redis.ask('INFO', 'commandstats'))?.[1] ?? 0)
  const before = await asked()
  const { cpu, result: { said, took } } = await spent_by({ redis: redis.pid, ...workers }, () => feed(stage, streams, per_second, (ms) => ms >= seconds * 1000))
  const share = (pids) => Math.max(...pids.map((name) => cpu[name].all)) / took / 1e4
  return { per_second: said / took, worker: share(Object.keys({ ...workers })), redis: share(['redis']), asked: (await asked() - before) / took / hosts.length }
}

async function follow_all(stage, streams, quick) {
  const rows = []
  for (const per_second of [0, 10, 100, 500, 1000, 5000]) {
    const found = await follow(stage, streams, per_second, quick ? 2 : 5)
    rows.push([number(found.per_second, 0), number(found.asked, 0), number(found.worker, 1), number(found.redis, 1)])
  }
  table('Following the feed, no requests', ['ended a second', 'questions a second and host', 'feeding worker, % of a processor', 'Redis'], rows)
}

// A host starts beside a store with so many marks: for how many ms its answers say that it does not know all yet, from the first one on.
async function start_once(nginx) {
  await nginx.stopped()
  const started = nginx.start_again()
  let first, asked = 0
  for (;;) {
    const answer = await send(`${nginx.url}/pass?sid=lives`).catch(() => undefined)
    if (answer) first ??= performance.now()
    if (answer?.headers['x-slo-status'] === 'ok') break
    asked += answer ? 1 : 0
    if (!answer) await sleep(1)
  }
  const took = performance.now() - first
  await started
  return { took, asked }
}

async function start_often({ hosts }, count) {
  const runs = []
  for (let i = 0; i < count; ++i) runs.push(await start_once(hosts[1]))
  const { marks } = await marks_of(hosts[1])
  const at = (member, part, digits) => number(quantile(runs.map((run) => run[member]), part), digits)
  return [number(marks, 0), runs.length, at('took', 0.5, 1), at('took', 1, 1), at('asked', 0.5, 0), at('asked', 1, 0)]
}

const of = (seen, kind, member) => quantile(seen.filter((one) => one.kind === kind && one.host === 'other').map((one) => one[member]), 0.99)

const targets_of = (what, seen) => [
  [`refused on every worker of the other host, p99, ms (${what})`, ...verdict(of(seen, 'news', 'all_refuse'), 5, { at_most: true })],
  [`the same less the floor, p99, ms (${what})`, '', number(of(seen, 'news', 'all_refuse') - of(seen, 'known', 'all_refuse'), 2), ''],
  [`wrong answers (${what})`, ...verdict(seen.reduce((sum, { wrong }) => sum + wrong, 0), 0, { at_most: true, digits: 0 })],
  [`passes on the host of the logout (${what})`, ...verdict(seen.filter(({ host, passes }) => host === 'own' && passes).length, 0, { at_most: true, digits: 0 })]]

export async function bench(house, { quick }) {
  const stage = await set_up(house), count = quick ? 200 : 1000, starts = [], targets = []
  const streams = []
  for (const others of [0, others_rate]) {
    const files = lay_ready(stage, count, `beside-${others}`), what = others ? `while ${others} others end a second` : 'alone'
    let is_over = false
    const fed = others ? feed(stage, streams, others, () => is_over) : undefined
    const run = await watch(stage, files, rate)
    is_over = true
    await fed
    tell(run, `${what}, beside ${number(rate, 0)} guarded requests a second`)
    targets.push(...targets_of(what, run.seen))
    if (!others) streams.push(...await stage.redis.ask('KEYS', '*:rs'))
    if (!others) starts.push(await start_often(stage, quick ? 5 : 20))
  }
  await follow_all(stage, streams, quick)
  starts.push(await start_often(stage, quick ? 5 : 20))
  table('A host that starts', ['marks', 'starts', 'until its answers are sure, ms: p50', 'max', 'answers before: p50', 'max'], starts)
  table('News: targets', ['what', 'target', 'measured', 'met'], targets)
  remark(`Both hosts have two workers; they, Redis and both drivers share ${cores.count} processors. Each logout is followed by the same one repeated, which changes nothing: ` +
         'asking for the page is then what such an answer takes here anyway (the floor). Others are entries of the feed alone.')
}
