// SPDX-License-Identifier: BSD-2-Clause
// Small relying parties that record what they are asked, and behave as well or badly as they are told.
import http from 'node:http'
import net from 'node:net'

const text = { 'content-type': 'text/html' }

// How a receiver may answer. Each gets (request, answer, count of requests so far).
export const manners = {
  obeying: (request, answer) => answer.writeHead(200, text).end('bye'),
  without_content: (request, answer) => answer.writeHead(204).end(),
  hanging: () => {},
  resetting: (request) => request.socket.resetAndDestroy(),
  redirecting: (request, answer) => answer.writeHead(302, { location: '/elsewhere' }).end(),
  refusing_the_token: (request, answer) => answer.writeHead(400, { 'content-type': 'application/json' })
    .end('{"error":"invalid_request"}'),
  talking_without_end: (request, answer) => {
    answer.writeHead(200, text)
    const more = setInterval(() => answer.write('and another thing, '.repeat(500)), 2)
    answer.on('close', () => clearInterval(more))
  },
  speaking_nonsense: (request) => request.socket.end('\u0000\u0001 good day\r\n\r\n'),
  failing: (request, answer) => answer.writeHead(500, text).end('broken'),
  slow: (millis) => (request, answer) => setTimeout(() => manners.obeying(request, answer), millis),
  first: (bad, times = 1) => (request, answer, count) => (count <= times ? bad : manners.obeying)(request, answer),
}

const listening = (server, port, host) => new Promise((done, failed) =>
  server.once('listening', done).once('error', failed).listen(port, host, 1024))

// Listens on host:port (0: any free one), and `also` on other addresses; `requests` grows by {at, host, method, url, body}.
export async function start_receiver(house, { host = '127.0.0.1', also = [], port = 0, behave = manners.obeying } = {}) {
  const requests = []
  const server = http.createServer((request, answer) => {
    const chunks = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('error', () => {})
    request.on('end', () => {
      requests.push({ at: Date.now(), host: request.socket.localAddress, method: request.method, url: request.url,
                      body: Buffer.concat(chunks).toString() })
      receiver.behave(request, answer, requests.length)
    })
  })
  const receiver = { behave, requests }
  await listening(server, port, host)
  receiver.port = server.address().port
  receiver.url = `http://${host}:${receiver.port}`
  const doors = also.map(() => net.createServer((socket) => server.emit('connection', socket)))
  await Promise.all(doors.map((door, i) => listening(door, receiver.port, also[i])))
  receiver.close = () => new Promise((done) => {
    for (const door of doors) door.close()
    server.close(done)
    server.closeAllConnections()
  })
  house.when_over(receiver.close)
  return receiver
}
