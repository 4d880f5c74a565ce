-- SPDX-License-Identifier: BSD-2-Clause
-- keep: remembers cookies of an application with their session.
-- KEYS  V
-- ARGV  application, most fields, life ms, replace or add, then of each cookie: name, digest, sealed value ('' = none). No
--       more cookies than fields.
-- Returns 1.
-- Promise: of each application and name one cookie is remembered, the newest, or, where it is only to be added, the first,
-- and none once all fields are taken; one that is remembered already keeps its
-- second, and a sealed value that was missing is filled in; beyond the most fields the oldest go, but none that this call
-- names, so that asked again it changes nothing; no life is shortened. Refused as a whole on a full server (the first
-- write is deny-oom), unless all is remembered already.
local second, named, set = redis.call('TIME')[1], {}, {'HSET', KEYS[1]}
local replaces, room = ARGV[4] == 'replace', tonumber(ARGV[2]) - redis.call('HLEN', KEYS[1])
for i = 5, #ARGV, 3 do
  local field, digest, sealed = ARGV[1] .. '\31' .. ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local is_taken = named[field]
  named[field] = true
  local kept = redis.call('HGET', KEYS[1], field) or ''
  local since, known, value = string.match(kept, '^(%d+)\31(' .. string.rep('.', 16) .. ')\31(.*)$')
  local is_new = known ~= digest
  if is_new then since = second end
  if is_new and not replaces then
    is_new = known == nil and not is_taken and room > 0
    if is_new then room = room - 1 end
  end
  if is_new or known == digest and value == '' and sealed ~= '' then
    set[#set + 1] = field; set[#set + 1] = table.concat({since, digest, sealed}, '\31')
  end
end
if #set > 2 then redis.call(unpack(set)) end
local life = math.max(tonumber(ARGV[3]), redis.call('PTTL', KEYS[1]))
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', life))

local over = redis.call('HLEN', KEYS[1]) - tonumber(ARGV[2])
if over <= 0 then return 1 end
local all, others = redis.call('HGETALL', KEYS[1]), {}
for i = 1, #all, 2 do
  if not named[all[i]] then
    others[#others + 1] = {field = all[i], since = tonumber(string.match(all[i + 1], '^%d+')) or 0}
  end
end
table.sort(others, function(a, b)
  if a.since ~= b.since then return a.since < b.since end
  return a.field < b.field
end)
for i = 1, over do redis.call('HDEL', KEYS[1], others[i].field) end
return 1
