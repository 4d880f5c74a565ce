-- SPDX-License-Identifier: BSD-2-Clause
-- point: makes a cookie digest, or a client's own sid, point to a session.
-- KEYS  K or L (STRING, the session key)
-- ARGV  session key, life in milliseconds
-- Returns 1.
-- Promise: the newest session wins, and a later login with a shorter life never shortens the pointer's. Refused on a
-- full server.
local life = math.max(tonumber(ARGV[2]), redis.call('PTTL', KEYS[1]))
redis.call('SET', KEYS[1], ARGV[1], 'PX', string.format('%.0f', life))
return 1
