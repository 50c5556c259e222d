-- The hot state on the server: one call is one step, and time is the server's. Times are whole microseconds (exact in a double
-- for 250 years), limits whole seconds. The library's first lines (its name, SUFFIX and the time limits) are written by its loader.
--
-- Keys, all declared: the memory of first uses (a hash: the server run it belongs to, when it began), then one per question:
-- a subject (a hash: version, token, closures), a rate (theoretical arrival time), a count, a first use, or a share of the first uses
-- (a sorted set: when each of its owner's ends).

local MICROS = 1000000
local CURRENT, MOVED, UNKNOWN, ALLOWED, EXCEEDED, FRESH, REPLAYED = 1, 2, 3, 4, 5, 6, 7

local function read_time()
    local time = redis.call('TIME')
    return time[1] * MICROS + time[2]
end

local function is_allowing(verdict)
    return verdict[1] == CURRENT or verdict[1] == ALLOWED or verdict[1] == FRESH
end

-- when the memory of first uses of this run of the server began
local function born_at(key, run_id, now)
    local memory = redis.call('HMGET', key, 'run_id', 'born_at')
    if memory[1] == run_id then
        return tonumber(memory[2])
    end
    redis.call('HSET', key, 'run_id', run_id, 'born_at', string.format('%.0f', now))
    return now
end

local function look_at_version(call, key, asked)
    local version, token, closures = unpack(redis.call('HMGET', key, 'version', 'token', 'closures'))
    if closures then
        return {UNKNOWN, ''}
    end
    if version then
        version = tonumber(version)
        if asked == version then
            return {CURRENT}
        end
        return asked > version and {UNKNOWN, ''} or {MOVED, version}
    end
    if not token then
        token = call.token
        redis.call('HSET', key, 'token', token)
        redis.call('PEXPIRE', key, FILL_MS)
    end
    return {UNKNOWN, token}
end

-- GCRA. The interval is rounded up: a burst of `limit` is exact, the rate is never exceeded.
local function find_rate(key, limit, window, now)
    local interval = math.ceil(window * MICROS / limit)
    local arrival = tonumber(redis.call('GET', key) or now)
    return interval, math.min(math.max(arrival - now, 0), limit * interval)
end

local function rate_verdict(limit, interval, ahead)
    return {ALLOWED, limit, math.floor((limit * interval - ahead) / interval), math.ceil(ahead / MICROS)}
end

local function look_at_rate(call, key, limit, window, cost)
    if limit < 1 then
        return {EXCEEDED, limit, window}
    end
    local interval, ahead = find_rate(key, limit, window, call.now)
    local free, wanted = limit * interval - ahead, math.min(cost, limit) * interval
    if free < wanted then
        return {EXCEEDED, limit, math.ceil((wanted - free) / MICROS)}
    end
    return rate_verdict(limit, interval, ahead)
end

local function spend_rate(call, key, limit, window, cost)
    local interval, ahead = find_rate(key, limit, window, call.now)
    ahead = ahead + math.min(cost, limit) * interval
    redis.call('SET', key, string.format('%.0f', call.now + ahead), 'PX', string.format('%.0f', math.ceil(ahead / 1000)))
    return rate_verdict(limit, interval, ahead)
end

local function seconds_left(key)
    return math.max(math.ceil(redis.call('PTTL', key) / 1000), 1)
end

local function look_at_count(_, key, limit, window)
    local used = redis.call('GET', key)
    local left = used and seconds_left(key) or 0
    used = tonumber(used or 0)
    if used >= limit then
        return {EXCEEDED, limit, left > 0 and left or window}
    end
    return {ALLOWED, limit, limit - used, left}
end

local function spend_count(_, key, limit, window)
    local used = redis.call('INCR', key)
    if used == 1 then
        redis.call('EXPIRE', key, window)
    end
    return {ALLOWED, limit, limit - used, seconds_left(key)}
end

local function look_at_first_use(call, key, _, issued_at)
    if issued_at and issued_at * MICROS < born_at(call.memory, call.run_id, call.now) then
        return {REPLAYED}
    end
    return {redis.call('EXISTS', key) == 1 and REPLAYED or FRESH}
end

local function spend_first_use(_, key, seconds)
    redis.call('SET', key, '', 'EX', seconds)
    return {FRESH}
end

local function look_at_share(call, key, limit)
    redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('%.0f', call.now))
    if redis.call('ZCARD', key) < limit then
        return {FRESH}
    end
    local first = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
    return {EXCEEDED, limit, first[2] and math.max(math.ceil((tonumber(first[2]) - call.now) / MICROS), 1) or 1}
