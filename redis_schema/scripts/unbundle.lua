-- SPDX-License-Identifier: BSD-2-Clause
-- unbundle: owes the next few clients of an ended session their logouts. Its bundle stands for all the others.
-- KEYS  S Q D A M DR
-- ARGV  key, token (of the bundle's lease), place, lease ms (0: just queued), how many, session's sid ('' = none), tombstone s
-- Returns {'some', ms, fields, place}, {'stale'}. fields: S's own and these clients', flat; ms: when the session ended;
--       place: where the next ones begin, '' if these were the last. They, under token 1, and the bundle are the
--       caller's for another lease. 'stale': the bundle is somebody else's, or empty.
-- Promise: everybody is owed one logout, whoever unbundles; asked again for the last place it gives the same again, for
-- its answer may have been lost. The session's tombstone is not put up before nobody is left. An empty bundle stays
-- until it is acknowledged. Works on a full server (the first write is not deny-oom).
local key, place, lease, many = ARGV[1], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local record = redis.call('HGET', KEYS[3], key) or ''
local stamp, reason, by, before, here = string.match(record, '^(%d+)' .. string.rep('\31([^\31]*)', 4))
if redis.call('HGET', KEYS[4], key) ~= ARGV[2] or place == '' or (place ~= here and place ~= before) then return {'stale'} end
redis.call('HDEL', KEYS[4], '')

-- A small hash comes as one page, oldest clients first: there the place says how many fields are done. Should it grow
-- meanwhile, everybody's turn comes once more.
local cursor, done = string.match(place, '^(%d+)%.(%d+)$')
local scan = redis.call('HSCAN', KEYS[1], cursor, 'COUNT', many)
local page, is_whole = scan[2], cursor == '0' and scan[1] == '0'
local from, to, after = 1, #page, scan[1] ~= '0' and scan[1] .. '.0' or ''
if is_whole then
  from, to = 2 * done + 1, 2 * done
  while to < #page and (many > 0 or string.byte(page[to + 1]) ~= 58) do
    if string.byte(page[to + 1]) == 58 then many = many - 1 end
    to = to + 2
  end
  if to < #page then after = '0.' .. string.format('%.0f', to / 2) end
end

local own = {'t', 'x', 'd', 'l', 'u', 'k', 'e', 'r', 'n'}
local values, h, fields = redis.call('HMGET', KEYS[1], unpack(own)), {}, {}
for i, name in ipairs(own) do
  h[name] = values[i]
  if values[i] then fields[#fields + 1] = name; fields[#fields + 1] = values[i] end
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
for i = from, to, 2 do
  local name, value = page[i], page[i + 1]
  local number = string.byte(name) == 58 and tonumber(string.match(value, '^%d+'))
  local joined = number and math.floor(number / 16)
  local id = number and key .. '\31' .. (h.t + joined) .. '\31' .. string.sub(name, 2)
  -- Who came after the end is owed his own logout already (register).
  local late = number and joined >= tonumber(h.e)
    and (joined > tonumber(h.e) or string.find(redis.call('HGET', KEYS[3], id) or '', '^%d+\31late\31'))
  -- Whose turn comes once more keeps the delivery that he has, and its token. (If only the answer was lost, it is the
  -- caller's still, under token 1.)
  if number and not late and not has_his_own(id) then
    fields[#fields + 1] = name; fields[#fields + 1] = value
    if number % 2 == 1 and place == here then owe(id, value) end
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
