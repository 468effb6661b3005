-- wrk: posts batches of 1,000 of the bodies of the file ROWS, one a line.
local batch

function init(args)
  local rows = {}
  for line in io.lines(os.getenv("ROWS")) do
    if #rows < 1000 then rows[#rows + 1] = line end
  end
  batch = wrk.format(
    "POST", "/predict/batch", { ["Content-Type"] = "application/json" },
    '{"requests":[' .. table.concat(rows, ",") .. ']}')
end

function request()
  return batch
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"seconds":%f,"p50":%f,"p99":%f,"failed":%d}\n', summary.requests, summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
