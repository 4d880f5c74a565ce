// SPDX-License-Identifier: BSD-2-Clause
// The Redis users of the manual: all works under them, nothing is forbidden, and what is taken away is missed aloud.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { test } from 'node:test'
import { House, eventually } from './parts/house.mjs'
import { root } from './parts/manual.mjs'
import { ask, master_by, places, shown, start_sentinel } from './parts/sentinels.mjs'
import { our_lines, start_table } from './parts/table.mjs'
import { end_of_rights, make_town, open_house, story } from './parts/rights_story.mjs'

const manual = readFileSync(`${root}docs/operating.md`, 'utf8')
const rules = [...manual.matchAll(/^ *user slo on >PASSWORD (.*)$/gm)].map(([, rule]) => rule.split(' '))
const [store_rule, sentinel_rule] = rules
const commands_of = (rule) => rule.filter((word) => word.startsWith('+')).map((word) => word.slice(1))
// Their absence is no failure: the manual says what is missed.
const courtesies = ['client|setname', 'info']
// Redis refuses these by the reply, and our log says so in its own words.
const said_in_other_words = { select: /cannot be reached: SELECT was answered NOPERM/, eval: /cannot be reached: it refused to show its schema: NOPERM/ }

const without = (rule, command) => rule.filter((word) => word !== `+${command}`)
const was_refused = (command) => said_in_other_words[command] ??
  /\[error\][^\n]* (does not let its user do all that is needed: [^\n]* was answered|it refused to show its schema:) NOPERM/

