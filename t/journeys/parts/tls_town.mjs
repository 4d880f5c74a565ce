// SPDX-License-Identifier: BSD-2-Clause
// Applications over TLS at one port of 127.0.0.1, each under a name of its own, with certificates of one authority.
import https from 'node:https'
import { createSecureContext } from 'node:tls'
import { make_authority } from './certificates.mjs'

// `told` grows by {host, path, token}; `ca` is the authority's file.
export async function start_tls_town(house, hosts) {
  const authority = make_authority(house, 'town')
  const contexts = new Map(hosts.map((host) => [host, createSecureContext(authority.issue(host))]))
  const told = []
  const server = https.createServer({
    ...authority.issue('nobody.example'), SNICallback: (name, answer) => answer(null, contexts.get(name)),
  }, (request, answer) => {
    const chunks = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      const form = new URLSearchParams(Buffer.concat(chunks).toString())
      told.push({ host: request.socket.servername, path: request.url, token: form.get('logout_token') })
      answer.writeHead(200).end()
    })
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  house.when_over(() => new Promise((done) => { server.close(done); server.closeAllConnections() }))
  return { port: server.address().port, ca: authority.ca, told }
}
