// SPDX-License-Identifier: BSD-2-Clause
// Stands between nginx and Redis, and cuts a connection right after Redis has done something, before nginx hears of it.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { sleep } from './house.mjs'

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

const digest_of = (script) => createHash('sha1')
  .update(readFileSync(new URL(`../../../redis_schema/scripts/${script}.lua`, import.meta.url))).digest('hex')

// Stands there, too, and loses the next answer to one script, once Redis has given it: {url, lose(script, answer)}. lose()
// resolves to a function that says whether it is lost yet; `answer` is how it looks.
export async function start_loser(house, redis) {
  const socket = house.path('loser.sock')
  let wanted, born = Date.now()
  const server = createServer((near) => {
    const far = connect(redis.socket)
    let is_asked = false
    born = Date.now()
    const over = () => { near.destroy(); far.destroy() }
    near.on('data', (bytes) => {
      is_asked ||= wanted !== undefined && bytes.includes(wanted.digest)
      far.write(bytes)
    })
    far.on('data', (bytes) => {
      if (is_asked && wanted?.answer.test(bytes.toString('latin1'))) {
        wanted = undefined
        return over()
      }
      near.write(bytes)
    })
    for (const side of [near, far]) side.on('close', over).on('error', () => {})
  })
  await new Promise((done) => server.listen(socket, done))
  house.when_over(() => server.close())
  return {
    url: `unix:${socket}`,
    lose: async (script, answer) => {
      await sleep(Math.max(0, born + age - Date.now()))
      const mine = { digest: digest_of(script), answer }
      wanted = mine
      return () => wanted !== mine
    },
  }
}

// Stands there, too, and falls silent once told to, as a frozen Redis does, right behind the answer that a session has ended.
export async function start_silencer(house, redis) {
  const socket = house.path('silencer.sock')
  let is_wanted = false, is_silent = false
  const server = createServer((near) => {
    const far = connect(redis.socket)
    const over = () => { near.destroy(); far.destroy() }
    near.on('data', (bytes) => far.write(bytes))
    far.on('data', (bytes) => {
      if (is_silent) return
      near.write(bytes)
      is_silent = is_wanted && has_ended.test(bytes.toString('latin1'))
    })
    for (const side of [near, far]) side.on('close', over).on('error', () => {})
  })
  await new Promise((done) => server.listen(socket, done))
  house.when_over(() => server.close())
  return { url: `unix:${socket}`, fall_silent_after_end: () => { is_wanted = true }, is_silent: () => is_silent }
}
