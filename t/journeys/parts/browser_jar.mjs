// SPDX-License-Identifier: BSD-2-Clause
// A browser of few words: keeps cookies per host, follows redirects, fills in login forms. Cookies ignore ports, as
// real ones do, so every party of a journey lives on a loopback address of its own.
import http from 'node:http'

// One request, no redirects followed: {status, headers, body, location, url}.
export function send(url, { method = 'GET', headers = {}, form, body = form && new URLSearchParams(form).toString(),
                            timeout = 60_000, socketPath, agent = false } = {}) {
  const target = new URL(url)
  const extra = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
  if (form) extra['content-type'] = 'application/x-www-form-urlencoded'
  const path = url.slice(url.indexOf('/', 'http://'.length)).replace(/#.*/, '')  // as written, not as URL rewrites it
  return new Promise((done, failed) => {
    const request = http.request({ host: target.hostname, port: target.port, path, method, agent, timeout,
                                   socketPath, headers: { ...extra, ...headers } }, (answer) => {
      const chunks = []
      answer.on('data', (chunk) => chunks.push(chunk))
      answer.on('error', failed)
      answer.on('end', () => done({ url, status: answer.statusCode, headers: answer.headers,
                                    location: answer.headers.location, body: Buffer.concat(chunks).toString() }))
    })
    request.on('timeout', () => request.destroy(new Error(`no answer from ${target.host} within ${timeout} ms`)))
    request.on('error', failed)
    request.end(body)
  })
}

export class Jar {
  #cookies = new Map()  // host -> Map(name -> {value, path})

  cookie(host, name) { return this.#cookies.get(host)?.get(name)?.value }
  cookies(host) { return [...(this.#cookies.get(host) ?? [])].map(([name, { value }]) => [name, value]) }
  put(host, name, value, path = '/') {
    if (!this.#cookies.has(host)) this.#cookies.set(host, new Map())
    this.#cookies.get(host).set(name, { value, path })
  }

  async send(url, options = {}) {
    const { hostname, pathname } = new URL(url)
    const cookies = [...(this.#cookies.get(hostname) ?? [])].filter(([, { path }]) => pathname.startsWith(path))
    const cookie = cookies.map(([name, { value }]) => `${name}=${value}`).join('; ')
    const answer = await send(url, { ...options, headers: { accept: 'text/html', ...(cookie && { cookie }), ...options.headers } })
    for (const line of answer.headers['set-cookie'] ?? []) this.#keep(hostname, line)
    return answer
  }

  // Follows redirects until a page comes.
  async open(url, options = {}) {
    for (let hop = 0; hop < 20; ++hop) {
      const answer = await this.send(url, options)
      if (!answer.location || answer.status < 300 || answer.status > 399) return answer
      url = new URL(answer.location, url).href
      if (answer.status !== 307 && answer.status !== 308) options = {}
    }
    throw new Error(`too many redirects at ${url}`)
  }

  // Opens `url` and fills in every form on the way (login, consent) until a page without one comes.
  async log_in(url, user) {
    let page = await this.open(url)
    for (let forms = 0; /<form/i.test(page.body) && forms < 6; ++forms) {
      const { action, fields } = read_form(page.body)
      if ('login' in fields) Object.assign(fields, { login: user, password: 'secret' })
      if ('user' in fields) Object.assign(fields, { user, password: user })  // LemonLDAP::NG's demonstration users
      page = await this.open(new URL(action, page.url).href, { method: 'POST', form: fields })
    }
    return page
  }

  #keep(host, line) {
    const [pair, ...attributes] = line.split(';').map((part) => part.trim())
    const name = pair.slice(0, pair.indexOf('='))
    const value = pair.slice(name.length + 1)
    const said = Object.fromEntries(attributes.map((text) => {
      const [key, ...rest] = text.split('=')
      return [key.toLowerCase(), rest.join('=')]
    }))
    const over = 'max-age' in said ? Number(said['max-age']) <= 0 : said.expires && new Date(said.expires) <= new Date()
    if (over) this.#cookies.get(host)?.delete(name)
    else this.put(host, name, value, said.path?.startsWith('/') ? said.path : '/')
  }
}

function unescape_html(text) {
  return text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<').replaceAll('&gt;', '>')
    .replaceAll('&#x3D;', '=').replaceAll('&amp;', '&')
}

// The first form of a page: where it goes and what it holds.
export function read_form(html) {
  const form = /<form[^>]*>[\s\S]*?<\/form>/i.exec(html)[0]
  const attribute = (tag, name) => unescape_html(new RegExp(`\\b${name}="([^"]*)"`, 'i').exec(tag)?.[1] ?? '')
  const fields = {}
  for (const [tag] of form.matchAll(/<input[^>]*>/gi)) {
    if (attribute(tag, 'name')) fields[attribute(tag, 'name')] = attribute(tag, 'value')
  }
  return { action: attribute(/<form[^>]*>/i.exec(form)[0], 'action'), fields }
}
