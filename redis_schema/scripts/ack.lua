-- SPDX-License-Identifier: BSD-2-Clause
-- ack: a delivery was received.
-- KEYS  Q D A M
-- ARGV  id, token
-- Returns 1, or 0: the lease was lost to another worker, whose word counts.
-- Promise: the delivery leaves all three keys together. Works on a full server.
if redis.call('HGET', KEYS[3], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('HDEL', KEYS[3], ARGV[1])
redis.call('HINCRBY', KEYS[4], 'ok', 1)
return 1
