-- wrk … -- TOKENS: likes the activity at the URL with each token of the file TOKENS in turn, which has one per line,
-- then undoes the likes, and so on. Each of wrk's two threads has every second token, so that every request is a change.
dofile("report.lua")

local threads = 0
local puts, deletes = {}, {}
local sent = 0

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init(arguments)
  local line = 0
  for token in io.lines(arguments[1]) do
    if line % 2 == number then
      local headers = { ["Authorization"] = "Bearer " .. token }
      puts[#puts + 1] = wrk.format("PUT", nil, headers)
      deletes[#deletes + 1] = wrk.format("DELETE", nil, headers)
    end
    line = line + 1
  end
end

function request()
  local turn = math.floor(sent / #puts)
  local at = sent % #puts + 1
  sent = sent + 1
  return (turn % 2 == 0 and puts or deletes)[at]
end
