-- SPDX-License-Identifier: BSD-2-Clause
-- unbundle: owes the next few clients of an ended session their logouts. Its bundle stands for all the others.
-- KEYS  S Q D A M DR
-- ARGV  key, token (of the bundle's lease), place, lease ms (0: just queued), how many, session's sid ('' = none), tombstone s
-- Returns {'some', ms, fields, place}, {'stale'}. fields: S's own and these clients', flat; ms: when the session ended;
--       place: the number of joining at which the next ones begin, '' if these were the last. They, under token 1, and the bundle are the
--       caller's for another lease. 'stale': the bundle is somebody else's, or empty.
-- Promise: everybody is owed one logout, whoever unbundles; asked again for the last place it gives the same again, for
-- its answer may have been lost. The session's tombstone is not put up before nobody is left. An empty bundle stays
-- until it is acknowledged. Works on a full server (the first write is not deny-oom).
local key, place, lease, many = ARGV[1], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local record = redis.call('HGET', KEYS[3], key) or ''
local stamp, reason, by, before, here = string.match(record, '^(%d+)' .. string.rep('\31([^\31]*)', 4))
if redis.call('HGET', KEYS[4], key) ~= ARGV[2] or place == '' or (place ~= here and place ~= before) then return {'stale'} end
redis.call('HDEL', KEYS[4], '')

-- Whoever took part at the end, by the number of his joining: neither who comes late, nor another encoding of the hash,
-- nor another server that takes over changes that order, or who is next. Those of version 1 have no number: they come
-- first, together.
local all, at, numbers, h, fields = redis.call('HGETALL', KEYS[1]), {}, {}, {}, {}
local first, next_first = tonumber(place), tonumber(here) or math.huge
for i = 1, #all, 2 do
  if string.byte(all[i]) ~= 58 then
    h[all[i]] = all[i + 1]
    fields[#fields + 1] = all[i]; fields[#fields + 1] = all[i + 1]
  else
    local number, late = string.match(all[i + 1], '^%d+%.?(%d*)(l?)')
    number = tonumber(number) or 0
    if late == '' and number >= first and (place == here or number < next_first) then
      if not at[number] then at[number] = {}; numbers[#numbers + 1] = number end
      table.insert(at[number], i)
    end
  end
end
table.sort(numbers)
local drawn, after = {}, place == here and '' or here
for _, number in ipairs(numbers) do
  if place == here and #drawn >= many then after = string.format('%.0f', number); break end
  for _, i in ipairs(at[number]) do drawn[#drawn + 1] = i end
end

local t = redis.call('TIME')
local score = string.format('%.0f', t[1] * 1000 + math.floor(t[2] / 1000) + lease)
local queue, records, tokens, owed = {'ZADD', KEYS[2], score, key}, {'HSET', KEYS[3]}, {'HSET', KEYS[4], key, ARGV[2]}, 0
local function owe(id, value)
  local sub = string.match(value, '\31u([^\31]*)') or h.u
  local sid = string.match(value, '\31s([^\31]*)') or string.find(value, '\31n', 1, true) and '' or ARGV[6]
  queue[#queue + 1] = score; queue[#queue + 1] = id
  records[#records + 1] = id; records[#records + 1] = table.concat({stamp, reason, by, sid, sub}, '\31')
  if lease > 0 then tokens[#tokens + 1] = id; tokens[#tokens + 1] = 1 end
  owed = owed + 1
end
local function has_his_own(id)
  if place ~= here then return (redis.call('HGET', KEYS[4], id) or '1') ~= '1' end
  return redis.call('HEXISTS', KEYS[3], id) + redis.call('HEXISTS', KEYS[6], id) > 0
end
for _, i in ipairs(drawn) do
  local name, value = all[i], all[i + 1]
  local joined, number = string.match(value, '^(%d+)(%.?%d*)')
  local id = key .. '\31' .. h.t + math.floor(joined / 16) .. number .. '\31' .. string.sub(name, 2)
  -- Who has a delivery already keeps it, and its token. (If only the answer was lost, it is the caller's still, under token 1.)
  if not has_his_own(id) then
    fields[#fields + 1] = name; fields[#fields + 1] = value
    if joined % 2 == 1 and place == here then owe(id, value) end
  end
end
if place == here then
  records[#records + 1] = key
  records[#records + 1] = table.concat({stamp, reason, by, place, after}, '\31')
  redis.call(unpack(records)); redis.call(unpack(queue)); redis.call(unpack(tokens))
  for i = 2, 4 do redis.call('EXPIRE', KEYS[i], 2592000) end
  if owed > 0 then redis.call('HINCRBY', KEYS[5], 'enq', owed) end
  if after == '' then redis.call('EXPIRE', KEYS[1], ARGV[7]) end
end
return {'some', tonumber(stamp), fields, after}
