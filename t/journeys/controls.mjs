// SPDX-License-Identifier: BSD-2-Clause
// The real parties without us: logins work, and a logout token ends a session only if it is rightly signed. What the
// other journeys see is therefore our doing.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apache_client, start_apache } from './parts/apache.mjs'
import { express_client, start_express } from './parts/express_rp.mjs'
import { House, free_port } from './parts/house.mjs'
import { make_issuer } from './parts/issuer.mjs'
import { Jar, send } from './parts/browser_jar.mjs'
import { start_op } from './parts/op.mjs'

for (const [alg, names_no_key] of [['RS256', false], ['ES256', false], ['RS256', true]]) {
  const which = alg + (names_no_key ? ' logout token that names no key' : ' logout token')
  test(`real parties obey a rightly signed ${which} and no other`, { timeout: 60_000 }, async (t) => {
    const house = new House(t)
    const op_port = await free_port('127.0.0.1')
    const issuer = await make_issuer(`http://127.0.0.1:${op_port}`)
    const at = { apache: { host: '127.0.0.2', port: await free_port('127.0.0.2') },
                 express: { host: '127.0.0.3', port: await free_port('127.0.0.3') } }
    const clients = { apache: apache_client('apache', at.apache.host, at.apache.port, alg),
                      express: express_client('express', at.express.host, at.express.port, alg) }
    const participations = []
    await start_op(house, { issuer: issuer.issuer, host: '127.0.0.1', port: op_port, keys: issuer.private_jwks,
                            clients: Object.values(clients), end_session_endpoint: `${issuer.issuer}/logout`,
                            when_registered: (seen) => participations.push(seen) })
    const pages = {
      apache: (await start_apache(house, { ...at.apache, op: issuer.issuer, client: clients.apache })).page,
      express: (await start_express(house, { ...at.express, op: issuer.issuer, client: clients.express })).page,
    }
    const browser = new Jar()
    for (const id of ['apache', 'express']) {
      assert.match((await browser.log_in(pages[id], 'ann')).body, new RegExp(`${id} shows this to ann`))
      const { sid, client_sid } = participations.find((seen) => seen.client_id === id)
      assert.notEqual(client_sid, sid)
      const deliver = async (token) => (await send(clients[id].backchannel_logout_uri,
        { method: 'POST', form: { logout_token: token } })).status
      const order = { aud: [id], sub: 'ann', sid: client_sid }
      const stranger = await make_issuer(issuer.issuer)
      const forged = await issuer.logout_token(order, { alg, key: { ...stranger.keys[alg], kid: issuer.keys[alg].kid } })
      assert.equal(await deliver(forged), 400)
      assert.equal((await browser.send(pages[id])).status, 200, 'a forged token ends nothing')
      const misnamed = await issuer.logout_token(order, { alg, key: { ...issuer.keys[alg], kid: 'nobody' } })
      assert.equal(await deliver(misnamed), 400, 'a kid that the OP does not publish')
      assert.equal((await browser.send(pages[id])).status, 200, 'a misnamed token ends nothing')
      const nameless = await issuer.logout_token(order, { alg, key: { ...issuer.keys[alg], kid: undefined } })
      assert.ok([200, 204].includes(await deliver(names_no_key ? nameless : await issuer.logout_token(order, { alg }))))
      assert.equal((await browser.send(pages[id])).status, 302, 'the session is over')
    }
    assert.equal(participations[0].session_cookie === browser.cookie('127.0.0.1', '_session'), false)
    assert.equal(participations[1].session_cookie, browser.cookie('127.0.0.1', '_session'))
  })
}
