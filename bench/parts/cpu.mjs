// SPDX-License-Identifier: BSD-2-Clause
// Processor time and memory of server processes, as the kernel accounts for them.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'

// Of the whole machine, since it was started, in clock ticks: what somebody ran, and what others' machines took meanwhile (/proc/stat).
export function ticks() {
  const [user, nice, system, , , irq, softirq, stolen] = readFileSync('/proc/stat', 'utf8').split('\n')[0].split(/ +/).slice(1).map(Number)
  return { busy: user + nice + system + irq + softirq, stolen }
}

const schedstat = (pid, thread) => Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1000

// Microseconds on a core so far: {all, main, others}, `main` being the event loop, `others` the pool of threads.
export function cpu_of(pid) {
  const main = schedstat(pid, pid)
  const others = readdirSync(`/proc/${pid}/task`).filter((thread) => Number(thread) !== pid)
    .reduce((sum, thread) => sum + schedstat(pid, thread), 0)
  return { all: main + others, main, others }
}

const bytes_of = (pid, name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024

export const peak_of = (pid) => bytes_of(pid, 'VmHWM')

// Memory that is the process's alone, written to since it was forked.
export const own_bytes = (pid) => Number(/Private_Dirty:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]) * 1024

// From now on the peak is counted anew; bytes held at the moment.
export function forget_peak(pid) {
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
  return bytes_of(pid, 'VmRSS')
}

export const children_of = (pid) => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)

// What `work` costs the processes: {name: {all, main, others}} in µs, and what it returned.
export async function spent_by(pids, work) {
  const before = Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, cpu_of(pid)]))
  const result = await work()
  const cpu = {}
  for (const [name, pid] of Object.entries(pids)) {
    const after = cpu_of(pid)
    cpu[name] = { all: after.all - before[name].all, main: after.main - before[name].main, others: after.others - before[name].others }
  }
  return { cpu, result }
}
