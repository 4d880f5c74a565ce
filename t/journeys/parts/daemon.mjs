// SPDX-License-Identifier: BSD-2-Clause
// Our nginx as a daemon, whose binary can be replaced while it serves.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { change_conf } from './guard_watch.mjs'
import { eventually, sleep } from './house.mjs'

// nginx replaces its binary only where it is a daemon: {pid(), upgrade()}; its master is nobody's child.
export async function make_daemon(house, nginx) {
  change_conf(nginx, (text) => text.replace('daemon off;', 'daemon on;'))
  nginx.child.kill('SIGTERM')
  await nginx.child.gone
  const pid_in = (name) => Number(readFileSync(`${nginx.dir}/${name}`, 'utf8'))
  const binary = execFileSync('sh', ['-c', 'command -v nginx']).toString().trim()  // by its whole name: so it is executed again
  execFileSync(binary, ['-p', nginx.dir, '-c', 'nginx.conf', '-e', `${nginx.dir}/error.log`])
  house.when_over(async () => {
    for (const name of ['nginx.pid', 'nginx.pid.oldbin']) {
      if (!existsSync(`${nginx.dir}/${name}`)) continue
      process.kill(pid_in(name), 'SIGTERM')
      await eventually('it has gone', () => !existsSync(`${nginx.dir}/${name}`))
    }
  })
  return {
    pid: () => pid_in('nginx.pid'),
    upgrade: async () => {
      const old = pid_in('nginx.pid')
      process.kill(old, 'SIGUSR2')
      await eventually('the new master is there', () => existsSync(`${nginx.dir}/nginx.pid.oldbin`) && existsSync(`${nginx.dir}/nginx.pid`) && pid_in('nginx.pid') !== old, { every: 2 })
      await sleep(600)  // both serve
      process.kill(old, 'SIGQUIT')
      await eventually('the old master has gone', () => !existsSync(`${nginx.dir}/nginx.pid.oldbin`), { every: 5 })
    },
  }
}
