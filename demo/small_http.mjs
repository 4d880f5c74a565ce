// SPDX-License-Identifier: BSD-2-Clause
// Just enough HTTP for the demo's provider and applications: routes on a unix socket, forms, cookies, redirects.
import { chmodSync } from 'node:fs'
import http from 'node:http'

// `routes` maps `METHOD /path` to (visit) => answer; an answer is {status?, headers?, body?}. Returns the server.
export function serve(socket, routes) {
  const server = http.createServer(async (request, answer) => {
    const url = new URL(request.url, 'http://here')
    const route = routes[`${request.method} ${url.pathname}`]
    const visit = { query: url.searchParams, path: request.url, form: new URLSearchParams(await read(request)),
                    headers: request.headers, cookies: read_cookies(request.headers.cookie) }
    try {
      const { status = 200, headers = {}, body = '' } = route ? await route(visit) : { status: 404, body: 'Nothing here.' }
      answer.writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store', ...headers }).end(body)
    } catch (error) {
      console.error(`${request.method} ${url.pathname}: ${error.message}`)
      answer.writeHead(400, { 'content-type': 'text/plain', 'cache-control': 'no-store' }).end(`${error.message}\n`)
    }
  })
  return server.listen(socket, () => chmodSync(socket, 0o666))
}

async function read(request) {
  let text = ''
  for await (const chunk of request) {
    text += chunk
    if (text.length > 100_000) throw new Error('the request is too large')
  }
  return text
}

function read_cookies(header = '') {
  return Object.fromEntries(header.split(';').map((pair) => pair.trim().split('=')).filter(([name]) => name))
}

export const redirect = (location, headers = {}) => ({ status: 303, headers: { location, ...headers } })
export const json = (value, status = 200) =>
  ({ status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) })

export function set_cookie(name, value) {
  const life = value ? '' : '; Max-Age=0'
  return { 'set-cookie': `${name}=${value}; Path=/; HttpOnly; SameSite=Lax${life}` }
}

// A call of our own, to a unix socket or to the demo's nginx under one of its names: {status, json}.
export function call({ form, ...where }) {
  const body = form && new URLSearchParams(form).toString()
  const headers = { ...where.headers, ...(form && { 'content-type': 'application/x-www-form-urlencoded' }) }
  return new Promise((done, failed) => {
    const request = http.request({ ...where, headers, method: form ? 'POST' : 'GET', timeout: 5000 }, async (answer) => {
      let text = ''
      for await (const chunk of answer) text += chunk
      try {
        done({ status: answer.statusCode, json: text && JSON.parse(text) })
      } catch (error) {
        failed(error)
      }
    })
    request.on('timeout', () => request.destroy(new Error('no answer in time')))
    request.on('error', failed)
    request.end(body)
  })
}
