-- SPDX-License-Identifier: BSD-2-Clause
-- recognise: the id of a partition, by which its node is seen to have forgotten what it was told.
-- KEYS  <prefix>{<tag>}:id (STRING)
-- ARGV  a random id of 22 letters, for where there is none
-- Returns {id, 1: this call brought it}; a '!' behind the 22 letters: it has taken the place of something that was none
-- Promise: an id that is there stays. Whatever else is there, of any type and length, is replaced, and none of it is
-- answered; of 60 MB a GET would take a script seconds. Not refused on a full server: the first write removes, which that
-- lets pass, and lets the rest pass.
local held = redis.pcall('GETRANGE', KEYS[1], 0, 23)
if type(held) == 'table' and not string.find(held.err, 'WRONGTYPE', 1, true) then return held end
if type(held) == 'table' or not string.find(held, '^' .. string.rep('[%w_-]', 22) .. '!?$') then
  held = ARGV[1] .. (redis.call('EXISTS', KEYS[1]) == 1 and '!' or '')
  redis.call('EXPIRE', KEYS[1], 0)
  redis.call('SET', KEYS[1], held)
end
return {held, string.sub(held, 1, 22) == ARGV[1] and 1 or 0}
