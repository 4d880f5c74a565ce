// SPDX-License-Identifier: BSD-2-Clause
// Applications behind FastCGI, uwsgi and SCGI, of as much of these protocols as one request needs.
import { createServer } from 'node:net'
import { once } from 'node:events'

const text = (bytes) => bytes.toString('latin1')

// Each reads what has come so far: nothing yet, or the request's variables and body.
function read_fastcgi(bytes) {
  const params = [], body = []
  for (let at = 0; at + 8 <= bytes.length;) {
    const [type, length, padding] = [bytes[at + 1], bytes.readUInt16BE(at + 4), bytes[at + 6]]
    const content = bytes.subarray(at + 8, at + 8 + length)
    if (type === 4) params.push(content)
    if (type === 5 && length === 0) return { vars: fastcgi_vars(Buffer.concat(params)), body: text(Buffer.concat(body)) }
    if (type === 5) body.push(content)
    at += 8 + length + padding
  }
}

function fastcgi_vars(bytes) {
  const vars = {}
  let at = 0
  const size = () => {
    if (bytes[at] < 0x80) return bytes[at++]
    at += 4
    return bytes.readUInt32BE(at - 4) & 0x7fffffff
  }
  while (at < bytes.length) {
    const name = size(), value = size()
    vars[text(bytes.subarray(at, at + name))] = text(bytes.subarray(at + name, at + name + value))
    at += name + value
  }
  return vars
}

function read_uwsgi(bytes) {
  if (bytes.length < 4 || bytes.length < 4 + bytes.readUInt16LE(1)) return
  const end = 4 + bytes.readUInt16LE(1), vars = {}
  for (let at = 4; at < end;) {
    const word = () => { const size = bytes.readUInt16LE(at); at += 2 + size; return text(bytes.subarray(at - size, at)) }
    const name = word()
    vars[name] = word()
  }
  return with_body(vars, bytes.subarray(end))
}

function read_scgi(bytes) {
  const colon = bytes.indexOf(':')
  if (colon < 0 || bytes.length < colon + 1 + Number(text(bytes.subarray(0, colon))) + 1) return
  const end = colon + 1 + Number(text(bytes.subarray(0, colon))), words = text(bytes.subarray(colon + 1, end)).split('\0')
  const vars = {}
  for (let i = 0; i + 1 < words.length; i += 2) vars[words[i]] = words[i + 1]
  return with_body(vars, bytes.subarray(end + 1))
}

const with_body = (vars, body) => body.length >= Number(vars.CONTENT_LENGTH || 0) ? { vars, body: text(body) } : undefined

const record = (type, content) => Buffer.concat([Buffer.from([1, type, 0, 1, content.length >> 8, content.length & 255, 0, 0]), content])
const protocols = {
  fastcgi: { read: read_fastcgi, write: () => Buffer.concat([record(6, Buffer.from('Status: 200 OK\r\nContent-Type: text/plain\r\n\r\nbye')),
                                                             record(3, Buffer.alloc(8))]) },
  uwsgi: { read: read_uwsgi, write: () => Buffer.from('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nbye') },
  scgi: { read: read_scgi, write: () => Buffer.from('Status: 200 OK\r\nContent-Type: text/plain\r\n\r\nbye') },
}

// Answers 200 to whatever is asked, and keeps it.
export async function start_gateway(house, protocol) {
  const seen = []
  const server = createServer((socket) => {
    let bytes = Buffer.alloc(0)
    socket.on('error', () => {})
    socket.on('data', (more) => {
      bytes = Buffer.concat([bytes, more])
      const request = protocols[protocol].read(bytes)
      if (!request) return
      bytes = Buffer.alloc(0)
      seen.push(request)
      socket.end(protocols[protocol].write())
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  house.when_over(() => server.close())
  return { seen, address: `127.0.0.1:${server.address().port}` }
}
