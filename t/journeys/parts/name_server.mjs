// SPDX-License-Identifier: BSD-2-Clause
// A DNS server that knows one answer: every name has the address 127.0.0.1, and no other record.
import { createSocket } from 'node:dgram'

const type_a = 1

function answer_to(query) {
  let end = 12
  while (query[end] !== 0) end += query[end] + 1  // the labels of the one question
  const question = query.subarray(12, end + 5)
  const found = question.readUInt16BE(question.length - 4) === type_a
  const head = Buffer.from(query.subarray(0, 12))
  head.writeUInt16BE(0x8180, 2)
  head.writeUInt16BE(found ? 1 : 0, 6)
  head.writeUInt32BE(0, 8)
  const record = Buffer.from([0xc0, 12, 0, type_a, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1])
  return Buffer.concat([head, question, ...(found ? [record] : [])])
}

export async function start_name_server(house) {
  const socket = createSocket('udp4')
  socket.on('message', (query, { port, address }) => socket.send(answer_to(query), port, address))
  await new Promise((done) => socket.bind(0, '127.0.0.1', done))
  house.when_over(() => new Promise((done) => socket.close(done)))
  return { port: socket.address().port }
}
