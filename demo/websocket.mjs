// SPDX-License-Identifier: BSD-2-Clause
// Just enough of WebSocket (RFC 6455) to talk to a browser: the handshake, and short texts to it.
import { createHash } from 'node:crypto'

const answer_to = (key) => createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')

function frame(text) {
  const payload = Buffer.from(text)
  if (payload.length > 125) throw new Error('too long for a short frame')
  return Buffer.concat([Buffer.from([0x81, payload.length]), payload])
}

// `meet({say, when_over})` is called for each WebSocket that is opened at `path`. What the browser says is ignored.
export function accept_websockets(server, path, meet) {
  server.on('upgrade', (request, socket) => {
    if (request.url !== path) return socket.destroy()
    socket.write(['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade',
                  `Sec-WebSocket-Accept: ${answer_to(request.headers['sec-websocket-key'])}`, '', ''].join('\r\n'))
    socket.on('error', () => {}).on('end', () => socket.end()).resume()
    meet({ say: (text) => socket.write(frame(text)), when_over: (over) => socket.on('close', over) })
  })
}
