-- SPDX-License-Identifier: BSD-2-Clause
-- claimdue: leases sessions that are due to expire to the caller.
-- KEYS  X
-- ARGV  limit, lease s
-- Returns a list of session keys; run `end … due` on each.
-- Promise: nobody else gets these until the lease runs out; none is lost if the caller dies. Works on a full server.
local now = tonumber(redis.call('TIME')[1])
local keys = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])
if #keys > 0 then redis.call('ZREM', KEYS[1], '') end
for _, key in ipairs(keys) do redis.call('ZADD', KEYS[1], 'XX', now + tonumber(ARGV[2]), key) end
return keys
