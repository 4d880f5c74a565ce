-- SPDX-License-Identifier: BSD-2-Clause
-- ack: deliveries of one partition were received; bundles of it are empty.
-- KEYS  Q D A M W
-- ARGV  id, token of each
-- Returns for each 1, again if it is asked again within a minute: the answer may have been lost. 0: the lease was lost
--       to another worker, whose word counts.
-- Promise: a delivery leaves all three keys together. Works on a full server (the first write is not deny-oom).
local ids, mine, answers, bundles, done, lately = {}, {}, {}, 0, {'RPUSH', KEYS[5]}, nil
for i = 1, #ARGV, 2 do ids[#ids + 1] = ARGV[i] end
local function word_of(i) return 'ack\31' .. ARGV[2 * i] .. '\31' .. ids[i] end
local function is_done(i)
  if not lately then
    lately = {}
    for _, word in ipairs(redis.call('LRANGE', KEYS[5], 0, -1)) do lately[word] = true end
  end
  return lately[word_of(i)]
end
for i, token in ipairs(redis.call('HMGET', KEYS[3], unpack(ids))) do
  local is_mine = token == ARGV[2 * i]
  answers[i] = (is_mine or is_done(i)) and 1 or 0
  if is_mine then
    mine[#mine + 1] = ids[i]
    done[#done + 1] = word_of(i)
    if not string.find(ids[i], '\31', 1, true) then bundles = bundles + 1 end
  end
end
if #mine > 0 then
  redis.call('ZREM', KEYS[1], unpack(mine))
  redis.call('HDEL', KEYS[2], unpack(mine))
  redis.call('HDEL', KEYS[3], unpack(mine))
  if redis.call(unpack(done)) > 2000 then redis.call('LTRIM', KEYS[5], -2000, -1) end
  redis.call('EXPIRE', KEYS[5], 60)
  if #mine > bundles then redis.call('HINCRBY', KEYS[4], 'ok', #mine - bundles) end
end
return answers
