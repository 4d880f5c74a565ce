-- SPDX-License-Identifier: BSD-2-Clause
-- end: ends a session and owes a logout to each back-channel client and each application that is called, in one step.
-- KEYS  S X Q D A M RS
-- ARGV  key, mode (force, due; told: forced, and others tell the clients, so that applications alone are owed it), reason, tombstone s, lease ms (0: just queued), session's sid ('' = none), caller
--       (its own random name for this call, which every record then carries; '' = none), most fields of S for which all is done here,
--       memory s (the feed keeps what ended for so long, at least, and for the session's life)
-- Returns {'ended', ms, fields, bundled}, {'already', ms, fields, 0}, {'later', due s}, {'none'}. fields: S as it is
--       now, flat; ms: when the deliveries were enqueued, leased to the caller under token 1 if lease > 0. The caller
--       that ended it is answered 'ended' each time it asks while the lease lasts (with no lease: as long as the
--       tombstone): it may not have heard.
--       bundled 1: fields are without clients; one bundle, leased like a delivery, stands in the queue for all of their
--       deliveries (unbundle). 2: the same, and some client is told through the browser.
-- Promise: exactly one delivery for each participation with bit 0 or 2, however often and by however many this is called;
-- the same participants each time until the tombstone expires. One entry of the feed names the
-- session and each sid that a client has of its own; those of a bundle's clients are left to unbundle. Works on a full
-- server (the first write is not deny-oom).
local key, reason, lease = ARGV[1], ARGV[3], tonumber(ARGV[5])
local t = redis.call('TIME')
local now = tonumber(t[1])
local ms = now * 1000 + math.floor(t[2] / 1000)
local stamp = string.format('%.0f', ms)
local names, fields, h = {'t', 'x', 'd', 'l', 'u', 'k', 'e', 'r', 'n', 'f'}, {}, {}
local function read_without_clients()
  fields = {}
  for i, value in ipairs(redis.call('HMGET', KEYS[1], unpack(names))) do
    if value then fields[#fields + 1] = names[i]; fields[#fields + 1] = value end
  end
end
local bundled = redis.call('HLEN', KEYS[1]) > tonumber(ARGV[8])
if bundled then read_without_clients() else fields = redis.call('HGETALL', KEYS[1]) end
for i = 1, #fields, 2 do
  if string.byte(fields[i]) ~= 58 then h[fields[i]] = fields[i + 1] end
end
if not h.t then redis.call('ZREM', KEYS[2], key); return {'none'} end
-- Who comes after the end makes no bundle of what was none.
if h.e and bundled ~= (redis.call('HEXISTS', KEYS[4], key) == 1) then
  bundled = not bundled
  if bundled then read_without_clients() else fields = redis.call('HGETALL', KEYS[1]) end
end
local how = bundled and (h.f and 2 or 1) or 0
if h.e then
  redis.call('ZREM', KEYS[2], key)
  local at, by = string.match(h.n or '', '^(%d+) (.+)$')
  if by == ARGV[7] and (lease == 0 or ms < at + lease) then return {'ended', tonumber(at), fields, how} end
  return {'already', ms, bundled and redis.call('HGETALL', KEYS[1]) or fields, 0}
end
if ARGV[2] == 'due' then
  local due, idle = tonumber(h.x), tonumber(h.d)
  if idle > 0 and h.l + idle < due then due = h.l + idle end
  if h.t + due > now then
    redis.call('ZREM', KEYS[2], '')
    redis.call('ZADD', KEYS[2], 'XX', h.t + due, key)
    return {'later', h.t + due}
  end
end

local is_told = ARGV[2] == 'told'
local all = is_told and bundled and redis.call('HGETALL', KEYS[1]) or fields
if is_told then bundled, how = false, 0 end
redis.call('ZREM', KEYS[2], key)
local owed, score, entry, named = 0, string.format('%.0f', ms + lease), {'s', key}, {[key] = true}
local queue, records, tokens = {'ZADD', KEYS[3]}, {'HSET', KEYS[4]}, {'HSET', KEYS[5]}
local function owe(id, record)
  queue[#queue + 1] = score; queue[#queue + 1] = id
  records[#records + 1] = id; records[#records + 1] = table.concat(record, '\31')
  tokens[#tokens + 1] = id; tokens[#tokens + 1] = 1
end
if bundled then owe(key, {stamp, reason, ARGV[7], '', '0'}) end
for i = 1, #all, 2 do
  local value = all[i + 1]
  local joined, number = string.match(value, '^(%d+)(%.?%d*)')
  local is_client = string.byte(all[i]) == 58
  local own = is_client and string.match(value, '\31s([^\31]*)')
  if own and not named[own] then entry[#entry + 1] = 's'; entry[#entry + 1] = own; named[own] = true end
  if is_client and (not is_told and joined % 2 == 1 or joined % 8 > 3) then
    local id = key .. '\31' .. h.t + math.floor(joined / 16) .. number .. '\31' .. string.sub(all[i], 2)
    local sub = string.match(value, '\31u([^\31]*)') or h.u
    local sid = own or string.find(value, '\31n', 1, true) and '' or ARGV[6]
    owe(id, {stamp, reason, ARGV[7], sid, sub})
    owed = owed + 1
  end
end
if #records > 2 then
  redis.call(unpack(records)); redis.call(unpack(queue))
  if lease > 0 then redis.call(unpack(tokens)) end
  for i = 3, 5 do redis.call('EXPIRE', KEYS[i], 2592000) end
end
local ended = tostring(now - h.t)
redis.call('HSET', KEYS[1], 'e', ended, 'r', reason, 'n', stamp .. ' ' .. ARGV[7])
if not bundled then redis.call('EXPIRE', KEYS[1], ARGV[4]) end
local memory = math.max(tonumber(h.x), tonumber(ARGV[9]))
redis.call('XADD', KEYS[7], 'MINID', '~', string.format('%.0f', math.max(now - memory, 0) * 1000), '*', unpack(entry))
if redis.call('TTL', KEYS[7]) < memory + 2592000 then redis.call('EXPIRE', KEYS[7], memory + 2592000) end
redis.call('HINCRBY', KEYS[6], 'end:' .. reason, 1)
if owed > 0 then redis.call('HINCRBY', KEYS[6], 'enq', owed) end
for _, word in ipairs({'e', ended, 'r', reason, 'n', stamp .. ' ' .. ARGV[7]}) do fields[#fields + 1] = word end
return {'ended', ms, fields, how}
