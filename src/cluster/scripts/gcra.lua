-- One more of KEYS[1], at most one in ARGV[1] microseconds, and ARGV[2] at once.
-- Answers {how many more may come now, in how many milliseconds the next may come where this one is too many}.
-- Source: the generic cell rate algorithm, ITU-T I.371: what is kept is when the bucket will be whole again.
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local whole_at = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now) + interval
local over = whole_at - now - interval * burst
if over > 0 then
  return {0, math.ceil(over / 1000)}
end
redis.call('SET', KEYS[1], string.format('%.0f', whole_at), 'PX', math.ceil((whole_at - now) / 1000) + 1)
return {math.floor((interval * burst - (whole_at - now)) / interval), 0}
