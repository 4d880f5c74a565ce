-- SPDX-License-Identifier: BSD-2-Clause
-- claimdue: leases sessions that are due to expire to the caller.
-- KEYS  X C
-- ARGV  limit, lease s, caller (as for claim)
-- Returns a list of session keys, the same ones if the caller asks again while the lease lasts; run `end … due` on each.
-- Promise: nobody else gets these until the lease runs out; none is lost if the caller dies. Works on a full server.
local now = tonumber(redis.call('TIME')[1])
local given = ARGV[3] ~= '' and redis.call('LRANGE', KEYS[2], 0, -1) or {}
if #given > 0 then return given end
local keys = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])
if #keys == 0 then return keys end
redis.call('ZREM', KEYS[1], '')
for _, key in ipairs(keys) do redis.call('ZADD', KEYS[1], 'XX', now + tonumber(ARGV[2]), key) end
if ARGV[3] ~= '' then
  redis.call('RPUSH', KEYS[2], unpack(keys))
  redis.call('EXPIRE', KEYS[2], ARGV[2])
end
return keys
