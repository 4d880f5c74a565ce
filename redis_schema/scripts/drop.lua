-- SPDX-License-Identifier: BSD-2-Clause
-- drop: forgets a delivery, dead or still owed: its client is not told.
-- KEYS  Q D A DL DR M
-- ARGV  id
-- Returns 1, or 0: there is no such delivery.
-- Promise: nothing of it is left; a worker that holds it finds its lease lost. Works on a full server.
local gone = redis.call('HDEL', KEYS[2], ARGV[1]) + redis.call('HDEL', KEYS[5], ARGV[1])
redis.call('HDEL', KEYS[3], ARGV[1])
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[4], ARGV[1])
if gone == 0 then return 0 end
redis.call('HINCRBY', KEYS[6], 'dropped', 1)
return 1
