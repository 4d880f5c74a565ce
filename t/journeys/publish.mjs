// SPDX-License-Identifier: BSD-2-Clause
// An OP's discovery document and keys pass by: each shape arrives with what clients must know of our logout, or as it was.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { connect as connect_http2 } from 'node:http2'
import { createConnection } from 'node:net'
import { test } from 'node:test'
import { deflateSync, gunzipSync, gzipSync } from 'node:zlib'
import { House, eventually, free_port, sleep } from './parts/house.mjs'
import { ask_http2 } from './parts/http2.mjs'
import { make_issuer } from './parts/issuer.mjs'
import { back_client, set_stage } from './parts/stage.mjs'

const json = { 'content-type': 'application/json', 'cache-control': 'public, max-age=7', vary: 'Origin' }
const whole = (body, headers = {}, status = 200) => (answer) => {
  answer.writeHead(status, { ...json, 'content-length': Buffer.byteLength(body), ...headers }).end(body)
}
const in_pieces = (body, count, headers = {}) => async (answer) => {
  answer.writeHead(200, { ...json, ...headers })
  const size = Math.ceil(body.length / count)
  for (let at = 0; at < body.length; at += size) {
    answer.write(body.slice(at, at + size))
    await sleep(2)
  }
  answer.end()
}
const zip = { 'content-encoding': 'gzip' }

