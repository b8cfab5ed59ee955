--- Looks (5.12, 2.8): what the derived logs say of the processes that a message or a Tick names.
--
-- `Log[P]` = { epoch, slot, chain, mined, … } comes from the host of the VM, as after step (a) of the
-- block. A look proves the height at which a record last extended the log of the lease's epoch, and
-- settles how much of it came late (6.6).

local looks = {}

local buffer = require("origin.buffer")
local items = require("origin.items")
local pay = require("origin.pay")
local state = require("origin.state")
local text = require("origin.text")

-- Processes that one message may name (2.8).
local NAMES_MAX = 64

--- Looks at one process: pays what its head proves, and keeps the delay buffer.
function looks.at(process, log)
  local lease = process.lease
  local head = lease and log[process.id]
  if head == nil or head.epoch ~= lease.epoch or head.mined == nil then return end
  pay.prove(lease, head.mined)
  buffer.settle(lease, head.late)
end

--- Where a message stands in the log of a process: { slot, mined, epoch, virtual }; false where it
--- stands nowhere; nil where nobody asked.
function looks.place(log, process, message)
  local head = log[process]
  if head == nil or head.of == nil then return nil end
  return head.of[message]
end

--- The processes that a message names, each once: its own tag first, then those of its enclosures in
--- their order. Nil where they are too many.
function looks.names(call)
  local names, seen = {}, {}
  local function add(id)
    if not text.is_id(id) or seen[id] then return end
    seen[id] = true
    names[#names + 1] = id
  end
  add(call.tags.Process)
  for _, item in ipairs(call.items) do add(items.tag(item, "Process")) end
  return #names <= NAMES_MAX and names or nil
end

--- Looks at all that were named, in that order.
function looks.at_all(names, log)
  for _, id in ipairs(names) do
    local process = state.processes[id]
    if process then looks.at(process, log) end
  end
end

return looks
