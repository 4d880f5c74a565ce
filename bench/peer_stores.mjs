// SPDX-License-Identifier: BSD-2-Clause
// Two stores for the peer: the least a store in memory can do, and Redis by ioredis with one round trip for each call.
import Redis from 'ioredis'

const by_grant = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken', 'DeviceCode', 'BackchannelAuthenticationRequest'])

export function memory_adapter() {
  const records = new Map(), uids = new Map(), grants = new Map()
  return class {
    constructor(model) { this.model = model }
    #key(id) { return `${this.model}:${id}` }
    async upsert(id, payload) {
      records.set(this.#key(id), payload)
      if (this.model === 'Session') uids.set(payload.uid, id)
      if (by_grant.has(this.model) && payload.grantId) grants.set(payload.grantId, [...(grants.get(payload.grantId) ?? []), this.#key(id)])
    }
    async find(id) { return records.get(this.#key(id)) }
    async findByUid(uid) { return this.find(uids.get(uid)) }
    async findByUserCode() {}
    async consume(id) { records.get(this.#key(id)).consumed = Math.floor(Date.now() / 1000) }
    async destroy(id) {
      const payload = records.get(this.#key(id))
      if (payload?.uid) uids.delete(payload.uid)
      records.delete(this.#key(id))
    }
    async revokeByGrantId(grant) {
      for (const key of grants.get(grant) ?? []) records.delete(key)
      grants.delete(grant)
    }
  }
}

export function redis_adapter(path) {
  const redis = new Redis(path, { keyPrefix: 'op:' })
  return class {
    constructor(model) { this.model = model }
    #key(id) { return `${this.model}:${id}` }
    async upsert(id, payload, life) {
      const words = redis.multi().set(this.#key(id), JSON.stringify(payload), 'EX', life)
      if (payload.uid) words.set(`uid:${payload.uid}`, id, 'EX', life)
      if (by_grant.has(this.model) && payload.grantId) words.rpush(`grant:${payload.grantId}`, this.#key(id)).expire(`grant:${payload.grantId}`, life)
      await words.exec()
    }
    async find(id) {
      const found = await redis.get(this.#key(id))
      return found ? JSON.parse(found) : undefined
    }
    async findByUid(uid) { return this.find(await redis.get(`uid:${uid}`)) }
    async findByUserCode() {}
    async consume(id) { await this.upsert(id, { ...await this.find(id), consumed: Math.floor(Date.now() / 1000) }, 3600) }
    async destroy(id) { await redis.del(this.#key(id)) }
    async revokeByGrantId(grant) {
      const members = await redis.lrange(`grant:${grant}`, 0, -1)
      await redis.del(`grant:${grant}`, ...members)
    }
  }
}
