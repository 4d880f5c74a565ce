// SPDX-License-Identifier: BSD-2-Clause
// A sentinel that says what a test has it say: where the master is to whoever asks, and anything to whoever listens.
import { createServer } from 'node:net'
import { places } from './sentinels.mjs'

const bulk = (text) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`
const list = (...parts) => `*${parts.length}\r\n${parts.join('')}`

// The commands that are whole in `text`, and what is left of it. Words hold no line breaks.
function commands_in(text) {
  const lines = text.split('\r\n'), found = []
  let at = 0
  for (let count; (count = Number(lines[at]?.slice(1))) && lines.length > at + 2 * count + 1; at += 2 * count + 1)
    found.push(Array.from({ length: count }, (_, i) => lines[at + 2 * i + 2]))
  return { found, rest: lines.slice(at).join('\r\n') }
}

const answers = {
  SENTINEL: ([, what], { knows }) => what === 'sentinels' ? list() : list(bulk(knows().host), bulk(String(knows().port))),
  SUBSCRIBE: ([, ...channels], { listeners, socket }) => {
    listeners.add(socket)
    return channels.map((channel, i) => list(bulk('subscribe'), bulk(channel), `:${i + 1}\r\n`)).join('')
  },
  PING: () => list(bulk('pong'), bulk('')),
}

const moved_to = ({ host, port }) => list(bulk('message'), bulk('+switch-master'), bulk(`main 127.0.0.1 1 ${host} ${port}`))

// `knows()`: {host, port}. `tell()`: the master is at each of these in turn, in one write.
export async function start_fake_sentinel(house, knows) {
  const [at] = await places(1), listeners = new Set()
  const server = createServer((socket) => {
    let said = ''
    socket.setNoDelay().on('error', () => {}).on('close', () => listeners.delete(socket)).on('data', (bytes) => {
      const { found, rest } = commands_in(said + bytes)
      said = rest
      for (const words of found) socket.write(answers[words[0]]?.(words, { knows, listeners, socket }) ?? '+OK\r\n')
    })
  })
  await new Promise((done) => server.listen(at.port, at.host, done))
  house.when_over(() => { server.close(); for (const socket of listeners) socket.destroy() })
  return { at, listeners, tell: (...masters) => { for (const socket of listeners) socket.write(masters.map(moved_to).join('')) } }
}

// A server that takes connections and is silent: `calls` are the moments of them.
export async function start_silent_server(house) {
  const [at] = await places(1), calls = []
  const server = createServer((socket) => { calls.push(Date.now()); socket.on('error', () => {}).resume() })
  await new Promise((done) => server.listen(at.port, at.host, done))
  house.when_over(() => server.close())
  return { at, calls }
}
