// SPDX-License-Identifier: BSD-2-Clause
// The keys of an OpenID Provider and what it signs with them.
import { createPublicKey, generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import { SignJWT, calculateJwkThumbprint } from 'jose'

const make_pair = promisify(generateKeyPair)

// `kids` names the keys ({RS256: 'a', ES256: 'b'}); without it they go by their thumbprints.
export async function make_issuer(issuer, { kids = {} } = {}) {
  const pairs = {
    RS256: await make_pair('rsa', { modulusLength: 2048 }),
    ES256: await make_pair('ec', { namedCurve: 'P-256' }),
  }
  const keys = {}
  for (const [alg, { privateKey }] of Object.entries(pairs)) {
    const jwk = privateKey.export({ format: 'jwk' })
    const kid = kids[alg] ?? await calculateJwkThumbprint(jwk)
    keys[alg] = { alg, kid, privateKey, pem: privateKey.export({ format: 'pem', type: 'pkcs8' }),
                  jwk: { ...jwk, kid, alg, use: 'sig' },
                  public_jwk: { ...createPublicKey(privateKey).export({ format: 'jwk' }), kid, alg, use: 'sig' } }
  }
  const now = () => Math.floor(Date.now() / 1000)
  const sign = (claims, { alg = 'RS256', key = keys[alg], header = {} } = {}) =>
    new SignJWT(claims).setProtectedHeader({ alg, kid: key.kid, ...header }).sign(key.privateKey)
  return {
    issuer, keys, sign, now,
    private_jwks: { keys: Object.values(keys).map((key) => key.jwk) },
    public_jwks: { keys: Object.values(keys).map((key) => key.public_jwk) },
    id_token: (claims, how) => sign({ iss: issuer, iat: now(), exp: now() + 600, ...claims }, how),
    logout_token: (claims, how) => sign({
      iss: issuer, iat: now(), exp: now() + 120, jti: crypto.randomUUID(),
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} }, ...claims,
    }, { header: { typ: 'logout+jwt' }, ...how }),
  }
}
