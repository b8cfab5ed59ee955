--- How many open cases each sender has on a process (6.4): the more, the dearer the next one.
--
-- Those of liveness are counted in their lease and vanish with it, as they are moot then (6.5); the
-- others in their process.

local senders = {}

local function counts_of(case)
  local home = case.kind == "Liveness" and case.lease or case.process
  home.senders = home.senders or {}
  return home.senders
end

--- Open cases of a sender on a process, joined ones too.
function senders.open_on(process, address)
  local lease = process.lease
  return (process.senders and process.senders[address] or 0)
    + (lease and lease.senders and lease.senders[address] or 0)
end

--- The sender has opened or joined the case.
function senders.add(case, address)
  local counts = counts_of(case)
  counts[address] = (counts[address] or 0) + 1
end

--- The case is not open any more: at most 16 challengers have one less.
function senders.leave(case)
  local counts = counts_of(case)
  for _, challenger in ipairs(case.challengers) do
    local left = counts[challenger.address] - 1
    counts[challenger.address] = left > 0 and left or nil
  end
end

return senders
