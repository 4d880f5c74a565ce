-- SPDX-License-Identifier: BSD-2-Clause
-- forget: forgets the cookies of an application, which has been told that their session is over.
-- KEYS  V
-- ARGV  application, which ones (all; told: those that follow), then of each: name, digest
-- Returns 1.
-- Promise: a cookie that has come under the name of one that the application was told of stays. Works on a full server
-- (HDEL is not deny-oom).
local prefix = ARGV[1] .. '\31'
if ARGV[2] == 'all' then
  for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
    if string.sub(field, 1, #prefix) == prefix then redis.call('HDEL', KEYS[1], field) end
  end
end
for i = 3, #ARGV, 2 do
  local kept = redis.call('HGET', KEYS[1], prefix .. ARGV[i])
  local begin = kept and string.find(kept, '\31', 1, true)
  if begin and string.sub(kept, begin + 1, begin + 16) == ARGV[i + 1] then redis.call('HDEL', KEYS[1], prefix .. ARGV[i]) end
end
return 1
