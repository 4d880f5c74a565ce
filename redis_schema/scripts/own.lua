-- SPDX-License-Identifier: BSD-2-Clause
-- own: claims an application's cookie for a session where it is nobody's, and says whose it is.
-- KEYS  O
-- ARGV  session key, its names (sid, sub, since, with separators), the cookie's attributes ('' = not known), life ms
-- Returns O as it is from now on: the first session that claimed it.
-- Promise: an owner is written once: nobody else takes its place as long as it is remembered, which it alone prolongs and
-- nobody shortens; attributes that are not known are filled in for the owner alone, and known ones stay. Refused on a
-- full server (the first write is deny-oom), unless nothing but the life would change.
local held, attributes = redis.call('GET', KEYS[1]), ARGV[3]
local life = math.max(tonumber(ARGV[4]), redis.call('PTTL', KEYS[1]))
local names = ARGV[2]
if held then
  local key, his, known = string.match(held, '^([^\31]*)\31([^\31]*\31[^\31]*\31[^\31]*)\31(.*)$')
  if key ~= ARGV[1] then return held end
  if known ~= '' or attributes == '' then
    redis.call('PEXPIRE', KEYS[1], string.format('%.0f', life))
    return held
  end
  names = his
end
local owner = table.concat({ARGV[1], names, attributes}, '\31')
redis.call('SET', KEYS[1], owner, 'PX', string.format('%.0f', life))
return owner
