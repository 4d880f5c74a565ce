-- SPDX-License-Identifier: BSD-2-Clause
-- redrive: puts a dead letter back into the queue, as if new: with no attempt made yet, but its token goes on.
-- KEYS  Q D A DL DR M W
-- ARGV  id, caller (its own random name for this call; '' = none)
-- Returns 1, to this caller again if it asks again within a minute: it may not have heard. 0: there is no such dead letter.
-- Promise: it is either queued or a dead letter, never both or neither; whatever is still
-- said under a lease from before its death is stale. Works on a full server.
local done = 'redrive\31' .. ARGV[2] .. '\31' .. ARGV[1]
local record = redis.call('HGET', KEYS[5], ARGV[1])
if not record then return redis.call('LPOS', KEYS[7], done) and 1 or 0 end
local t = redis.call('TIME')
local ms = string.format('%.0f', t[1] * 1000 + math.floor(t[2] / 1000))
local token, rest = string.match(record, '^%d+%+?\31[^\31]*\31(%d+)\31%d+(\31.*)$')
redis.call('HDEL', KEYS[5], ARGV[1])
redis.call('ZREM', KEYS[4], ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ms .. rest)
redis.call('HSET', KEYS[3], ARGV[1], string.format('%.0f', token + 1))
redis.call('ZADD', KEYS[1], ms, ARGV[1])
for i = 1, 3 do redis.call('EXPIRE', KEYS[i], 2592000) end
redis.call('HINCRBY', KEYS[6], 'redriven', 1)
if ARGV[2] ~= '' then
  redis.call('RPUSH', KEYS[7], done)
  redis.call('LTRIM', KEYS[7], -2000, -1)
  redis.call('EXPIRE', KEYS[7], 60)
end
return 1
