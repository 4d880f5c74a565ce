// SPDX-License-Identifier: BSD-2-Clause
// The issuer's keys, and ID Tokens signed with them.
import { createHash, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'

const kinds = { RS256: ['rsa', { modulusLength: 2048 }], ES256: ['ec', { namedCurve: 'P-256' }] }
const required = { RSA: ['e', 'kty', 'n'], EC: ['crv', 'kty', 'x', 'y'] }
const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')

export function make_keys() {
  const keys = {}
  for (const [alg, kind] of Object.entries(kinds)) {
    const { privateKey } = generateKeyPairSync(...kind)
    const jwk = createPublicKey(privateKey).export({ format: 'jwk' })
    const kid = createHash('sha256').update(JSON.stringify(Object.fromEntries(required[jwk.kty].map((name) => [name, jwk[name]]))))
      .digest('base64url')
    keys[alg] = { alg, kid, privateKey, pem: privateKey.export({ format: 'pem', type: 'pkcs8' }),
                  public_jwk: { ...jwk, kid, alg, use: 'sig' },
                  jwk: { ...privateKey.export({ format: 'jwk' }), kid, alg, use: 'sig' } }
  }
  return keys
}

export function id_token(key, claims) {
  const now = Math.floor(Date.now() / 1000)
  const signed = `${encoded({ alg: key.alg, kid: key.kid, typ: 'JWT' })}.${encoded({ iat: now, exp: now + 3600, ...claims })}`
  return `${signed}.${sign('sha256', Buffer.from(signed), { key: key.privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}
