-- wrk -s load.lua URL -- MODE THINK: what to send, how long a connection waits before each request
-- (milliseconds on average, 0: not at all), and the result as one line of JSON.

local event = '"specversion":"1.0","id":"1","source":"/bench","type":"com.example.event"'
local data = '{"message":"Hello, World!"}'

function init(args)
  if args[1] == "binary" then
    wrk.method, wrk.body = "POST", data
    wrk.headers["content-type"] = "application/json"
    wrk.headers["ce-specversion"] = "1.0"
    wrk.headers["ce-id"] = "1"
    wrk.headers["ce-source"] = "/bench"
    wrk.headers["ce-type"] = "com.example.event"
  elseif args[1] == "structured" then
    wrk.method = "POST"
    wrk.body = "{" .. event .. ',"datacontenttype":"application/json","data":' .. data .. "}"
    wrk.headers["content-type"] = "application/cloudevents+json"
  end
  local think = tonumber(args[2])
  if think > 0 then
    delay = function() return math.random(math.floor(think / 2), math.floor(think * 3 / 2)) end
  end
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"failed":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
