-- SPDX-License-Identifier: BSD-2-Clause
-- drop: forgets a delivery, dead or still owed: its client is not told.
-- KEYS  Q D A DL DR M W
-- ARGV  id, caller (its own random name for this call; '' = none)
-- Returns 1, to this caller again if it asks again within a minute: it may not have heard. 0: there is no such delivery.
-- Promise: nothing of it is left; a worker that holds it finds its lease lost. Works on a full server.
local done = 'drop\31' .. ARGV[2] .. '\31' .. ARGV[1]
local gone = redis.call('HDEL', KEYS[2], ARGV[1]) + redis.call('HDEL', KEYS[5], ARGV[1])
redis.call('HDEL', KEYS[3], ARGV[1])
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[4], ARGV[1])
if gone == 0 then return redis.call('LPOS', KEYS[7], done) and 1 or 0 end
if ARGV[2] ~= '' then
  redis.call('RPUSH', KEYS[7], done)
  redis.call('LTRIM', KEYS[7], -2000, -1)
  redis.call('EXPIRE', KEYS[7], 60)
end
redis.call('HINCRBY', KEYS[6], 'dropped', 1)
return 1
