-- wrk: posts the bodies of the file ROWS, one a line, in turn.
local requests = {}
local place = 0

function setup(thread)
  thread:set("first", math.random(0, 1000))
end

function init(args)
  for line in io.lines(os.getenv("ROWS")) do
    requests[#requests + 1] = wrk.format("POST", "/predict", { ["Content-Type"] = "application/json" }, line)
  end
  place = first
end

function request()
  place = place % #requests + 1
  return requests[place]
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"seconds":%f,"p50":%f,"p99":%f,"failed":%d}\n', summary.requests, summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
