-- SPDX-License-Identifier: BSD-2-Clause
-- index: lists a session under its subject, before the session is registered (so that none is ever missing).
-- KEYS  U (ZSET session key -> expiry second)
-- ARGV  session key, absolute life in seconds
-- Returns 1.
-- Promise: an expiry only grows; expired members go; the key outlives its newest session by a day. Refused on a full
-- server (the first write is deny-oom).
local now = tonumber(redis.call('TIME')[1])
redis.call('ZADD', KEYS[1], 'GT', now + tonumber(ARGV[2]), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local newest = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
if newest[2] then redis.call('EXPIREAT', KEYS[1], tonumber(newest[2]) + 86400) end
return 1
