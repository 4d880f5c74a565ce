-- SPDX-License-Identifier: BSD-2-Clause
-- redeem: marks a confirmation ticket as used.
-- KEYS  T (STRING, who used it)
-- ARGV  life in milliseconds, caller (the random name of the logout that it is used for)
-- Returns 1 to the first caller, each time it asks: it may not have heard. 0 to all others.
-- Promise: one caller of all gets the 1. Works on a full server: PEXPIRE, the first write, is not deny-oom (and keeps
-- the mark of a ticket that is tried again alive).
redis.call('PEXPIRE', KEYS[1], ARGV[1])
if redis.call('SET', KEYS[1], ARGV[2], 'NX', 'PX', ARGV[1]) then return 1 end
return redis.call('GET', KEYS[1]) == ARGV[2] and 1 or 0
