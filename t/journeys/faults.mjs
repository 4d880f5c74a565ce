// SPDX-License-Identifier: BSD-2-Clause
// Everything dies, hangs or is cut off in the middle of its work, all at the same time and each with servers of its own;
// what is owed arrives nevertheless, and nobody is told what is not theirs.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FaultStage } from './parts/fault_stage.mjs'
import { faults_of_nginx } from './parts/faults_of_nginx.mjs'
import { faults_of_peers } from './parts/faults_of_peers.mjs'
import { faults_of_redis } from './parts/faults_of_redis.mjs'
import { start_table } from './parts/table.mjs'
import { start_town } from './parts/town.mjs'

const hosts = Array.from({ length: 210 }, (_, i) => `127.0.7.${i + 1}`)
const only = process.env.SLO_FAULT  // a word of the one fault that is wanted
const faults = [...faults_of_nginx, ...faults_of_redis, ...faults_of_peers].filter(({ name }) => !only || name.includes(only))

test('what is owed arrives, whatever fails', { timeout: 200_000, concurrency: faults.length }, async (t) => {
  const town = await start_town(t, hosts)
  const table = start_table(t, ['fault', 'sessions', 'owed', 'received', 'lost', 'wrong receiver', 'duplicates', 'last after (s)'])
  const sum = [0, 0, 0, 0, 0, 0]
  await Promise.all(faults.map((fault, i) => t.test(fault.name, { timeout: 190_000 }, async (t) => {
    const stage = await FaultStage.set(t, town, `street-${i}`, fault)
    await fault.strike(stage)
    const seen = await stage.settled()
    const row = [stage.sessions.length, seen.owed, seen.received, seen.lost.length, seen.wrong.length, seen.duplicates]
    row.forEach((count, i) => { sum[i] += count })
    table.row(fault.name, ...row, stage.last_after().toFixed(1))
    assert.deepEqual({ ...seen, received: 0, duplicates: 0 },
                     { owed: seen.owed, received: 0, lost: [], wrong: [], unknown: [], duplicates: 0, pending: [], dead: [], broken: [] })
    if (fault.proof) assert.ok((stage.one.log().match(fault.proof[0]) ?? []).length >= fault.proof[1], `no ${fault.proof} in the log`)
    if (fault.within) assert.ok(stage.last_after() < fault.within, `the last one arrived after ${stage.last_after()} s`)
  })))
  table.row('all', ...sum, '')
  if (!only) assert.ok(sum[1] >= 5000, `${sum[1]} deliveries`)
})
