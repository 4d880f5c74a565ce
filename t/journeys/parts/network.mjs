// SPDX-License-Identifier: BSD-2-Clause
// Hosts of their own behind a bridge, each a network namespace: what cuts them off drops packets, and tells nobody.
import { execFileSync } from 'node:child_process'

const ip = (...words) => execFileSync('ip', words, { stdio: ['ignore', 'pipe', 'pipe'] })
const name = `slo${process.pid}`
// Of the range for tests of networks (RFC 2544), so that it meets no other.
const net = `198.${18 + (process.pid >> 8 & 1)}.${process.pid & 255}`

// Root alone may, and not in every container.
export function can_have_network() {
  try {
    ip('netns', 'add', `${name}-probe`)
    try {
      ip('link', 'add', `${name}p`, 'type', 'bridge')
      ip('link', 'del', `${name}p`)
      ip('link', 'add', `${name}q`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', `${name}-probe`)
      ip('link', 'del', `${name}q`)
    } finally {
      ip('netns', 'del', `${name}-probe`)
    }
    return true
  } catch {
    return false
  }
}

function make_bridge(house, which) {
  ip('link', 'add', `${name}${which}`, 'type', 'bridge')
  house.when_over(() => ip('link', 'del', `${name}${which}`))
  ip('link', 'set', `${name}${which}`, 'up')
}

function make_host(house, number) {
  const space = `${name}-${number}`, cable = `${name}-${number}`
  ip('netns', 'add', space)
  house.when_over(() => { ip('link', 'del', cable); ip('netns', 'del', space) })
  ip('link', 'add', cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', space)
  ip('link', 'set', cable, 'master', `${name}a`, 'up')
  ip('-n', space, 'addr', 'add', `${net}.${number}/24`, 'dev', 'eth0')
  for (const door of ['eth0', 'lo']) ip('-n', space, 'link', 'set', door, 'up')
  const plug = (bridge) => ip('link', 'set', cable, ...bridge ? ['master', `${name}${bridge}`] : ['nomaster'])
  return { host: `${net}.${number}`, within: ['ip', 'netns', 'exec', space],
           cut_off: () => plug(''), be_elsewhere: () => plug('b'), come_back: () => plug('a') }
}

// Who runs here is on side a with all of them; those who are elsewhere still reach each other.
export function make_network(house, count) {
  for (const which of ['a', 'b']) make_bridge(house, which)
  ip('addr', 'add', `${net}.254/24`, 'dev', `${name}a`)
  return Array.from({ length: count }, (_, i) => make_host(house, i + 1))
}
