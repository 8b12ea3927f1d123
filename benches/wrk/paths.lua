-- wrk … -- FILE: sends GET requests for random paths from the file, which has one per line.
dofile("report.lua")

local ffi = require("ffi")

-- One string and an array of numbers, which the garbage collector does not traverse. With a table of a million strings it
-- would take as much of the processor's time as the server.
local text, starts
local count = 0

function init(arguments)
  math.randomseed(tonumber(tostring({}):match("0x(%x+)"), 16))
  -- wrk exposes its target only in a formatted request.
  local before, after = wrk.format("GET", "/?"):match("^(.-)/%?(.*)$")
  text = assert(io.open(arguments[1])):read("*a"):gsub("\n?$", "\n", 1)
  starts = ffi.new("uint32_t[?]", select(2, text:gsub("\n", "")) + 1)
  starts[0] = 1
  for line_end in text:gmatch("()\n") do
    count = count + 1
    starts[count] = line_end + 1
  end
  wrk.before, wrk.after = before, after
end

function request()
  local line = math.random(0, count - 1)
  return wrk.before .. text:sub(starts[line], starts[line + 1] - 2) .. wrk.after
end
