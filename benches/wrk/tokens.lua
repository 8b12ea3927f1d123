-- wrk … -- TOKENS: sends GET requests with random tokens from the file TOKENS, which has one per line.
dofile("report.lua")

local requests = {}

function init(arguments)
  math.randomseed(tonumber(tostring(requests):match("0x(%x+)"), 16))
  for token in io.lines(arguments[1]) do
    requests[#requests + 1] = wrk.format("GET", nil, { ["Authorization"] = "Bearer " .. token })
  end
end

function request()
  return requests[math.random(#requests)]
end
