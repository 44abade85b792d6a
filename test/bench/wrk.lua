-- One request after the other, each with a number of its own; the figures go out as one line of JSON.
local template = os.getenv('BENCH_BODY')
local modulo = tonumber(os.getenv('BENCH_MODULO'))
local number = tonumber(os.getenv('BENCH_FIRST'))
wrk.method = 'POST'
wrk.headers['content-type'] = os.getenv('BENCH_TYPE')
wrk.headers['authorization'] = os.getenv('BENCH_AUTHORIZATION')

function request()
  number = number + 1
  return wrk.format(nil, nil, nil, (template:gsub('@N@', string.format('%d', number % modulo))))
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"seconds":%f,"failures":%d,"p50Ms":%f,"p99Ms":%f,"maxMs":%f}\n',
    summary.requests, summary.duration / 1e6, e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, latency.max / 1000))
end
