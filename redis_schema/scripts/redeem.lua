-- SPDX-License-Identifier: BSD-2-Clause
-- redeem: marks a confirmation ticket as used.
-- KEYS  T (STRING)
-- ARGV  life in milliseconds
-- Returns 1 the first time, 0 afterwards.
-- Promise: one caller of all gets the 1. Works on a full server: PEXPIRE, the first write, is not deny-oom (and keeps
-- the mark of a ticket that is tried again alive).
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return redis.call('SET', KEYS[1], 1, 'NX', 'PX', ARGV[1]) and 1 or 0
