// SPDX-License-Identifier: BSD-2-Clause
// What every client of the demo's provider does: finds its documents, and signs users in by the authorization code flow.
import { randomBytes } from 'node:crypto'
import { call, redirect, set_cookie } from './small_http.mjs'
import { open_token } from './tokens.mjs'

export const secret = () => randomBytes(24).toString('base64url')

// The provider, as nginx shows it to its clients.
export function provider_at(port) {
  const at = (path, more) => call({ host: '127.0.0.1', port, path, headers: { host: `sso.localhost:${port}` }, ...more })
  const metadata = async () => (await at('/.well-known/openid-configuration')).json
  return { issuer: `http://sso.localhost:${port}`, metadata,
           keys: async () => (await at(new URL((await metadata()).jwks_uri).pathname)).json,
           token: async (form) => (await at('/token', { form })).json }
}

// The logins of one client: `begin` sends the browser to the provider, `finish` is where it comes back to.
export function code_flow({ client_id, client_secret, redirect_uris: [redirect_uri] }, provider) {
  const pending = new Map()  // state of a login under way -> {nonce, then}
  return {
    begin(then = '/', more = {}) {
      const [state, nonce] = [secret(), secret()]
      pending.set(state, { nonce, then })
      const question = { response_type: 'code', scope: 'openid', client_id, redirect_uri, state, nonce, ...more }
      return redirect(`${provider.issuer}/authorize?${new URLSearchParams(question)}`, set_cookie('app_login', state))
    },
    // {claims, id_token, then}
    async finish({ query, cookies }) {
      const begun = pending.get(query.get('state'))
      pending.delete(query.get('state'))
      if (!begun || cookies.app_login !== query.get('state')) throw new Error('This login was not begun here.')
      const { id_token } = await provider.token({ grant_type: 'authorization_code', code: query.get('code'), client_id,
                                                  client_secret, redirect_uri })
      const claims = open_token(id_token, await provider.keys(), provider.issuer, client_id)
      if (claims.nonce !== begun.nonce) throw new Error('The ID Token belongs to another login.')
      return { claims, id_token, then: begun.then }
    },
  }
}
