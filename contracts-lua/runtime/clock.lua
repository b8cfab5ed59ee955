--- The only clock of a process: the stamp of the message at hand.

local clock = { milliseconds = 0 }

--- Sets the time to a message's stamp.
function clock.set(milliseconds)
  clock.milliseconds = math.tointeger(tonumber(milliseconds)) or clock.milliseconds
end

--- Seconds since 1970, as `os.time()` gives them. A table of date parts is not taken.
function clock.now(parts)
  assert(parts == nil, "os.time of a table is not part of this runtime")
  return clock.milliseconds // 1000
end

return clock
