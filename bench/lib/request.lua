-- The requests of one case for wrk, and its figures as one line of JSON. The case is a Lua table in the file that BENCH_CASE names,
-- written by measure.mjs; what differs between requests is decided there. It checks no answers: check.mjs does, before and after.

local case = dofile(os.getenv("BENCH_CASE"))
local sets, count = case.sets, #case.sets
local threads = 0

wrk.method = "POST"
wrk.path = case.path
wrk.headers = case.headers
wrk.body = case.start .. case.middle .. sets[1] .. case.finish

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

-- A day that no other request has, in the years 2100 to 9899.
local function day(n)
  return string.format("%04d-%02d-%02d", 2100 + math.floor(n / 336) % 7800, math.floor(n / 28) % 12 + 1, n % 28 + 1)
end

-- Without a function of this name wrk sends the request above again and again, and calls no Lua.
if case.mode ~= "repeated" then
  local n, step, head

  function init()
    n, step = case.base + number, case.threads
    local lines = { "POST " .. case.path .. " HTTP/1.1" }
    for name, value in pairs(wrk.headers) do
      if name ~= "Content-Length" then
        lines[#lines + 1] = name .. ": " .. value
      end
    end
    head = table.concat(lines, "\r\n") .. "\r\nContent-Length: "
  end

  function request()
    n = n + step
    local variables = sets[n % count + 1]
    if case.days then
      variables = variables .. ',"day":"' .. day(n) .. '"'
    end
    local name = ""
    if case.mode == "documents" then
      name = "_" .. n
    end
    local body = case.start .. name .. case.middle .. variables .. case.finish
    return head .. #body .. "\r\n\r\n" .. body
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'FIGURES {"requests":%d,"microseconds":%d,"bytes":%d,"refused":%d,"broken":%d,"p50":%d,"p90":%d,"p99":%d,"max":%d}\n',
    summary.requests, summary.duration, summary.bytes, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(90), latency:percentile(99), latency.max
  ))
end
