// SPDX-License-Identifier: BSD-2-Clause
// ES256 tokens: the provider signs ID Tokens, the applications verify them and the logout tokens of our nginx.
import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
const decode = (part) => JSON.parse(Buffer.from(part, 'base64url').toString())

// The key's id is its RFC 7638 thumbprint, as nginx derives it too.
export function open_key(pem) {
  const key = createPrivateKey(pem)
  const { crv, kty, x, y } = createPublicKey(key).export({ format: 'jwk' })
  return { key, kid: createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url') }
}

export const public_jwk = ({ key, kid }) => ({ ...createPublicKey(key).export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' })

export function sign_token({ key, kid }, claims) {
  const text = `${encode({ alg: 'ES256', kid })}.${encode(claims)}`
  return `${text}.${sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

// The claims of a token that one of `jwks` signed for `audience`, or an Error.
export function open_token(token, jwks, issuer, audience) {
  const [head, payload, signature] = String(token).split('.')
  const header = decode(head)
  const jwk = jwks.keys.find(({ kid }) => kid === header.kid)
  if (header.alg !== 'ES256' || !jwk) throw new Error('the token is signed by an unknown key')
  const key = { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' }
  if (!verify('sha256', Buffer.from(`${head}.${payload}`), key, Buffer.from(signature ?? '', 'base64url'))) {
    throw new Error('the token has a wrong signature')
  }
  const claims = decode(payload)
  if (claims.iss !== issuer) throw new Error('the token is from another issuer')
  if (![claims.aud].flat().includes(audience)) throw new Error('the token is for somebody else')
  if (!(claims.exp > Date.now() / 1000 - 60)) throw new Error('the token has expired')
  return claims
}

// The session that a logout token orders an application to end. Back-Channel Logout 1.0, 2.6.
export function open_logout_token(token, jwks, issuer, audience) {
  const claims = open_token(token, jwks, issuer, audience)
  if (typeof claims.events?.['http://schemas.openid.net/event/backchannel-logout'] !== 'object' || 'nonce' in claims) {
    throw new Error('this is no logout token')
  }
  return claims.sid
}
