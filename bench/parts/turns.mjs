// SPDX-License-Identifier: BSD-2-Clause
// How long a process's event loop is busy from one epoll_wait to the next, in processor time: perf's events of its core,
// so that other work on the machine does not show.
import { execFile, spawn } from 'node:child_process'
import { promisify } from 'node:util'
import { sleep } from '../../t/journeys/parts/house.mjs'
import { cores } from './cores.mjs'

const run = promisify(execFile)
const events = ['syscalls:sys_enter_epoll_wait', 'syscalls:sys_exit_epoll_wait', 'sched:sched_switch']

// Milliseconds of each turn of `pid` while `work` runs, and what `work` returned. Without perf's events: no turns.
export async function turns_of(house, pid, work) {
  const file = house.path('turns.perf')
  const perf = spawn('perf', ['record', '-q', '-m', '8192', '-C', cores.server, '-e', events.join(','), '-o', file], { stdio: 'ignore' })
  const over = new Promise((done) => perf.once('exit', done).once('error', done))
  await sleep(300)
  const result = await work()
  perf.kill('SIGINT')
  await over
  const { stdout } = await run('perf', ['script', '-i', file, '-F', 'tid,time,event,trace', '--ns'], { maxBuffer: 1 << 30 })
    .catch(() => ({ stdout: '' }))
  return { turns: turns_in(stdout, pid), result }
}

function turns_in(text, pid) {
  const turns = []
  let began = NaN, away_since = NaN, away = 0
  for (const line of text.split('\n')) {
    const found = /^\s*(\d+)\s+(\d+\.\d+):\s+(\S+):\s+(.*)$/.exec(line)
    if (!found) continue
    const [, tid, seconds, event, rest] = found, at = Number(seconds) * 1000
    if (event.startsWith('sched')) {
      if (Number(tid) === pid) away_since = at
      else if (new RegExp(`next_pid=${pid}\\b|==> \\S+:${pid} `).test(rest) && !Number.isNaN(away_since)) { away += at - away_since; away_since = NaN }
    } else if (Number(tid) === pid && event.includes('exit')) {
      began = at
      away = 0
    } else if (Number(tid) === pid && !Number.isNaN(began)) {
      turns.push(at - began - away)
      began = NaN
    }
  }
  return turns
}
