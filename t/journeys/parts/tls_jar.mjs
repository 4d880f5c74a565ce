// SPDX-License-Identifier: BSD-2-Clause
// A browser for recipes: cookies by the server's name and path, as a host of parts/recipe_stage.mjs is visited with them.
export class TlsJar {
  #cookies = new Map()  // name of a server -> Map(name of a cookie -> {value, path})
  #host

  constructor(host) { this.#host = host }

  cookies(server) { return Object.fromEntries([...(this.#cookies.get(server) ?? [])].map(([name, { value }]) => [name, value])) }
  put(server, name, value, path = '/') {
    if (!this.#cookies.has(server)) this.#cookies.set(server, new Map())
    this.#cookies.get(server).set(name, { value, path })
  }

  async visit(server, path, how = {}) {
    const mine = [...(this.#cookies.get(server) ?? [])].filter(([, one]) => path.startsWith(one.path)).map(([name, { value }]) => `${name}=${value}`)
    const answer = await this.#host.visit(server, path, { ...how, headers: { accept: 'text/html', ...(mine.length && { cookie: mine.join('; ') }), ...how.headers } })
    for (const line of answer.headers['set-cookie'] ?? []) this.#keep(server, line)
    return answer
  }

  #keep(server, line) {
    const [, name, value] = /^([^=]*)=([^;]*)/.exec(line)
    if (/;\s*max-age=0/i.test(line) || /;\s*expires=thu, 01[ -]jan[ -]1970/i.test(line)) this.#cookies.get(server)?.delete(name)
    else this.put(server, name, value, /;\s*path=([^;]*)/i.exec(line)?.[1] ?? '/')
  }
}
