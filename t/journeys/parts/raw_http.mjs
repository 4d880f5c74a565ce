// SPDX-License-Identifier: BSD-2-Clause
// HTTP/1 by hand: writes pieces as they are, and reads every answer that comes, asked for or not.
import { connect } from 'node:net'
import { performance } from 'node:perf_hooks'
import { patience } from './house.mjs'

// The first whole answer of `text`: {status, head, body, rest}. Those of 1xx are no answers.
function read_answer(text) {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const head = text.slice(0, end)
  const status = Number(head.split(' ')[1])
  const rest = text.slice(end + 4)
  if (status < 200) return read_answer(rest)
  if (/^transfer-encoding: chunked/im.test(head)) {
    const last = rest.indexOf('0\r\n\r\n')
    return last < 0 ? undefined : { status, head, body: rest.slice(0, last), rest: rest.slice(last + 5) }
  }
  const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0)
  return rest.length < length ? undefined : { status, head, body: rest.slice(0, length), rest: rest.slice(length) }
}

function read_answers(text) {
  const answers = []
  for (let answer; (answer = read_answer(text)) !== undefined; text = answer.rest) answers.push(answer)
  return answers.map(({ rest, ...answer }) => answer)
}

// Sends `pieces` one after the other over one connection: {answers, milliseconds (to the first), closed}. Ends when the
// other side closes; with `first`, at the first answer; else when nothing comes for a while.
export function converse(url, pieces, { first = false, within = 4000 * patience, half_close = false } = {}) {
  const { hostname, port } = new URL(url)
  return new Promise((done) => {
    const start = performance.now()
    let text = ''
    let milliseconds
    const socket = connect({ host: hostname, port, allowHalfOpen: true })
    const finish = (closed) => {
      clearTimeout(timer)
      socket.destroy()
      done({ answers: read_answers(text), milliseconds: milliseconds ?? performance.now() - start, closed })
    }
    const timer = setTimeout(() => finish(false), within)
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1')
      if (milliseconds === undefined && read_answers(text).length > 0) {
        milliseconds = performance.now() - start
        if (first) finish(false)
      }
    })
    socket.on('error', () => finish(true))
    socket.on('end', () => finish(true))
    for (const piece of pieces) socket.write(piece)
    if (half_close) socket.end()
  })
}
