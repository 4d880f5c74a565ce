// SPDX-License-Identifier: BSD-2-Clause
// A cluster of Redis nodes, each a process of its own: made, resharded, shrunk and grown with redis-cli.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { eventually, free_port } from './house.mjs'
import { start_redis } from './redis.mjs'
import { ask } from './sentinels.mjs'

const run = promisify(execFile)
const name_of = ({ host, port }) => `${host}:${port}`

export const node_options = async (port) =>
  ['--cluster-enabled', 'yes', '--cluster-port', String(port ?? await free_port()), '--cluster-node-timeout', '1500', '--repl-diskless-sync-delay', '0']

export const start_node = async (house, name, at, more = []) =>
  ({ ...await start_redis(house, { name, at, more: [...await node_options(), ...more] }), at })

async function manage(...words) {
  try {
    return (await run('redis-cli', ['--cluster', ...words], { timeout: 60_000 })).stdout
  } catch ({ stdout, message }) {
    throw new Error(`${message}: ${stdout.trim().split('\n').slice(-3).join(' | ')}`)
  }
}

export async function make_cluster(places, replicas) {
  await manage('create', ...places.map(name_of), '--cluster-replicas', String(replicas), '--cluster-yes')
  await Promise.all(places.map(in_order))
}

export const in_order = (at) => eventually(`${name_of(at)} sees the whole cluster`, async () => {
  const said = await ask(at, 'cluster', 'info').catch(() => '')
  return /cluster_state:ok/.test(said) && /cluster_slots_assigned:16384/.test(said)
}, { within: 40_000 })

// [{id, at, is_master, of, is_alive, slots}], as the node at `at` sees them.
export async function nodes_by(at) {
  return (await ask(at, 'cluster', 'nodes')).split('\n').map((line) => {
    const [id, place, flags, of, , , , link, ...slots] = line.split(' ')
    return { id, at: { host: place.split(':')[0], port: Number(place.split(':')[1].split('@')[0]) }, of,
             is_asked: flags.includes('myself'), is_master: flags.includes('master'), is_alive: !/fail/.test(flags), slots: slots.length, link }
  })
}

// Not by its port: nodes on hosts of their own have the same.
export const is_master = async (at) => (await nodes_by(at)).find(({ is_asked }) => is_asked).is_master

// redis-cli moves nothing while nodes think differently of the slots, or one of them (who has just joined) holds the cluster for down.
const agree = (by) => eventually('the nodes agree', async () => {
  const all = await Promise.all((await nodes_by(by)).filter(({ is_alive }) => is_alive).map(({ at }) => ask(at, 'cluster', 'info').catch(() => '')))
  return all.every((said) => /cluster_state:ok/.test(said)) && manage('check', name_of(by)).then(() => true, () => false)
}, { within: 60_000, every: 500 })

export const move_slots = async (by, from, to, count) => await agree(by) &&
  manage('reshard', name_of(by), '--cluster-from', from, '--cluster-to', to, '--cluster-slots', String(count), '--cluster-yes')
export const take_in = (by, at) => manage('add-node', name_of(at), name_of(by))
export const let_go = (by, id) => manage('del-node', name_of(by), id)
