// SPDX-License-Identifier: BSD-2-Clause
// A DNS server that knows one answer for every name: its addresses, at first 127.0.0.1, and no other record.
import { createSocket } from 'node:dgram'

const type_a = 1

const no_such_name = 3

function answer_to(query, addresses) {
  let end = 12
  while (query[end] !== 0) end += query[end] + 1  // the labels of the one question
  const question = query.subarray(12, end + 5)
  const found = question.readUInt16BE(question.length - 4) === type_a
  const head = Buffer.from(query.subarray(0, 12))
  head.writeUInt16BE(0x8180 + (addresses.length ? 0 : no_such_name), 2)
  head.writeUInt16BE(found ? addresses.length : 0, 6)
  head.writeUInt32BE(0, 8)
  const record = (address) => Buffer.from([0xc0, 12, 0, type_a, 0, 1, 0, 0, 0, 60, 0, 4, ...address.split('.').map(Number)])
  return Buffer.concat([head, question, ...(found ? addresses.map(record) : [])])
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
