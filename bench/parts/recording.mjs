// SPDX-License-Identifier: BSD-2-Clause
// What Redis is told while logouts happen, written down by MONITOR, to be said again to a copy of the same store.
import { writeFileSync } from 'node:fs'
import { RedisLine } from './redis_line.mjs'

// The words of a line `1700000000.123456 [0 unix:/…] "EVALSHA" "…"`; nothing for what a script did inside.
function words_of(line) {
  const head = /^[\d.]+ \[\d+ ([^\]]*)\] /.exec(line)
  if (!head || head[1] === 'lua') return undefined
  return [...line.slice(head[0].length).matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text]) =>
    text.replace(/\\x([0-9a-f]{2})|\\(.)/g, (_, hex, one) => (hex ? String.fromCharCode(parseInt(hex, 16)) : { n: '\n', r: '\r', t: '\t', a: '\x07', b: '\b' }[one] ?? one)))
}

const latin = (words) => Buffer.from(`*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`, 'latin1')

const by_servers = ([name]) => !/^(INFO|MONITOR|PING|SLOWLOG|CONFIG)$/i.test(name)

// Does `work` while MONITOR listens; writes the commands of scripts and reads to `path`, those that are `wanted`, and returns them.
export async function record(redis, path, work, wanted = by_servers) {
  const monitor = await RedisLine.open(redis.socket)
  const heard = []
  monitor.on_line = (line) => heard.push(line)
  await monitor.ask('MONITOR')
  await work()
  monitor.close()
  const commands = heard.map(words_of).filter((words) => words && wanted(words))
  writeFileSync(path, Buffer.concat(commands.map(latin).flatMap((bytes) => [Buffer.from(`${bytes.length}\n`), bytes])))
  return commands
}

