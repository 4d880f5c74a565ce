-- SPDX-License-Identifier: BSD-2-Clause
-- register: writes down that a client takes part in a session; creates the session with its first client.
-- KEYS  S X Q D M A RS
-- ARGV  key, client, flags, sub, cookie digest, absolute s, idle s, session's sid ('' = none), client's own sub
--       ('' = the session's), client's own sid ('' = the session's), '1' = the client has no sid, most participants, caller
--       (a random number below 2^21 for this call; 0: none), '1' = no login, only new tokens of one,
--       memory s (as for end)
-- Returns {1,t} new session, {2,t} new client, {0,t} known, {-1,1} ended before: the late client's logout is enqueued,
--       {-1,0} ended, and a logout of this client is still to come, {-2,0} the session is full. t: second of the session's
--       creation. The same to a caller that asks again, unless somebody else joined the session meanwhile, or this client
--       left it, which then is back: it may not have heard.
-- Promise: one participation for each client, never two; each joining has a number of its own, by which its logout is told
-- from all others; what is learnt later fills in what was missing and drops
-- nothing; an ended session is never revived; what sid of its own a client brings after the end is named in the feed; who
-- logs in after the end is told after that (who only renews tokens has been), and of no client more than one
-- such logout waits for its turn under the same names; a session's life is what its first registration
-- says, counted from there, however often it is registered; where nobody serves its issuer any more, it goes by itself 30
-- days after its life. Refused as a whole on a full server (every first write is deny-oom).
local key, client, flags, sub, cookie = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5]
local own_sub, own_sid, no_sid = ARGV[9], ARGV[10], ARGV[11] == '1'
local t = redis.call('TIME')
local now = tonumber(t[1])
local ms = string.format('%.0f', now * 1000 + math.floor(t[2] / 1000))
local field = ':' .. client
local h = redis.call('HMGET', KEYS[1], 't', 'e', 'x', 'u', field, 'n', 'f', 'w', 'j')
local created, ended, was, caller = h[1], h[2], h[5], tonumber(ARGV[13])
-- w: who joined, or came late, last, and what was said to it. Not who else registers what is known, whose caller may look the same.
local said = was and h[8] and caller > 0 and math.floor(h[8] / 4) == caller and h[8] % 4
local function hear(said) if caller > 0 then redis.call('HSET', KEYS[1], 'w', caller * 4 + said) end end
local function last_until(second)
  redis.call('EXPIREAT', KEYS[1], second + 2592000)
  if redis.call('EXPIRETIME', KEYS[2]) < second + 2592000 then redis.call('EXPIREAT', KEYS[2], second + 2592000) end
end
local others = 6 + (ended and 2 + redis.call('HEXISTS', KEYS[1], 'o') or 0)
for i = 6, 9 do others = others + (h[i] and 1 or 0) end
local rel = created and math.max(now - created, 0) or 0
-- j: the number of the last joining, after the end too. It never goes back.
local following = string.format('%.0f', (h[9] or 0) + 1)
local joined, which, names = rel, '.' .. following .. (ended and 'l' or ''), ''

if was then
  local head = string.match(was, '^[^\31]*')
  joined, which, names = math.floor(string.match(head, '^%d+') / 16), string.match(head, '^%d+(.*)'), string.sub(was, #head + 1)
  flags = bit.bor(flags, string.match(head, '^%d+') % 16)
  if own_sub == '' then own_sub = string.match(was, '\31u([^\31]*)') or '' end
  if own_sid == '' then own_sid = string.match(was, '\31s([^\31]*)') or '' end
  no_sid = no_sid and string.find(was, '\31n', 1, true)
end
local is_owed = flags % 2 == 1 or flags % 8 > 3
-- A login of somebody else into the same session keeps the subject that its client knows.
if own_sub == '' and h[4] and h[4] ~= '' and sub ~= h[4] then own_sub = sub end
if own_sid ~= '' then no_sid = false end
local own_names = own_sub ~= '' and '\31u' .. own_sub or ''
if own_sid ~= '' then own_names = own_names .. '\31s' .. own_sid elseif no_sid then own_names = own_names .. '\31n' end
local function value() return string.format('%.0f', joined * 16 + flags) .. which .. own_names end

if not was and created and redis.call('HLEN', KEYS[1]) - others >= tonumber(ARGV[12]) then return {-2, 0} end

-- Together with the one that it replaces, for the session's bundle may not have come to that yet.
local function feed_new_sid()
  local own, old = ARGV[10], was and string.match(was, '\31s([^\31]*)') or key
  if own == '' or own == old or own == key then return false end
  local entry = {'s', own}
  if old ~= key then entry[3] = 's'; entry[4] = old end
  local memory = math.max(tonumber(h[3]), tonumber(ARGV[15]))
  local oldest = string.format('%.0f', math.max(now - memory, 0) * 1000)
  redis.call('XADD', KEYS[7], 'MINID', '~', oldest, '*', unpack(entry))
  if redis.call('TTL', KEYS[7]) < memory + 2592000 then redis.call('EXPIRE', KEYS[7], memory + 2592000) end
  return true
end

if ended then
  if said then return {-1, said == 3 and 1 or 0} end
  local is_fed = feed_new_sid()
  if was and ARGV[14] == '1' then
    if is_fed then hear(0) end
    return {-1, 0}
  end
  local function id_of(number) return key .. '\31' .. created + joined .. number .. '\31' .. client end
  -- What waits for its first or its next attempt tells of this login as well. What is under way may come before it is
  -- done, and so might what is sent at once: who came before is told a second later, however often he comes meanwhile.
  local function is_still_to_come(id)
    local record = redis.call('HGET', KEYS[4], id)
    if not record then return false end
    local put_off = string.match(record, '^%d+' .. string.rep('\31[^\31]*', 5) .. '\31(%d+)\31')
    local token = redis.call('HGET', KEYS[6], id)
    return not token or token == put_off or tonumber(redis.call('ZSCORE', KEYS[3], id) or 0) <= tonumber(ms)
  end
  if was then
    local number, again = string.match(which, '^(%.?%d*)l?%+?(%d*)$')
    local last = id_of(again ~= '' and '.' .. again or number)
    if not is_owed or names == own_names and is_still_to_come(last) then hear(0); return {-1, 0} end
    which = string.match(which, '^%.?%d*l?') .. '+' .. following
  end
  redis.call('HSET', KEYS[1], field, value(), 'j', following)
  local life = redis.call('PTTL', KEYS[1])
  if life >= 0 and life < 1000 then redis.call('PEXPIRE', KEYS[1], 1000) end
  if is_owed then
    local id = id_of('.' .. following)
    local sid = own_sid ~= '' and own_sid or no_sid and '' or ARGV[8]
    if own_sub == '' then own_sub = h[4] ~= '' and h[4] or sub end
    redis.call('HSET', KEYS[4], id, table.concat({ms, 'late', string.match(h[6] or '', '^%d+ (%S+)') or '', sid, own_sub}, '\31'))
    redis.call('ZADD', KEYS[3], 'NX', was and string.format('%.0f', ms + 1000) or ms, id)
    for i = 3, 4 do redis.call('EXPIRE', KEYS[i], 2592000) end
    redis.call('HINCRBY', KEYS[5], 'late', 1)
    redis.call('HINCRBY', KEYS[5], 'enq', 1)
  end
  hear(3)
  return {-1, 1}
end

if not h[7] and flags % 4 >= 2 then redis.call('HSET', KEYS[1], 'f', 1) end
local absolute, idle = tonumber(ARGV[6]), tonumber(ARGV[7])
if not created then
  redis.call('HSET', KEYS[1], 't', now, 'x', absolute, 'd', idle, 'l', 0, 'u', sub, 'k', cookie, 'j', 1, field, value())
  redis.call('ZADD', KEYS[2], now + ((idle > 0 and idle < absolute) and idle or absolute), key)
  last_until(now + absolute)
  redis.call('HINCRBY', KEYS[5], 'new', 1)
  hear(1)
  return {1, now}
end
local set = {'HSET', KEYS[1], 'l', rel, field, value()}
if not was then set[#set + 1] = 'j'; set[#set + 1] = following end
if h[4] == '' and sub ~= '' then set[#set + 1] = 'u'; set[#set + 1] = sub end
if cookie ~= '' then set[#set + 1] = 'k'; set[#set + 1] = cookie end
redis.call(unpack(set))
if not was then hear(2) end
return {said or was and 0 or 2, tonumber(created)}
