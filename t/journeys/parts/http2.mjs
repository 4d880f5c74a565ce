// SPDX-License-Identifier: BSD-2-Clause
// One request over HTTP/2, its body in pieces, with or without a length or an end.
import { constants } from 'node:http2'

// Over an HTTP/2 session: {status, body}, as soon as it is answered.
export function ask_http2(session, path, method, type, pieces, { length, unended = false } = {}) {
  return new Promise((done, failed) => {
    const headers = { ':path': path, ':method': method, ...(type && { 'content-type': type }), ...(length && { 'content-length': length }) }
    const stream = session.request(headers, { endStream: false })
    let status
    let body = ''
    stream.on('response', (headers) => { status = headers[':status'] })
    stream.on('data', (bytes) => { body += bytes })
    stream.on('end', () => done({ status, body }))
    stream.on('error', (error) => (stream.rstCode === constants.NGHTTP2_NO_ERROR ? done({ status, body }) : failed(error)))
    for (const piece of pieces) stream.write(piece)
    if (!unended) stream.end()
  })
}
