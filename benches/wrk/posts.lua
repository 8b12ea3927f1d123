-- wrk … -- TOKENS BODY: posts the file BODY with random tokens from the file TOKENS, which has one per line.
dofile("report.lua")

local requests = {}

function init(arguments)
  math.randomseed(tonumber(tostring(requests):match("0x(%x+)"), 16))
  local body = assert(io.open(arguments[2])):read("*a")
  for token in io.lines(arguments[1]) do
    local headers = { ["Authorization"] = "Bearer " .. token, ["Content-Type"] = "application/json" }
    requests[#requests + 1] = wrk.format("POST", nil, headers, body)
  end
end

function request()
  return requests[math.random(#requests)]
end
