-- SPDX-License-Identifier: BSD-2-Clause
-- claim: leases due deliveries to the caller.
-- KEYS  Q D A C
-- ARGV  limit, lease ms, caller (its own random name for this call, of which C is made; '' = none)
-- Returns a list of {id, record, token}; token: fences the lease, greater than that of any earlier one.
-- Promise: nobody else gets these until the lease runs out. Asked again by the same caller, it gives what is still
-- the caller's of the same, and nothing else: the answer may have been lost. Works on a full server.
local t = redis.call('TIME')
local ms = t[1] * 1000 + math.floor(t[2] / 1000)
local given = ARGV[3] ~= '' and redis.call('LRANGE', KEYS[4], 0, -1) or {}
if #given > 0 then
  local ids, again = {}, {}
  for i = 1, #given, 2 do ids[#ids + 1] = given[i] end
  local records, tokens = redis.call('HMGET', KEYS[2], unpack(ids)), redis.call('HMGET', KEYS[3], unpack(ids))
  for i, id in ipairs(ids) do
    if records[i] and tokens[i] == given[2 * i] then again[#again + 1] = {id, records[i], tonumber(tokens[i])} end
  end
  return again
end
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', ms), 'LIMIT', 0, ARGV[1])
if #ids == 0 then return ids end
redis.call('HDEL', KEYS[3], '')
local records, claimed, mine = redis.call('HMGET', KEYS[2], unpack(ids)), {}, {'RPUSH', KEYS[4]}
local lease = string.format('%.0f', ms + tonumber(ARGV[2]))
for i, id in ipairs(ids) do
  if records[i] then
    redis.call('ZADD', KEYS[1], 'XX', lease, id)
    local token = redis.call('HINCRBY', KEYS[3], id, 1)
    claimed[#claimed + 1] = {id, records[i], token}
    mine[#mine + 1] = id; mine[#mine + 1] = token
  else
    redis.call('ZREM', KEYS[1], id)
    redis.call('HDEL', KEYS[3], id)
  end
end
redis.call('EXPIRE', KEYS[3], 2592000)
if ARGV[3] ~= '' and #claimed > 0 then
  redis.call(unpack(mine))
  redis.call('PEXPIRE', KEYS[4], ARGV[2])
end
return claimed
