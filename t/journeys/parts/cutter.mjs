// SPDX-License-Identifier: BSD-2-Clause
// Stands between nginx and Redis, and cuts a connection right after Redis has ended a session, before nginx hears of it.
import { connect, createServer } from 'node:net'

export const age = 3000  // ms; a connection that breaks within its first second is taken for a Redis that is down
const end_call = '\r\n$5\r\nforce\r\n'
const has_ended = /^\*4\r\n\$5\r\nended\r\n/m

// {url, cuts()}: how many answers were swallowed so far.
export async function start_cutter(house, redis) {
  const socket = house.path('cutter.sock')
  let cuts = 0
  const server = createServer((near) => {
    const born = Date.now()
    const far = connect(redis.socket)
    let ending = false
    const over = () => { near.destroy(); far.destroy() }
    near.on('data', (bytes) => {
      ending ||= bytes.includes(end_call) && Date.now() - born > age
      far.write(bytes)
    })
    far.on('data', (bytes) => {
      if (ending && has_ended.test(bytes.toString('latin1'))) {
        ++cuts
        return over()
      }
      near.write(bytes)
    })
    for (const side of [near, far]) side.on('close', over).on('error', () => {})
  })
  await new Promise((done) => server.listen(socket, done))
  house.when_over(() => server.close())
  return { socket, url: `unix:${socket}`, cuts: () => cuts }
}
