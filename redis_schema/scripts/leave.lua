-- SPDX-License-Identifier: BSD-2-Clause
-- leave: ends one participation and owes its client, or its application, a logout; the session lives on.
-- KEYS  S Q D A M RS
-- ARGV  key, client, reason, lease ms (0: just queued), session's sid ('' = none), caller, memory s (both as for
--       end)
-- Returns {'left', ms, fields}, {'none'}: no such live session or participation. fields: S's own and this client's.
-- Promise: field and delivery change together; a client that comes back, in this very second too, is a new participation,
-- owed a logout of its own; who let this client leave is answered 'left' again while the lease lasts and nobody has let
-- another one leave, and takes nothing away from a client that is back. The feed names the sid that the client has of
-- its own, never the session's, which lives. Works on a full server (the first write is not deny-oom).
local key, reason, lease = ARGV[1], ARGV[3], tonumber(ARGV[4])
local names = {'t', 'x', 'd', 'l', 'u', 'k', ':' .. ARGV[2], 'e', 'n'}
local values = redis.call('HMGET', KEYS[1], unpack(names))
local value = values[7]
if values[8] then return {'none'} end
local t = redis.call('TIME')
local ms = t[1] * 1000 + math.floor(t[2] / 1000)
local function left(at)
  local fields = {}
  for i = 1, 7 do fields[#fields + 1] = names[i]; fields[#fields + 1] = values[i] end
  return {'left', at, fields}
end
local at, by, client, was = string.match(values[9] or '', '^(%d+) (%S+) ([^\31]*)\31(.*)$')
if by == ARGV[6] and client == ARGV[2] and (lease == 0 or ms < at + lease) then
  values[7] = was
  return left(tonumber(at))
end
if not value then return {'none'} end
redis.call('HDEL', KEYS[1], names[7])
local joined, number = string.match(value, '^(%d+)(%.?%d*)')
local own = string.match(value, '\31s([^\31]*)')
if own and own ~= key then
  local memory = math.max(tonumber(values[2]), tonumber(ARGV[7]))
  local oldest = string.format('%.0f', math.max(t[1] - memory, 0) * 1000)
  redis.call('XADD', KEYS[6], 'MINID', '~', oldest, '*', 's', own)
  if redis.call('TTL', KEYS[6]) < memory + 2592000 then redis.call('EXPIRE', KEYS[6], memory + 2592000) end
end
if joined % 2 == 1 or joined % 8 > 3 then
  local id = key .. '\31' .. values[1] + math.floor(joined / 16) .. number .. '\31' .. ARGV[2]
  local sub = string.match(value, '\31u([^\31]*)') or values[5]
  local sid = own or string.find(value, '\31n', 1, true) and '' or ARGV[5]
  redis.call('HSET', KEYS[3], id, table.concat({string.format('%.0f', ms), reason, ARGV[6], sid, sub}, '\31'))
  redis.call('ZADD', KEYS[2], string.format('%.0f', ms + lease), id)
  if lease > 0 then redis.call('HSET', KEYS[4], id, 1) end
  for i = 2, 4 do redis.call('EXPIRE', KEYS[i], 2592000) end
  redis.call('HINCRBY', KEYS[5], 'enq', 1)
end
local caller = ARGV[6] ~= '' and ARGV[6] or '-'
redis.call('HSET', KEYS[1], 'n', string.format('%.0f %s %s\31%s', ms, caller, ARGV[2], value))
redis.call('HINCRBY', KEYS[5], 'left', 1)
return left(ms)
