-- SPDX-License-Identifier: BSD-2-Clause
-- point: makes a cookie digest, or a client's own sid, point to a session.
-- KEYS  K or L (STRING, the session key)
-- ARGV  session key, life in milliseconds, rival ('' = none): the session that it may be taken from
-- Returns '': it points here now; or the key of the session that it points to, and goes on to point to.
-- Promise: a pointer that is another session's is not moved but by who names that session; a later login with a shorter
-- life never shortens the pointer's. Refused on a full server (the first write is deny-oom).
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] and holder ~= ARGV[3] then return holder end
local life = math.max(tonumber(ARGV[2]), redis.call('PTTL', KEYS[1]))
redis.call('SET', KEYS[1], ARGV[1], 'PX', string.format('%.0f', life))
return ''