end

local function spend_share(call, key, _, seconds)
    local now = string.format('%.0f', call.now)
    redis.call('ZADD', key, string.format('%.0f', call.now + seconds * MICROS), now .. '.' .. redis.call('ZCARD', key))
    if redis.call('PTTL', key) < seconds * 1000 then
        redis.call('EXPIRE', key, seconds)
    end
    return {FRESH}
end

local LOOK = {version = look_at_version, rate = look_at_rate, count = look_at_count, first_use = look_at_first_use,
    share = look_at_share}
local SPEND = {rate = spend_rate, count = spend_count, first_use = spend_first_use, share = spend_share}

local function read_numbers(arguments, at)
    return tonumber(arguments[at + 1]), tonumber(arguments[at + 2]), tonumber(arguments[at + 3])
end

-- keys: memory, then one per question. arguments: run id, '1' to spend, a new fill token, then per question its kind and three numbers.
local function decide(keys, arguments)
    local call = {memory = keys[1], run_id = arguments[1], token = arguments[3], now = read_time()}
    local verdicts, allowed = {}, arguments[2] == '1'
    for i = 2, #keys do
        local at = 4 * i - 4
        local verdict = LOOK[arguments[at]](call, keys[i], read_numbers(arguments, at))
        allowed = allowed and is_allowing(verdict)
        verdicts[i - 1] = verdict
    end
    for i = 2, allowed and #keys or 1 do
        local at = 4 * i - 4
        local spend = SPEND[arguments[at]]
        if spend then
            verdicts[i - 1] = spend(call, keys[i], read_numbers(arguments, at))
        end
    end
    return verdicts
end

-- keys: a subject. arguments: version, fill token.
local function fill(keys, arguments)
    if redis.call('HGET', keys[1], 'token') ~= arguments[2] then
        return 0
    end
    redis.call('HDEL', keys[1], 'token')
    redis.call('HSET', keys[1], 'version', arguments[1])
    redis.call('PEXPIRE', keys[1], VERSION_MS)
    return 1
end

-- keys: subjects.
local function close(keys)
    for _, key in ipairs(keys) do
        redis.call('HDEL', key, 'token')
        redis.call('HINCRBY', key, 'closures', 1)
        redis.call('PEXPIRE', key, CLOSED_MS)
    end
    return 1
end

-- keys: subjects. arguments: their versions.
local function publish(keys, arguments)
    for i, key in ipairs(keys) do
        local version, closures = unpack(redis.call('HMGET', key, 'version', 'closures'))
        version = math.max(tonumber(version or arguments[i]), tonumber(arguments[i]))
        redis.call('HSET', key, 'version', string.format('%.0f', version))
        if tonumber(closures or 0) > 1 then -- someone else's change is under way: closed for as long as it said
            redis.call('HINCRBY', key, 'closures', -1)
        else
            redis.call('HDEL', key, 'token', 'closures')
            redis.call('PEXPIRE', key, VERSION_MS)
        end
    end
    return 1
end

-- keys: memory. arguments: run id. Answers microseconds since the epoch.
local function born(keys, arguments)
    return string.format('%.0f', born_at(keys[1], arguments[1], read_time()))
end

redis.register_function('portcullis_decide_' .. SUFFIX, decide)
redis.register_function('portcullis_fill_' .. SUFFIX, fill)
redis.register_function('portcullis_close_' .. SUFFIX, close)
redis.register_function('portcullis_publish_' .. SUFFIX, publish)
redis.register_function('portcullis_born_' .. SUFFIX, born)
