-- SPDX-License-Identifier: BSD-2-Clause
-- ack: deliveries of one partition were received; bundles of it are empty.
-- KEYS  Q D A M
-- ARGV  id, token of each
-- Returns for each 1, or 0: the lease was lost to another worker, whose word counts.
-- Promise: a delivery leaves all three keys together. Works on a full server (the first write is not deny-oom).
local ids, mine, answers, bundles = {}, {}, {}, 0
for i = 1, #ARGV, 2 do ids[#ids + 1] = ARGV[i] end
for i, token in ipairs(redis.call('HMGET', KEYS[3], unpack(ids))) do
  answers[i] = token == ARGV[2 * i] and 1 or 0
  if answers[i] == 1 then
    mine[#mine + 1] = ids[i]
    if not string.find(ids[i], '\31', 1, true) then bundles = bundles + 1 end
  end
end
if #mine > 0 then
  redis.call('ZREM', KEYS[1], unpack(mine))
  redis.call('HDEL', KEYS[2], unpack(mine))
  redis.call('HDEL', KEYS[3], unpack(mine))
  if #mine > bundles then redis.call('HINCRBY', KEYS[4], 'ok', #mine - bundles) end
end
return answers
