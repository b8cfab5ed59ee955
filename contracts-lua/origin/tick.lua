--- The Tick (2.8, 3.5): the system message of each block, which applies what is due.

local tick = {}

local cases = require("origin.cases")
local expiry = require("origin.expiry")
local leases = require("origin.leases")
local looks = require("origin.looks")
local mass = require("origin.mass")
local operators = require("origin.operators")
local payout = require("origin.payout")
local queue = require("origin.queue")
local state = require("origin.state")

--- Ends the lease of the subject after a last look at its process.
local function unhost(status)
  return function(lease, log)
    looks.at(lease.process, log)
    leases.finish(lease.process, status)
  end
end

-- What each kind of transition does. Those about a live lease are cancelled where it ends.
local KINDS = {
  activation = operators.activate,
  held = leases.release,
  shrunk = unhost("Unhosted"),
  tombstoned = unhost("Unhosted"),
  leave = unhost("Unhosted"),
  arrears = unhost("Dormant"),
  case = expiry.case,
  published = expiry.published,
  pending = payout.pay,
}

--- Whether the entry has to wait: items mined up to its deadline are still queued (2.4), or the head or
--- the place that it needs was not asked for in time (2.8). False is a place.
local function waits(entry, queued, log)
  if queued ~= nil and entry.due - 1 >= queued then return true end
  if entry.process == nil then return false end
  if log[entry.process] == nil then return true end
  return entry.message ~= nil and looks.place(log, entry.process, entry.message) == nil
end

--- The block begins: leases become old by their age alone.
local function move_to(height)
  for passed = state.height + 1, height do
    state.height = passed
    mass.age(passed)
  end
  queue.moved()
end

--- Forgets old cases, and applies what is due, in order, up to 256 transitions; the rest waits for the next
--- block.
-- @tparam table block { height, time, block, queued }: the last is the oldest mined height that waits
-- @tparam table log heads of the processes, and places of the messages, that were wanted
function tick.run(block, log)
  assert(block.height > state.height, "a Tick for a block that is over")
  move_to(block.height)
  cases.forget()
  for _ = 1, queue.TICK_MAX do
    local entry = queue.first(block.height)
    if entry == nil or waits(entry, block.queued, log) then break end
    queue.drop(entry)
    KINDS[entry.kind](entry.subject, log)
  end
end

return tick
