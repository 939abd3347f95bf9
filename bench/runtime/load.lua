-- wrk -s load.lua URL -- MODE THINK: what to send, how long a connection waits before each request
-- (milliseconds on average, 0: not at all), and the result as one line of JSON.

local event = '"specversion":"1.0","id":"1","source":"/bench","type":"com.example.event"'
local data = '{"message":"Hello, World!"}'

-- What a client and Knative send, with queue-proxy as the last one (serving 0.48). wrk adds Host and
-- Content-Length, which makes twelve headers.
local proxied = {
  ["user-agent"] = "python-httpx/0.28.1",
  ["accept"] = "*/*",
  ["accept-encoding"] = "gzip, deflate",
  ["content-type"] = "application/json",
  ["forwarded"] = "for=10.42.0.7;proto=http, for=10.42.0.9",
  ["k-proxy-request"] = "activator",
  ["x-forwarded-for"] = "10.42.0.7, 10.42.0.9",
  ["x-forwarded-proto"] = "http",
  ["x-request-id"] = "8f14e45f-ceea-467f-9c5a-0d9b7c2b1f11",
  ["traceparent"] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
}

-- A JSON document of 1 kB.
local function order()
  local items = {}
  for number = 1, 14 do
    items[number] = string.format(
      '{"sku":"A-%04d","name":"Article number %d","price":%d,"count":%d}',
      number * 37, number, number * 250, number)
  end
  return '{"id":"4711","customer":{"name":"Erika Mustermann","city":"Berlin"},"items":['
    .. table.concat(items, ",") .. "]}"
end

function init(args)
  if args[1] == "binary" then
    wrk.method, wrk.body = "POST", data
    wrk.headers["content-type"] = "application/json"
    wrk.headers["ce-specversion"] = "1.0"
    wrk.headers["ce-id"] = "1"
    wrk.headers["ce-source"] = "/bench"
    wrk.headers["ce-type"] = "com.example.event"
  elseif args[1] == "order" then
    wrk.method, wrk.body = "POST", order()
    for name, value in pairs(proxied) do wrk.headers[name] = value end
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