// name → what the OP answers, and what the client must get: a text; or the word of the log, and the answer as it was.
function shapes(op) {
  const { issuer, ours, keys: [rsa, ec] } = op
  const document = `{"issuer":"${issuer}","scopes_supported":["openid"]}`
  const told = `{"issuer":"${issuer}","scopes_supported":["openid"],${ours}}`
  const [stranger, foreign] = op.strangers.map((key) => JSON.stringify(key))
  const padding = (size) => `{"issuer":"${issuer}","padding":"${'x'.repeat(size)}"}`
  const with_ours = (text) => `${text.slice(0, -1)},${ours}}`
  return {
    'a document': [whole(document), told],
    'a document, chunked': [in_pieces(document, 3), told],
    'a document, byte by byte': [in_pieces(document, 300), told],
    'a document, gzip': [whole(gzipSync(document), zip), told],
    'a document, gzip, chunked': [in_pieces(gzipSync(document), 5, zip), told],
    'a document, packed by nothing': [whole(document, { 'content-encoding': 'Identity' }), told],
    'a document, deflate': [whole(deflateSync(document), { 'content-encoding': 'deflate' }), told],
    'a document, with validators': [whole(document, { etag: '"theirs"', 'last-modified': 'Tue, 03 Nov 2026 07:00:00 GMT', 'accept-ranges': 'bytes' }), told],
    'a document, with digests': [whole(document, { 'content-md5': 'YQ==', digest: 'sha-256=YQ==', 'repr-digest': 'sha-256=:YQ==:' }), told],
    'a document of another type': [whole(document, { 'content-type': 'text/plain; charset=utf-8' }), told],
    'a document with blanks': [whole(` {\r\n  "issuer" : "${issuer}" \n}\n`), ` {\r\n  "issuer" : "${issuer}",${ours} \n}\n`],
    'a document with members of ours': [
      whole(`{"end_session_endpoint":"https://op.example/out","frontchannel_logout_supported" :  null , "issuer":"${issuer}","z":[{"a":"]}"}]}`),
      `{"end_session_endpoint":"${op.nginx.logout}","frontchannel_logout_supported" :  true , "issuer":"${issuer}","z":[{"a":"]}"}],` +
        '"backchannel_logout_supported":true,"backchannel_logout_session_supported":true,"frontchannel_logout_session_supported":true}'],
    'a document with a name that is escaped': [
      whole(`{"issuer":"${issuer}","end\\u005fsession_endpoint":"x"}`),
      `{"issuer":"${issuer}","end\\u005fsession_endpoint":"${op.nginx.logout}",${ours.slice(ours.indexOf(',') + 1)}}`],
    'a document with numbers': [whole(`{"n":[123456789012345678901234567890,1.10,-0,1E+2,0.1e-7],"issuer":"${issuer}"}`),
      `{"n":[123456789012345678901234567890,1.10,-0,1E+2,0.1e-7],"issuer":"${issuer}",${ours}}`],
    'a document with words': [whole(`{"ü":"\\u00fc\\/\\ud83d\\ude00 \\"}{","issuer":"${issuer}","e":{},"d":[[{"deep":[]}]]}`),
      `{"ü":"\\u00fc\\/\\ud83d\\ude00 \\"}{","issuer":"${issuer}","e":{},"d":[[{"deep":[]}]],${ours}}`],
    'a document of 900 kB': [in_pieces(padding(900_000), 20), with_ours(padding(900_000))],
    'a document of 1.2 MB': [whole(padding(1_200_000)), 'response_too_large'],
    'a document of 1.2 MB, chunked': [in_pieces(padding(1_200_000), 20), 'response_too_large'],
    'a bomb': [whole(gzipSync(padding(30_000_000)), zip), 'response_malformed'],
    'gzip cut short': [whole(gzipSync(document).subarray(0, 60), zip), 'response_malformed'],
    'br': [whole('not that it were', { 'content-encoding': 'br' }), 'response_malformed'],
    'a document twice': [whole(document + document), 'response_malformed'],
    'a member twice': [whole(`{"issuer":"${issuer}","issuer":"${issuer}"}`), 'response_malformed'],
    'an array': [whole(`[${document}]`), 'response_malformed'],
    'something else': [whole('{"sub":"ann"}'), 'response_malformed'],
    'no JSON': [whole('<html>', { 'content-type': 'text/html' }), 'response_malformed'],
    'empty': [whole(''), 'response_malformed'],
    'of another issuer': [whole(`{"issuer":"${issuer}/"}`), 'response_foreign'],
    'of an issuer that is a number': [whole('{"issuer":1}'), 'response_foreign'],
    'not found': [whole(document, {}, 404), 'status 404'],
    'an error of the OP': [whole('oh', {}, 500), 'status 500'],
    'a redirect': [whole('', { location: '/elsewhere' }, 302), 'status 302'],
    'keys': [whole(`{"keys":[${stranger}]}`), `{"keys":[${stranger},${rsa},${ec}]}`],
    'keys, gzip': [whole(gzipSync(`{"keys": [${stranger} ], "more": 1.0}`), zip), `{"keys": [${stranger},${rsa},${ec} ], "more": 1.0}`],
    'no keys': [whole('{"keys":[ ]}'), `{"keys":[${rsa},${ec} ]}`],
    'our keys': [whole(`{"keys":[${ec},${stranger},${rsa}]}`), `{"keys":[${ec},${stranger},${rsa}]}`],
    'one of our keys': [whole(`{"keys":[${ec}]}`), `{"keys":[${ec},${rsa}]}`],
    'our key for encryption': [whole(`{"keys":[${rsa.replace('"sig"', '"enc"')}]}`), `{"keys":[${rsa.replace('"sig"', '"enc"')},${rsa},${ec}]}`],
    'our key by another name': [whole(`{"keys":[${rsa.replace(/"kid":"[^"]*"/, '"kid":"theirs"')}]}`),
      `{"keys":[${rsa.replace(/"kid":"[^"]*"/, '"kid":"theirs"')},${rsa},${ec}]}`],
    'another key by our name': [whole(`{"keys":[${foreign}]}`), `{"keys":[${foreign},${ec}]}`, /a key set cannot show all our keys: the OP has another key under the kid "[^"]+": ours is left out/],
    'keys that are none': [whole('{"keys":[1,null,{"kid":7}]}'), `{"keys":[1,null,{"kid":7},${rsa},${ec}]}`],
    'keys that are no list': [whole('{"keys":{}}'), 'response_malformed'],
  }
}

