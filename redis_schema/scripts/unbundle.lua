-- SPDX-License-Identifier: BSD-2-Clause
-- unbundle: owes the next few clients of an ended session their logouts. Its bundle stands for all the others.
-- KEYS  S Q D A M DR RS
-- ARGV  key, token (of the bundle's lease), place, lease ms (0: just queued), how many, session's sid ('' = none), tombstone s,
--       memory s (as for end)
-- Returns {'some', ms, fields, place}, {'stale'}. fields: S's own and these clients', flat; ms: when the session ended;
--       place: the number of joining at which the next ones begin, '' if these were the last. They, under token 1, and the bundle are the
--       caller's for another lease. 'stale': the bundle is somebody else's, or empty.
-- Promise: everybody with bit 0 or 2 is owed one logout, whoever unbundles; what sids these clients have of their own is named in one entry
-- of the feed, in the same step; asked again for the last place it gives the same again and names nobody again, for
-- its answer may have been lost. The session's tombstone is not put up before nobody is left. An empty bundle stays
-- until it is acknowledged. Works on a full server (the first write is not deny-oom).
local key, place, lease, many = ARGV[1], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local record = redis.call('HGET', KEYS[3], key) or ''
local stamp, reason, by, before, here = string.match(record, '^(%d+)' .. string.rep('\31([^\31]*)', 4))
if redis.call('HGET', KEYS[4], key) ~= ARGV[2] or place == '' or (place ~= here and place ~= before) then return {'stale'} end
redis.call('HDEL', KEYS[4], '')

-- Whoever took part at the end, by the number of his joining: neither who comes late, nor another encoding of the hash,
-- nor another server that takes over changes that order, or who is next. Those of version 1 have no number: they come
-- first, together. Their order is written down by the second draw, for it costs as much as all the draws; the first one is
-- for whoever is told first, and looks only for the lowest numbers; the last one forgets it.
local function in_order(below)
  local all, names, numbers, count = redis.call('HGETALL', KEYS[1]), {}, {}, 0
  for i = 1, #all, 2 do
    local number, late = string.match(all[i + 1], '^%d+%.?(%d*)(l?)')
    if string.byte(all[i]) == 58 and late == '' then
      number = tonumber(number) or 0
      count = count + 1
      if number < below then
        if not names[number] then numbers[#numbers + 1] = number end
        names[number] = (names[number] or '') .. '\31' .. string.format('%.0f', number) .. all[i]
      end
    end
  end
  table.sort(numbers)
  for i, number in ipairs(numbers) do numbers[i] = names[number] end
  return table.concat(numbers), #numbers, count
end
local first, drawn, after, last = tonumber(place), {}, place == here and '' or here, nil
local order, found, count, fresh = redis.call('HGET', KEYS[1], 'o'), 0, 0, false
if not order and place == '0' then
  order, found, count = in_order(4 * many)
  if found <= many and found < count then order = nil end
end
if not order then order, fresh = in_order(math.huge), true end
local begin = string.find(order, '\31' .. place .. ':', 1, true) or 1
for number, name in string.gmatch(string.sub(order, begin), '\31(%d+)(:[^\31]*)') do
  if place == here and #drawn >= many and number ~= last or place ~= here and number == here then
    after = number
    break
  end
  if tonumber(number) >= first then drawn[#drawn + 1] = name; last = number end
end
local names, fields, h = {'t', 'x', 'd', 'l', 'u', 'k', 'e', 'r', 'n', 'f'}, {}, {}
for i, value in ipairs(redis.call('HMGET', KEYS[1], unpack(names))) do
  if value then
    h[names[i]] = value
    fields[#fields + 1] = names[i]; fields[#fields + 1] = value
  end
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
local ids, theirs = {}, #drawn > 0 and redis.call('HMGET', KEYS[1], unpack(drawn)) or {}
for i, name in ipairs(drawn) do
  local joined, number = string.match(theirs[i], '^(%d+)(%.?%d*)')
  ids[i] = key .. '\31' .. h.t + math.floor(joined / 16) .. number .. '\31' .. string.sub(name, 2)
end
-- Who has a delivery already keeps it, and its token. (If only the answer was lost, it is the caller's still, under token 1.)
local held, dead, tokens_of = {}, {}, {}
if #ids > 0 and place == here then
  held, dead = redis.call('HMGET', KEYS[3], unpack(ids)), redis.call('HMGET', KEYS[6], unpack(ids))
elseif #ids > 0 then
  tokens_of = redis.call('HMGET', KEYS[4], unpack(ids))
end
local entry, named = {}, {[key] = true}
for i, value in ipairs(theirs) do
  local own = string.match(value, '\31s([^\31]*)')
  if own and not named[own] then entry[#entry + 1] = 's'; entry[#entry + 1] = own; named[own] = true end
  local has_his_own = held[i] or dead[i] or (tokens_of[i] or '1') ~= '1'
  if not has_his_own then
    fields[#fields + 1] = drawn[i]; fields[#fields + 1] = value
    local joined = string.match(value, '^%d+')
    if place == here and (joined % 2 == 1 or joined % 8 > 3) then owe(ids[i], value) end
  end
end
if place == here then
  records[#records + 1] = key
  records[#records + 1] = table.concat({stamp, reason, by, place, after}, '\31')
  redis.call(unpack(records)); redis.call(unpack(queue)); redis.call(unpack(tokens))
  for i = 2, 4 do redis.call('EXPIRE', KEYS[i], 2592000) end
  if owed > 0 then redis.call('HINCRBY', KEYS[5], 'enq', owed) end
  if #entry > 0 then
    local memory = math.max(tonumber(h.x), tonumber(ARGV[8]))
    local oldest = string.format('%.0f', math.max(t[1] - memory, 0) * 1000)
    redis.call('XADD', KEYS[7], 'MINID', '~', oldest, '*', unpack(entry))
    if redis.call('TTL', KEYS[7]) < memory + 2592000 then redis.call('EXPIRE', KEYS[7], memory + 2592000) end
  end
  if after == '' then
    redis.call('HDEL', KEYS[1], 'o')
    redis.call('EXPIRE', KEYS[1], ARGV[7])
  elseif fresh then
    redis.call('HSET', KEYS[1], 'o', order)
  end
end
return {'some', tonumber(stamp), fields, after}
