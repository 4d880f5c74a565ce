// SPDX-License-Identifier: BSD-2-Clause
// Marks in the zone, as many as wanted: written into the feed, many at a time, as if so many sessions had ended.
import { writeFileSync } from 'node:fs'
import { eventually } from '../../t/journeys/parts/house.mjs'
import { send } from '../../t/journeys/parts/browser_jar.mjs'
import { spoken } from './redis_line.mjs'
import { id_token } from './keys.mjs'
import { post, replay } from './tools.mjs'

export const form_type = 'application/x-www-form-urlencoded'
const per_entry = 50
const event = 'http://schemas.openid.net/event/backchannel-logout'

export const logout_token = (key, issuer, aud, claims) => id_token(key, { iss: issuer, aud, events: { [event]: {} }, ...claims })

export const marked_sid = (i) => `over-5f0cQb7kM${String(i).padStart(8, '0')}`

// The marks as slo_status shows them: marks, marks_capacity, …
export async function marks_of(nginx) {
  const { body } = await send('http://localhost/metrics', { socketPath: `${nginx.dir}/admin.sock` })
  return JSON.parse(body).host
}

// The feed of an issuer: one logout is received, which names its stream.
export async function find_feed({ nginx, redis, keys }, path) {
  const token = logout_token(keys.RS256, nginx.issuer, 'gateway', { sid: 'first-5f0cQb7kM00000000', jti: 'first' })
  const answer = await send(`${nginx.url}${path}`, { method: 'POST', form: { logout_token: token } })
  if (answer.status !== 200) throw new Error(`a logout token was answered with ${answer.status}: ${answer.body}`)
  const found = await redis.ask('KEYS', '*:rs')
  if (found.length !== 1) throw new Error(`${found.length} streams instead of one`)
  return found[0]
}

// Marks from number `from` up to `upto`, and waits until the guards know them.
export async function add_marks({ house, nginx, redis }, feed, from, upto) {
  if (from === upto) return
  const entries = []
  for (let i = from; i < upto; i += per_entry) {
    const marks = Array.from({ length: Math.min(per_entry, upto - i) }, (_, k) => ['s', marked_sid(i + k)]).flat()
    const text = spoken(['XADD', feed, '*', ...marks])
    entries.push(`${Buffer.byteLength(text)}\n${text}`)
  }
  const file = house.path(`marks-${from}`), before = (await marks_of(nginx)).marks
  writeFileSync(file, entries.join(''))
  const { errors } = await replay(redis.socket, file, 100)
  if (errors) throw new Error(`${errors} entries of the feed were refused`)
  await eventually(`${upto - from} marks are in the zone`, async () => (await marks_of(nginx)).marks >= before + upto - from, { within: 120_000 })
}

export const logout_request = (path, host, token) => post(path, host, form_type, `logout_token=${token}`)
