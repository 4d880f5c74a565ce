// SPDX-License-Identifier: BSD-2-Clause
// One kept connection to Redis, so that asking about the store is no connection of its own in what is counted.
import { connect } from 'node:net'

export const spoken = (words) => `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`

// [value, next] of the reply at `at`, or nothing while it is incomplete. Replies are read as latin1: one character, one byte.
function reply_at(text, at) {
  const end = text.indexOf('\r\n', at)
  if (end < 0) return undefined
  const word = text.slice(at + 1, end)
  switch (text[at]) {
    case '$': {
      if (word === '-1') return [null, end + 2]
      const next = end + 2 + Number(word)
      return next + 2 <= text.length ? [text.slice(end + 2, next), next + 2] : undefined
    }
    case '*': {
      const values = []
      let next = end + 2
      for (let i = 0; i < Number(word); ++i) {
        const one = reply_at(text, next)
        if (!one) return undefined
        values.push(one[0])
        next = one[1]
      }
      return [values, next]
    }
    case ':': return [Number(word), end + 2]
    case '-': return [new Error(word), end + 2]
    default: return [word, end + 2]
  }
}

export class RedisLine {
  #socket
  #heard = ''
  #waiting = []
  on_line = null  // set for MONITOR: takes each further reply

  static open(path) {
    return new Promise((done, failed) => {
      const line = new RedisLine()
      line.#socket = connect(path, () => done(line)).on('error', failed).on('data', (chunk) => line.#hear(chunk))
    })
  }

  #hear(chunk) {
    this.#heard += chunk.toString('latin1')
    let at = 0
    for (let one = reply_at(this.#heard, at); one; one = reply_at(this.#heard, at)) {
      at = one[1]
      const waiter = this.#waiting.shift()
      if (waiter) one[0] instanceof Error ? waiter.failed(one[0]) : waiter.done(one[0])
      else this.on_line?.(one[0])
    }
    this.#heard = this.#heard.slice(at)
  }

  ask(...words) {
    return new Promise((done, failed) => {
      this.#waiting.push({ done, failed })
      this.#socket.write(spoken(words.map(String)))
    })
  }

  close() { this.#socket.destroy() }
}
