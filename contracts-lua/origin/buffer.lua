--- The delay buffer of a lease and the window of a case (6.6): who is often late loses the long answer.
--
-- Kept in hundredths of a block, from the process's period down. A block with an open case or an
-- unpublished stamp older than `late_after` costs a whole one; any other gives eight hundredths back.

local buffer = {}

local state = require("origin.state")

local LATE, GOOD = 100, 8

--- What a lease begins with, and the most that it can have.
function buffer.full(process)
  return LATE * process.period
end

--- Blocks since the look before in which the lease's oldest open case was open too long.
local function overdue(lease, since)
  local number = lease.open and lease.open.first
  if number == nil then return 0 end
  local from = math.max(since, state.cases[number].opened + state.params.late_after)
  return math.max(0, state.height - from)
end

--- A look that does something: `late` is what the derived log says of the epoch so far.
function buffer.settle(lease, late)
  local since = lease.looked or lease.start
  local blocks = state.height - since
  local bad = math.min(blocks, late - (lease.late or 0) + overdue(lease, since))
  local left = math.max(0, lease.buffer - LATE * bad) + GOOD * (blocks - bad)
  lease.buffer = math.min(buffer.full(lease.process), left)
  lease.looked, lease.late = state.height, late
end

--- The window of a case against the lease that opens now.
function buffer.window(lease)
  local floor = state.params.window_floor
  if not lease.live then return floor end
  return math.max(floor, math.min(lease.process.period, lease.buffer // LATE))
end

return buffer