// What comes over the wire, nothing unpacked.
const fetch_raw = (url, { method = 'GET', headers = {} } = {}) => new Promise((done, failed) => {
  const request = http.request(url, { method, headers, agent: false }, async (answer) => {
    const pieces = []
    for await (const piece of answer) pieces.push(piece)
    done({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(pieces) })
  })
  request.on('error', failed)
  request.end()
})
const less_date = ({ headers: { date, ...headers }, ...rest }) => ({ ...rest, headers })

async function set_op(house, how = {}) {
  const op = { answers: {}, asked: [] }
  const server = http.createServer((request, answer) => {
    request.resume()
    op.asked.push({ method: request.method, url: request.url, ...request.headers })
    op.answers[decodeURIComponent(request.url.slice(1))](answer, request)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  house.when_over(() => { server.close(); server.closeAllConnections() })
  const http2_port = await free_port('127.0.0.1')
  const files = house.path('files')
  mkdirSync(files, { mode: 0o755 })
  const to_op = `proxy_pass http://127.0.0.1:${server.address().port}/;`
  const locations = `location /published/ { slo_publish main; ${to_op} } location /plain/ { ${to_op} }
    location /unbuffered/ { slo_publish main; proxy_buffering off; ${to_op} }
    location /http11/ { slo_publish main; proxy_http_version 1.1; proxy_set_header Connection ""; ${to_op} }
    location /cached/ { slo_publish main; proxy_cache documents; proxy_cache_valid 200 1h; ${to_op} }
    location /changed/ { slo_publish main; gzip on; gzip_min_length 1; gzip_types application/json; sub_filter openid opened; sub_filter_types *; ${to_op} }
    location /zipped/ { slo_publish main; gzip on; gzip_min_length 1; gzip_types application/json; ${to_op} }
    location /files/ { slo_publish main; alias ${files}/; expires 1h; }
    location /accel/ { slo_publish main; ${to_op} }
    location /within/ { internal; slo_publish main; alias ${files}/; }
    location /after_it/ { slo_publish main; post_action /after; ${to_op} } location = /after { proxy_pass http://127.0.0.1:${server.address().port}/after; }
    location /instead/ { slo_publish main; proxy_intercept_errors on; error_page 404 =200 /files/document; error_page 500 @plain; ${to_op} }
    location @plain { proxy_pass http://127.0.0.1:${server.address().port}; rewrite ^ /document break; }
    location = /active { stub_status; }`
  const stage = await set_stage(house, { clients: [back_client('app', 'http://127.0.0.1:1')], workers: 1, locations,
    http: 'proxy_cache_path cache keys_zone=documents:1m;', ...how, servers: `server { listen 127.0.0.1:${http2_port} http2; ${locations} }` })
  const set = await fetch_raw(`${stage.nginx.url}/slo/jwks`)
  const keys = JSON.parse(set.body).keys
  const other = (await make_issuer(stage.issuer.issuer)).public_jwks.keys
  const support = ['backchannel_logout_supported', 'backchannel_logout_session_supported', 'frontchannel_logout_supported', 'frontchannel_logout_session_supported']
  Object.assign(op, stage, { files, keys: keys.map((key) => JSON.stringify(key)), strangers: [other[0], { ...other[0], kid: keys[0].kid }],
    issuer: stage.issuer.issuer, http2_url: `http://127.0.0.1:${http2_port}`,
    ours: [`"end_session_endpoint":"${stage.nginx.logout}"`, ...support.map((name) => `"${name}":true`)].join(',') })
  op.document = `{"issuer":"${op.issuer}","scopes_supported":["openid"]}`
  op.told = `${op.document.slice(0, -1)},${op.ours}}`
  op.answers.document = whole(op.document, { etag: '"theirs"', 'last-modified': 'Tue, 03 Nov 2026 07:00:00 GMT' })
  writeFileSync(`${files}/document`, op.document, { mode: 0o644 })
  return op
}

const is_quiet = (op) => assert.doesNotMatch(op.nginx.log(), /\[(crit|alert|emerg)\]/)

test('every shape arrives with what clients must know, or as it was', { timeout: 120_000 }, async (t) => {
  const op = await set_op(new House(t))
  let number = 0
  for (const [name, [answer, wanted, line]] of Object.entries(shapes(op))) {
    op.answers[name] = answer
    for (const way of ['published', 'unbuffered', 'http11', 'cached', 'cached']) {
      ++number
      const before = op.nginx.log().length
      const seen = less_date(await fetch_raw(`${op.nginx.url}/${way}/${encodeURIComponent(name)}`))
      const lines = (op.nginx.log().slice(before).match(/slo: .*/g) ?? []).join('\n')
      const plain = less_date(await fetch_raw(`${op.nginx.url}/plain/${encodeURIComponent(name)}`))
      const as_it_was = /^(response_|status )/.test(wanted)
      if (as_it_was) {
        // From a cache an answer has a length that it had not when it came; each way counts its lines by the minute.
        if (way === 'http11' || way.startsWith('cached')) assert.deepEqual([seen.status, seen.body], [plain.status, plain.body], `${name}, ${way}`)
        else assert.deepEqual(seen, plain, `${name}, ${way}`)
        if (lines !== '') assert.match(lines, new RegExp(`^slo: a document passes as it is: ${wanted}[^\\n]*, provider "main"`), `${name}, ${way}`)
        if (lines === '') assert.ok(op.nginx.log().split(`passes as it is: ${wanted.split(' ')[0]}`).length > 10, `${name}, ${way}: no line`)
        continue
      }
      assert.equal(seen.body.toString(), wanted, `${name}, ${way}`)
      const { etag, server, connection, ...headers } = seen.headers
      const length = String(Buffer.byteLength(wanted))
      assert.deepEqual(headers, { ...json, 'content-type': plain.headers['content-type'], 'content-length': length }, `${name}, ${way}`)
      assert.match(etag, /^"[\w-]{22}"$/)
      if (line) assert.match(lines, line)
      else assert.equal(lines, '', `${name}, ${way}`)
    }
  }
  t.diagnostic(`${number} documents`)
  is_quiet(op)
})

test('an answer that the OP cuts short is cut short for the client, not swallowed', { timeout: 60_000 }, async (t) => {
  const op = await set_op(new House(t))
  const cut = {
    with_length: (answer) => { answer.writeHead(200, { ...json, 'content-length': op.document.length }); answer.write(op.document.slice(0, 20)) },
    chunked: (answer) => { answer.writeHead(200, json); answer.write(op.document.slice(0, 20)) },
    head_alone: (answer) => { answer.writeHead(200, { ...json, 'content-length': op.document.length }); answer.flushHeaders() },
  }
  for (const [name, begin] of Object.entries(cut)) {
    op.answers[name] = async (answer) => { begin(answer); await sleep(50); answer.socket.destroy() }
    const seen = []
    for (const way of ['published', 'unbuffered', 'plain']) {
      const client = createConnection(Number(new URL(op.nginx.url).port), '127.0.0.1')
      client.write(`GET /${way}/${name} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
      let bytes = ''
      client.on('data', (more) => { bytes += more })
      await once(client, 'close')
      seen.push(bytes.replace(/^Date: .*\r\n/m, ''))
    }
    assert.match(seen[2], /^HTTP\/1.1 200/, name)
    assert.deepEqual(seen, [seen[2], seen[2], seen[2]], name)
  }
  assert.match(op.nginx.log(), /a document passes as it is: broken off, provider "main"/)
  is_quiet(op)
})

test('conditions and ranges are about what we send, and do not reach the OP', { timeout: 60_000 }, async (t) => {
  const op = await set_op(new House(t))
  for (const way of ['published', 'unbuffered', 'cached', 'files', 'zipped']) {
    const ask = (headers, method) => fetch_raw(`${op.nginx.url}/${way}/document`, { method, headers: { ...way === 'zipped' && { 'accept-encoding': 'gzip' }, ...headers } })
    const first = await ask({})
    const etag = first.headers.etag.replace(/^W\//, '')
    assert.equal(first.headers['content-encoding'], way === 'zipped' ? 'gzip' : undefined)
    assert.equal(first.headers['last-modified'], undefined)
    for (const known of [etag, `W/${etag}`, `"a" , "b,c", ${etag}`, '*']) {
      const seen = await ask({ 'if-none-match': known, 'if-modified-since': 'Tue, 03 Nov 2015 07:00:00 GMT' })
      assert.deepEqual([seen.status, seen.headers.etag, seen.body.length, seen.headers['content-length'], seen.headers['last-modified']],
        [304, etag, 0, undefined, undefined], `${way} ${known}`)
    }
    const unmet = [{ 'if-none-match': '"theirs"' }, { 'if-modified-since': 'Fri, 06 Nov 2099 07:00:00 GMT' }, { 'if-match': '"theirs"' },
                   { 'if-unmodified-since': 'Tue, 03 Nov 2015 07:00:00 GMT' }, { range: 'bytes=0-4' }, { range: 'bytes=0-4', 'if-range': etag }]
    for (const headers of unmet) {
      const seen = await ask(headers)
      assert.deepEqual([seen.status, seen.body, seen.headers.etag], [200, first.body, first.headers.etag], `${way} ${JSON.stringify(headers)}`)
    }
    const head = await ask({}, 'HEAD')
    assert.deepEqual([head.status, head.headers['content-length'], head.headers.etag, head.headers['last-modified'], head.body.length],
      [200, undefined, undefined, undefined, 0], way)
  }
  const hidden = ['if-none-match', 'if-modified-since', 'if-match', 'if-unmodified-since', 'range', 'if-range', 'accept-encoding']
  assert.deepEqual(op.asked.filter((asked) => hidden.some((name) => asked[name] !== undefined)), [])
  const headers = { 'x-first': '1', 'accept-encoding': 'br', 'x-second': '2', range: 'bytes=0-1', 'if-none-match': '"a"', cookie: 'a=b', 'user-agent': 'us' }
  await fetch_raw(`${op.nginx.url}/published/document`, { headers })
  const { 'x-first': one, 'x-second': two, cookie, 'user-agent': agent } = op.asked.at(-1)
  assert.deepEqual([one, two, cookie, agent], ['1', '2', 'a=b', 'us'], 'others do')
  is_quiet(op)
})

test('many headers, more than one part of the list: those that are hidden are, wherever they stand', { timeout: 60_000 }, async (t) => {
  const op = await set_op(new House(t))
  for (const place of [0, 1, 19, 20, 21, 39, 40, 60]) {
    const headers = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`x-${n}`, `${n}`]))
    const names = Object.entries(headers)
    names.splice(place, 0, ['range', 'bytes=0-1'], ['if-none-match', '"b"'])
    const seen = await fetch_raw(`${op.nginx.url}/published/document`, { headers: Object.fromEntries(names) })
    assert.equal(seen.body.toString(), op.told)
    const asked = op.asked.at(-1)
    assert.deepEqual([asked.range, asked['if-none-match']], [undefined, undefined], `${place}`)
    assert.deepEqual(Object.keys(asked).filter((name) => name.startsWith('x-')), Object.keys(headers), `${place}`)
  }
  for (const only of ['GET /published/document HTTP/1.0\r\nRange: bytes=0-1\r\n\r\n', 'GET /published/document HTTP/1.0\r\n\r\n']) {
    const client = createConnection(Number(new URL(op.nginx.url).port), '127.0.0.1')
    client.write(only)
    let bytes = ''
    client.on('data', (more) => { bytes += more })
    await once(client, 'close')
    assert.equal(bytes.split('\r\n\r\n')[1], op.told)
  }
  is_quiet(op)
})

test('other methods, files, X-Accel-Redirect, error pages, gzip and sub_filter: each has its place', { timeout: 60_000 }, async (t) => {
  const op = await set_op(new House(t))
  const ask = (path, how) => fetch_raw(`${op.nginx.url}${path}`, how)
  const posted = await ask('/published/document', { method: 'POST', headers: { 'if-match': '"theirs"', 'accept-encoding': 'gzip' } })
  assert.deepEqual([posted.body.toString(), posted.headers.etag], [op.document, '"theirs"'])
  assert.deepEqual([op.asked.at(-1)['if-match'], op.asked.at(-1)['accept-encoding']], ['"theirs"', 'gzip'])

  const file = await ask('/files/document')
  assert.deepEqual([file.body.toString(), file.headers['cache-control'], file.headers['accept-ranges']], [op.told, 'max-age=3600', undefined])
  op.answers.led = (answer) => { answer.writeHead(200, { 'x-accel-redirect': '/within/document' }).end() }
  assert.equal((await ask('/accel/led')).body.toString(), op.told)
  op.answers.gone = whole('gone', {}, 404)
  assert.deepEqual((({ status, body }) => [status, body.toString()])(await ask('/instead/gone')), [200, op.told])
  op.answers.broken = whole('broken', {}, 500)
  assert.equal((await ask('/instead/broken')).body.toString(), op.document, 'the location that answers decides')

  const zipped = await ask('/changed/document', { headers: { 'accept-encoding': 'gzip' } })
  assert.equal(zipped.headers['content-encoding'], 'gzip')
  assert.equal(gunzipSync(zipped.body).toString(), op.told.replace('openid', 'opened'))
  const http2 = connect_http2(op.http2_url)
  for (const way of ['published', 'unbuffered', 'cached', 'files']) {
    const { status, body } = await ask_http2(http2, `/${way}/document`, 'GET', undefined, [])
    assert.deepEqual([status, body], [200, op.told], way)
    const again = await new Promise((done) => {
      const stream = http2.request({ ':path': `/${way}/document`, 'if-none-match': '*' })
      stream.on('response', (headers) => { stream.resume(); stream.on('end', () => done(headers[':status'])) })
    })
    assert.equal(again, 304, way)
  }
  http2.close()
  is_quiet(op)
})

test('many at once, clients that leave, and a post_action: none stays, none disturbs another', { timeout: 60_000 }, async (t) => {
  const op = await set_op(new House(t))
  op.answers.slow = in_pieces(op.document, 10)
  op.answers.after = whole('after')
  const ways = ['published', 'unbuffered', 'http11', 'cached', 'after_it']
  const all = await Promise.all(Array.from({ length: 60 }, (_, n) => fetch_raw(`${op.nginx.url}/${ways[n % 5]}/${n % 2 ? 'slow' : 'document'}`)))
  for (const { body } of all) assert.equal(body.toString(), op.told)
  let opened
  op.answers.stuck = (answer) => { answer.writeHead(200, json); answer.write(op.document.slice(0, 9)); opened = answer }
  for (const way of ways) {
    const client = createConnection(Number(new URL(op.nginx.url).port), '127.0.0.1')
    client.on('error', () => {})
    client.write(`GET /${way}/stuck HTTP/1.1\r\nHost: x\r\n\r\n`)
    opened = undefined
    await eventually('the OP has begun', () => opened !== undefined)
    await sleep(30)
    client.resetAndDestroy()
    await sleep(50)
    opened.end(op.document.slice(9))
  }
  await eventually('none stays', async () =>
    Number(/Active connections: (\d+)/.exec((await fetch_raw(`${op.nginx.url}/active`)).body)[1]) === 1)
  is_quiet(op)
})