test('the line of the manual names what the scripts and readers of the store say, and no more', () => {
  const said = new Set(['select', 'info', 'client|setname', 'eval'])
  const texts = (dir, kind) => readdirSync(`${root}${dir}`).filter((name) => name.endsWith(kind)).map((name) => readFileSync(`${root}${dir}/${name}`, 'utf8'))
  for (const text of texts('redis_schema/scripts', '.lua'))
    for (const [, word] of text.matchAll(/(?:redis\.call\(|\{)'([A-Z]+)'/g)) said.add(word.toLowerCase())
  for (const text of texts('redis_schema', '.cpp'))
    for (const [, word] of text.matchAll(/words = \{"([A-Z]+)"/g)) said.add(word.toLowerCase())
  assert.deepEqual(commands_of(store_rule).sort(), [...said].sort())
})

test('under it all works, and nothing is forbidden', { timeout: 120_000 }, async (t) => {
  const town = await make_town(new House(t))
  const stage = await open_house(town, 'whole', store_rule)
  await story(stage)
  assert.deepEqual(await town.forbidden('whole'), [])
  assert.doesNotMatch(stage.nginx.log(), /NOPERM|\[(alert|emerg|crit)\]/)
})

test('without the courtesies all works as well', { timeout: 120_000 }, async (t) => {
  const town = await make_town(new House(t))
  const stage = await open_house(town, 'curt', courtesies.reduce(without, store_rule))
  await story(stage)
  assert.deepEqual((await town.forbidden('curt')).sort(), courtesies)
  assert.doesNotMatch(stage.nginx.log(), /NOPERM|\[(alert|emerg|crit)\]/)
})

test('whatever else is taken away is missed, and one line says so', { timeout: 600_000 }, async (t) => {
  const town = await make_town(new House(t))
  const table = start_table(t, ['taken away', 'what the log says'])
  const left = commands_of(store_rule).filter((command) => !courtesies.includes(command))
  const unmissed = []
  const miss = async (command) => {
    const name = `no-${command}`
    const stage = await open_house(town, name, without(store_rule, command))
    const line = was_refused(command)
    let problem
    const goes_on = story(stage).catch((error) => { problem = error.message })
    const is_told = () => line.test(stage.nginx.log())
    await Promise.race([goes_on, eventually('it is missed', is_told, { within: 60_000 }).catch(() => {})])
    await eventually('its line', is_told, { within: 3000 }).catch(() => {})
    const said = our_lines(stage.nginx.log()).find((one) => /NOPERM/.test(one.said))?.said
    const objects = await town.forbidden(name)
    await end_of_rights(stage)
    if (!is_told() || !objects.includes(command)) unmissed.push([command, objects, said, problem])
    table.row(command, said?.replace(/store "[^"]*"/, 'store "…"').slice(0, 110) ?? '')
  }
  const lane = async () => { while (left.length > 0) await miss(left.shift()) }
  await Promise.all([lane(), lane(), lane(), lane()])
  assert.deepEqual(unmissed, [])
})

test('other keys, and other channels, are closed', { timeout: 60_000 }, async (t) => {
  const { redis } = await make_town(new House(t))
  await redis.ask('acl', 'setuser', 'slo', 'on', '>geheim', ...store_rule)
  for (const words of [['get', 'other'], ['get', 'slo'], ['set', 'slox{a}', '1'], ['del', 'slo{meta}:cfg'], ['publish', 'slo{a}', '1'],
                       ['flushall'], ['config', 'get', '*'], ['keys', '*'], ['acl', 'list'], ['script', 'flush'], ['client', 'list']])
    assert.match(await redis.ask('acl', 'dryrun', 'slo', ...words), /has no permissions/, words.join(' '))
})

// With sentinels a server is asked for its role, and the sentinels have a user of their own.
async function set_sentinel(t, { sentinel = sentinel_rule, server = [...store_rule, '+role'] }) {
  const [at, place] = await places(2)
  const town = await make_town(new House(t), { at })
  await start_sentinel(town.house, 'sentinel', place, { watches: at, quorum: 1, more: `user slo on >geheim ${sentinel.join(' ')}` })
  await eventually('it knows the master', () => master_by({ at: place }, [{ at }]))
  const stage = await open_house(town, 'slo', server, {
    url: `redis-sentinel://${shown([place])}/main`, store: `sentinel_user=slo sentinel_password_file=${town.password}` })
  const forbidden = async () => [...(await ask(place, '--json', 'acl', 'log')).matchAll(/"object":"([^"]*)"/g)].map(([, object]) => object)
  return { ...stage, town, forbidden }
}

test('the sentinels\' user may do what is needed, and the server\'s needs ROLE', { timeout: 60_000 }, async (t) => {
  const { nginx, town, is_up, forbidden } = await set_sentinel(t, {})
  await eventually('the store is there', is_up)
  assert.equal((await nginx.register({ client_id: 'app', sid: 's1', sub: 'ann' })).status, 201)
  await eventually('it is listened to', () => /its master is/.test(nginx.log()))
  await new Promise((done) => setTimeout(done, 2500))  // two PINGs
  assert.deepEqual([await forbidden(), await town.forbidden('slo')], [[], []])
  assert.doesNotMatch(nginx.log(), /NOPERM|hears of no failover/)
})

const missed = {
  'role': [{ server: store_rule }, /cannot be reached: ROLE was answered NOPERM/],
  'sentinel|get-master-addr-by-name': [{ sentinel: without(sentinel_rule, 'sentinel|get-master-addr-by-name') },
                                       /cannot be reached: no sentinel answers; [^\n]*: it answered NOPERM/],
  'subscribe': [{ sentinel: without(sentinel_rule, 'subscribe') }, /hears of no failover, no sentinel answers; [^\n]*: SUBSCRIBE was answered NOPERM/],
  '&+switch-master': [{ sentinel: sentinel_rule.filter((word) => word !== '&+switch-master') }, /hears of no failover, [^\n]*: SUBSCRIBE was answered NOPERM/],
  '&+promoted-slave': [{ sentinel: sentinel_rule.filter((word) => word !== '&+promoted-slave') }, /hears of no failover, [^\n]*: SUBSCRIBE was answered NOPERM/],
  'ping': [{ sentinel: without(sentinel_rule, 'ping') }, /hears of no failover, [^\n]*: PING was answered NOPERM/],
  'sentinel|sentinels': [{ sentinel: without(sentinel_rule, 'sentinel|sentinels') }, /does not learn of other sentinels: SENTINEL SENTINELS was answered NOPERM/],
}
for (const [name, [how, line]] of Object.entries(missed)) {
  test(`with sentinels, ${name} is missed, and one line says so`, { timeout: 60_000 }, async (t) => {
    const { nginx } = await set_sentinel(t, how)
    await eventually('it is said', () => line.test(nginx.log()))
    await new Promise((done) => setTimeout(done, 2500))
    const lines = our_lines(nginx.log()).filter(({ said }) => /NOPERM/.test(said) || /hears of failovers again/.test(said))
    assert.ok(lines.length <= 2, lines.map(({ said }) => said).join('\n'))  // of the worker, and of the one that feeds guards
  })
}
