-- wrk … -- FILE: sends GET requests for random paths from the file, which has one per line.
dofile("report.lua")

local requests = {}

function init(arguments)
  math.randomseed(tonumber(tostring(requests):match("0x(%x+)"), 16))
  -- wrk exposes its target only in a formatted request.
  local before, after = wrk.format("GET", "/?"):match("^(.-)/%?(.*)$")
  for path in io.lines(arguments[1]) do
    requests[#requests + 1] = path
  end
  wrk.before, wrk.after = before, after
end

function request()
  return wrk.before .. requests[math.random(#requests)] .. wrk.after
end
