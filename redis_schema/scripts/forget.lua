-- SPDX-License-Identifier: BSD-2-Clause
-- forget: forgets the cookies of an application, which has been told that their session is over.
-- KEYS  V
-- ARGV  application, then of each that it was told of: name, digest
-- Returns 1.
-- Promise: a cookie that has come under the name of one that the application was told of stays. Works on a full server
-- (HDEL is not deny-oom).
local prefix = ARGV[1] .. '\31'
for i = 2, #ARGV, 2 do
  local kept = redis.call('HGET', KEYS[1], prefix .. ARGV[i])
  local begin = kept and string.find(kept, '\31', 1, true)
  if begin and string.sub(kept, begin + 1, begin + 16) == ARGV[i + 1] then redis.call('HDEL', KEYS[1], prefix .. ARGV[i]) end
end
return 1
