// SPDX-License-Identifier: BSD-2-Clause
// Receivers that answer beside many that do not, each at an address of its own: how long those that answer wait for their tokens.
import http from 'node:http'
import net from 'node:net'
import { eventually, free_port, sleep } from './house.mjs'
import { start_receiver } from './receivers.mjs'
import { back_client, set_stage } from './stage.mjs'

export const address = (street, i) => `127.${street}.${i >> 8}.${i & 255}`

// A server at every address of this machine.
async function listen_everywhere(house, server) {
  await new Promise((done) => server.listen(0, '0.0.0.0', 4096, done))
  house.when_over(() => { server.close(); server.closeAllConnections?.() })
  return server.address().port
}

// What bad receivers do: name → a function that says at which port.
export const ways_to_be_bad = {
  hang: (house) => listen_everywhere(house, http.createServer(() => {})),
  'drip the body': (house) => listen_everywhere(house, http.createServer((request, answer) => {
    request.resume()
    answer.writeHead(200, { 'content-length': 100_000 })
    const drops = setInterval(() => answer.write('d'), 200)
    answer.on('close', () => clearInterval(drops))
  })),
  'drip the head': (house) => listen_everywhere(house, net.createServer((socket) => {
    socket.write('HTTP/1.1 200 OK\r\n')
    const drops = setInterval(() => socket.write('X-Drop: d\r\n'), 200)
    socket.on('close', () => clearInterval(drops)).on('error', () => {}).resume()
  })),
  refuse: () => free_port(),
}

// Ends `logouts` sessions, one `every` so many ms; in each are one of 20 good receivers and two of `bad` others. Gives what the good
// ones waited, ms and sorted, and dead letters that nobody had tried.
export async function live_beside(house, { bad, way, logouts = 200, every = 20, workers = 1, provider = '' }) {
  const began = new Map(), waited = []
  const good = await start_receiver(house, { host: '127.0.0.1', behave: (request, answer) => answer.writeHead(200).end() })
  const good_port = await listen_everywhere(house, http.createServer((request, answer) => {
    const chunks = []
    request.on('data', (chunk) => chunks.push(chunk)).on('end', () => {
      const { sid } = JSON.parse(Buffer.from(new URLSearchParams(Buffer.concat(chunks).toString()).get('logout_token').split('.')[1], 'base64url'))
      waited.push(performance.now() - began.get(sid))
      answer.writeHead(200).end()
    })
  }))
  const bad_port = bad > 0 ? await ways_to_be_bad[way](house) : 0
  const clients = [back_client('first', good.url)]
  for (let i = 0; i < 20; ++i) clients.push(back_client(`good-${i}`, `http://${address(2, i)}:${good_port}`))
  for (let i = 0; i < bad; ++i) clients.push(back_client(`bad-${i}`, `http://${address(3, i)}:${bad_port}`))
  const { nginx } = await set_stage(house, { clients, workers, provider: `delivery wait=0 first=2s max=10s ${provider};` })
  const agent = new http.Agent({ keepAlive: true })
  const members = (n) => [`good-${n % 20}`, ...(bad > 0 ? [`bad-${2 * n % bad}`, `bad-${(2 * n + 1) % bad}`] : [])]
  for (let n = 0; n < logouts; ++n) {
    for (const client_id of members(n)) await nginx.register({ client_id, sid: `s${n}`, sub: 'all' }, agent)
  }
  const start = performance.now(), ends = []
  for (let n = 0; n < logouts; ++n) {
    await sleep(Math.max(0, start + n * every - performance.now()))
    began.set(`s${n}`, performance.now())
    ends.push(nginx.ask('DELETE', `sessions/s${n}`, undefined, agent))
  }
  await Promise.all(ends)
  await eventually('all good receivers are told', () => waited.length >= logouts, { within: 120_000 })
  const dead = await nginx.deliveries('dead')
  return { waited: waited.sort((a, b) => a - b), untried: dead.filter(({ attempts }) => attempts === 0).length, nginx, agent }
}

export const share = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]
