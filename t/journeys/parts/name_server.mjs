// SPDX-License-Identifier: BSD-2-Clause
// A DNS server that knows one answer for every name: its addresses, at first 127.0.0.1, IPv4 and IPv6, and no other record.
import { createSocket } from 'node:dgram'
import { isIPv4, isIPv6 } from 'node:net'

const types = new Map([[1, isIPv4], [28, isIPv6]])
const no_such_name = 3

const bytes_of = (address) => isIPv4(address) ? address.split('.').map(Number) : words_of(address).flatMap((word) => [word >> 8, word & 255])

// The eight of an IPv6 address.
function words_of(address) {
  const [head, tail] = address.split('::').map((part) => part.split(':').filter(Boolean).map((word) => parseInt(word, 16)))
  return tail ? [...head, ...Array(8 - head.length - tail.length).fill(0), ...tail] : head
}

function answer_to(query, addresses) {
  let end = 12
  while (query[end] !== 0) end += query[end] + 1  // the labels of the one question
  const question = query.subarray(12, end + 5)
  const type = question.readUInt16BE(question.length - 4)
  const found = addresses.filter(types.get(type) ?? (() => false))
  const head = Buffer.from(query.subarray(0, 12))
  head.writeUInt16BE(0x8180 + (addresses.length ? 0 : no_such_name), 2)
  head.writeUInt16BE(found.length, 6)
  head.writeUInt32BE(0, 8)
  const record = (bytes) => Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, bytes.length, ...bytes])
  return Buffer.concat([head, question, ...found.map((address) => record(bytes_of(address)))])
}

export async function start_name_server(house) {
  const socket = createSocket('udp4')
  let addresses = ['127.0.0.1']
  socket.on('message', (query, { port, address }) => socket.send(answer_to(query, addresses), port, address))
  await new Promise((done) => socket.bind(0, '127.0.0.1', done))
  house.when_over(() => new Promise((done) => socket.close(done)))
  // None: there is no such name.
  return { port: socket.address().port, know: (...known) => { addresses = known } }
}
