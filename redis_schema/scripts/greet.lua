-- SPDX-License-Identifier: BSD-2-Clause
-- greet: agrees on the schema, and on which issuer stands behind which tag, before anything else is written.
-- KEYS  <prefix>{meta}:cfg (HASH), <prefix>{meta}:iss (HASH, tag -> issuer)
-- ARGV  schema version, number of partitions, a random id for the store should it have none, then tag and issuer of each
--       provider
-- Returns {'agreed', id, 1: who brings this random id wrote the schema, then the tags that are another issuer's} or
--       {'version', version, partitions}
-- Promise: a store of another version stays as it is; what is there once is not changed by anybody. A server that takes no
-- writes (a replica, one that cannot save) refuses: the second step writes nothing, and is no command that a full server
-- refuses, so that it lets the rest pass.
local known = redis.call('HMGET', KEYS[1], 'v', 'P', 'id', 'f')
if known[1] and (known[1] ~= ARGV[1] or known[2] ~= ARGV[2]) then return {'version', known[1], known[2] or ''} end
redis.call('HDEL', KEYS[1], '')
if not known[1] or not known[3] then
  redis.call('HSET', KEYS[1], 'v', ARGV[1], 'P', ARGV[2], 'id', ARGV[3])
  known[3] = ARGV[3]
end
if not known[1] then
  redis.call('HSET', KEYS[1], 'f', ARGV[3])
  known[4] = ARGV[3]
end
local agreed = {'agreed', known[3], known[4] == ARGV[3] and 1 or 0}
for i = 4, #ARGV, 2 do
  local issuer = redis.call('HGET', KEYS[2], ARGV[i])
  if issuer and issuer ~= ARGV[i + 1] then agreed[#agreed + 1] = ARGV[i] end
  if not issuer then redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1]) end
end
return agreed
