-- SPDX-License-Identifier: BSD-2-Clause
-- nack: an attempt failed, or none was made; the delivery is tried again later, or becomes a dead letter.
-- KEYS  Q D A M DL DR
-- ARGV  id, token, delay ms (-1: dead letter), error, most dead letters, attempts made (1, or 0: put off)
-- Returns 1 rescheduled, 2 dead letter, 3 dead letter for which an older one was dropped, 0: the lease was lost to another
--       worker, whose word counts. Asked again it says the same, for the answer may have been lost: an attempt's failure
--       is written down with the lease's token and counts once.
-- Promise: a delivery is either queued or a dead letter, never both or neither; the oldest dead letters make room, and
-- none is kept for more than 30 days after the next one of its partition has come, or 30 days if none comes.
-- Nobody else counts attempts. Works on a full server.
local id, token, delay = ARGV[1], ARGV[2], tonumber(ARGV[3])
if redis.call('HGET', KEYS[3], id) ~= token then
  local full, died_of = string.match(redis.call('HGET', KEYS[6], id) or '', '^%d+(%+?)\31[^\31]*\31(%d+)\31')
  return died_of == token and (full == '+' and 3 or 2) or 0
end
local written = redis.call('HGET', KEYS[2], id) or ''
local record = string.match(written, '^%d+' .. string.rep('\31[^\31]*', 4))
local last, made = string.match(written, '^\31[^\31]*\31(%d+)\31(%d+)$', #(record or '') + 1)
if record and delay >= 0 and last == token then return 1 end
local attempts = string.format('%.0f', (made or 0) + ARGV[6])
local t = redis.call('TIME')
local ms = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('ZREM', KEYS[1], id)
if not record then redis.call('HDEL', KEYS[2], id); redis.call('HDEL', KEYS[3], id); return 0 end
if delay >= 0 then
  redis.call('ZADD', KEYS[1], string.format('%.0f', ms + delay), id)
  redis.call('HSET', KEYS[2], id, table.concat({record, ARGV[4], token, attempts}, '\31'))
  for i = 1, 3 do redis.call('EXPIRE', KEYS[i], 2592000) end
  redis.call('HINCRBY', KEYS[4], 'retry', ARGV[6])
  return 1
end
redis.call('HDEL', KEYS[2], id)
redis.call('HDEL', KEYS[3], id)
redis.call('ZADD', KEYS[5], string.format('%.0f', ms), id)
redis.call('HINCRBY', KEYS[4], 'dead', 1)
local function forget(letters)
  if #letters == 0 then return end
  redis.call('ZREM', KEYS[5], unpack(letters))
  redis.call('HDEL', KEYS[6], unpack(letters))
end
forget(redis.call('ZRANGEBYSCORE', KEYS[5], '-inf', string.format('%.0f', ms - 2592000000), 'LIMIT', 0, 1000))
local over = redis.call('ZCARD', KEYS[5]) - tonumber(ARGV[5])
redis.call('HSET', KEYS[6], id, table.concat({attempts .. (over > 0 and '+' or ''), ARGV[4], token, record}, '\31'))
if over > 0 then
  local oldest = redis.call('ZRANGE', KEYS[5], 0, math.min(over, 1000) - 1)
  forget(oldest)
  redis.call('HINCRBY', KEYS[4], 'forgotten', #oldest)
end
for i = 5, 6 do redis.call('EXPIRE', KEYS[i], 2592000) end
return over > 0 and 3 or 2
