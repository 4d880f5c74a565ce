-- SPDX-License-Identifier: BSD-2-Clause
-- mark: records a logout that an OP has sent: what it ended, for whoever asks, and an entry for whoever follows the feed.
-- KEYS  R RS, then S and L of a sid or U of a sub, and J where the logout has a jti
-- ARGV  what is marked (s: a sid, f: a sid that nothing proves, u: a sub), its value, second (sid: when it ended;
--       sub: sessions that began up to then have ended), retention s, life of the jti ms
-- Returns {marked, in store}. marked 0: recorded now; 1: the same mark, or a later one, was there; 2: this jti was
--       completed before. Who asks again, for the answer may have been lost, is told 2, or 1 where there is no jti: it
--       is recorded, and nothing changes. in store 1: S, L or U is there, and so what the mark ends may be as well.
-- Promise: a jti is completed only when mark and entry are written, each of which may be repeated; a mark of a sub only
-- grows; a completed jti has no second effect; no key's life is shortened by somebody with a shorter one, but the stream
-- is trimmed at the caller's retention, which all hosts share. Works on a full server (the first write is not deny-oom);
-- what may fail, for a key of another type or an ACL, comes before what says that it is done.
local is_of_sub = ARGV[1] == 'u'
local in_store = redis.call('EXISTS', KEYS[3])
if not is_of_sub and in_store == 0 then in_store = redis.call('EXISTS', KEYS[4]) end
local jti = is_of_sub and 4 or 5
if KEYS[jti] and redis.call('EXISTS', KEYS[jti]) == 1 then return {2, in_store} end
local now, kept = tonumber(redis.call('TIME')[1]), tonumber(ARGV[4])
redis.call('XTRIM', KEYS[2], 'MINID', '~', string.format('%.0f', math.max(now - kept, 0) * 1000))
local second = redis.call('GET', KEYS[1])
local is_there = second and (not is_of_sub or tonumber(second) >= tonumber(ARGV[3]))
if not is_there then
  local entry = {ARGV[1], ARGV[2]}
  if is_of_sub then entry[3] = 'n'; entry[4] = ARGV[3] end
  redis.call('XADD', KEYS[2], '*', unpack(entry))
  if redis.call('TTL', KEYS[2]) < kept + 2592000 then redis.call('EXPIRE', KEYS[2], kept + 2592000) end
  local life = math.max(redis.call('PTTL', KEYS[1]), kept * 1000)
  redis.call('SET', KEYS[1], ARGV[3], 'PX', string.format('%.0f', life))
end
if KEYS[jti] then redis.call('SET', KEYS[jti], 1, 'PX', ARGV[5]) end
return {is_there and 1 or 0, in_store}
