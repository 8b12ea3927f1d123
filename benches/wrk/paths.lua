-- wrk … -- FILE: GET of a random path of the file, which has one a line.
dofile("report.lua")

local requests = {}

function init(arguments)
  math.randomseed(tonumber(tostring(requests):match("0x(%x+)"), 16))
  -- wrk speaks of its target only in the request that it would make.
  local before, after = wrk.format("GET", "/?"):match("^(.-)/%?(.*)$")
  for path in io.lines(arguments[1]) do
    requests[#requests + 1] = path
  end
  wrk.before, wrk.after = before, after
end

function request()
  return wrk.before .. requests[math.random(#requests)] .. wrk.after
end
