// SPDX-License-Identifier: BSD-2-Clause
// The checker of the faults: it sees what it is there to see.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Checker } from './parts/checker.mjs'
import { make_issuer } from './parts/issuer.mjs'

const form = 'application/x-www-form-urlencoded'

test('the checker notices what is lost, misdirected, forged or told twice', async () => {
  const us = await make_issuer('http://op.example')
  const stranger = await make_issuer('http://op.example')
  const checker = new Checker({ issuer: us.issuer, jwks: us.public_jwks, client_at: (host) => `app-${host}` })
  const owed = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
  for (const host of owed) checker.owe(`app-${host}`, 'sid', 'ann')
  let clock = 0
  const hear = async (host, claims, { status = 200, method = 'POST', by = us, how, of = host } = {}) => checker.hear({
    host, status, method, type: form, at: ++clock,
    body: `logout_token=${await by.logout_token({ aud: [`app-${of}`], sid: 'sid', sub: 'ann', ...claims }, how)}`,
  })
  await hear('a', { jti: 'first' })
  await hear('a', { jti: 'first' })  // twice, the same
  await hear('a', {})  // twice, made anew
  await hear('b', {}, { status: 503 })  // had it, but did not take it
  await hear('c', {}, { of: 'a' })
  await hear('c', { sid: 'of another session' })
  await hear('d', {}, { by: stranger })
  await hear('d', {}, { how: { header: { typ: 'JWT' } } })
  await hear('d', {}, { method: 'GET' })
  await hear('e', { jti: 'first' })  // said of another delivery already
  await hear('e', { sub: 'bob' })
  await hear('e', { events: {} })
  await hear('e', { nonce: 'of an ID Token' })
  await hear('e', { iss: 'http://other.example' })
  await hear('e', { exp: 1 })
  await hear('g', {})
  const { wrong, unknown, lost, ...counts } = await checker.verdict()
  assert.deepEqual(counts, { owed: 7, received: 2, duplicates: 2 })
  assert.deepEqual(lost, ['b', 'c', 'd', 'e', 'f'].map((host) => JSON.stringify([`app-${host}`, 'sid'])))
  assert.deepEqual(wrong, ['c: a token for app-a', 'c: nobody owed it of another session'])
  assert.deepEqual(unknown.map((why) => why[0]).sort(), ['d', 'd', 'd', 'e', 'e', 'e', 'e', 'e', 'e'])
  assert.equal(checker.refused, 1)
  assert.equal(checker.last, clock)
})
