-- SPDX-License-Identifier: BSD-2-Clause
-- claim: leases due deliveries to the caller.
-- KEYS  Q D A
-- ARGV  limit, lease ms
-- Returns a list of {id, record, token}; token: the attempt's number, which fences the lease.
-- Promise: nobody else gets these until the lease runs out. Works on a full server.
local t = redis.call('TIME')
local ms = t[1] * 1000 + math.floor(t[2] / 1000)
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', ms), 'LIMIT', 0, ARGV[1])
if #ids == 0 then return ids end
redis.call('HDEL', KEYS[3], '')
local records, claimed = redis.call('HMGET', KEYS[2], unpack(ids)), {}
local lease = string.format('%.0f', ms + tonumber(ARGV[2]))
for i, id in ipairs(ids) do
  if records[i] then
    redis.call('ZADD', KEYS[1], 'XX', lease, id)
    claimed[#claimed + 1] = {id, records[i], redis.call('HINCRBY', KEYS[3], id, 1)}
  else
    redis.call('ZREM', KEYS[1], id)
    redis.call('HDEL', KEYS[3], id)
  end
end
return claimed
