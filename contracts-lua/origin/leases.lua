--- Leases (5.1, 4.1, 4.4): how one begins, and how it ends.
--
-- A live lease stands in its operator's list, newest first. An ended one is held: its allocation backs
-- nothing else and can still be slashed, until evidence about it is too old.

local leases = {}

local amount = require("origin.amount")
local buffer = require("origin.buffer")
local mass = require("origin.mass")
local outcome = require("origin.outcome")
local pay = require("origin.pay")
local queue = require("origin.queue")
local state = require("origin.state")

local function link(operator, lease)
  lease.older = operator.newest
  if operator.newest then operator.newest.newer = lease end
  operator.newest = lease
  operator.leases = operator.leases + 1
end

local function unlink(operator, lease)
  if lease.newer then lease.newer.older = lease.older else operator.newest = lease.older end
  if lease.older then lease.older.newer = lease.newer end
  lease.newer, lease.older = nil, nil
  operator.leases = operator.leases - 1
end

--- Begins a lease of the process's next epoch; the terms were checked.
-- @tparam table process
-- @tparam table operator
-- @tparam table terms { rate, fee_cap, answer_cap }
-- @tparam number height the run height
function leases.begin(process, operator, terms, height)
  state.leases = state.leases + 1
  local lease = {
    number = state.leases, process = process, operator = operator, epoch = process.epoch, live = true,
    rate = terms.rate, fee_cap = terms.fee_cap, answer_cap = terms.answer_cap,
    allocation = process.min_allocation, start = height, paid_to = height, owed = 0,
    buffer = buffer.full(process),
  }
  process.lease, process.status = lease, nil
  process.leases[lease.epoch] = lease
  process.tenures[lease.epoch] = operator.address
  operator.live = amount.add(operator.live, lease.allocation)
  link(operator, lease)
  mass.begin(lease, lease.allocation)
  outcome.touch(process)
  return lease
end

--- Its stake no longer backs a live lease; it is held from now on.
local function hold(lease)
  local operator = lease.operator
  lease.live, lease.held = false, lease.allocation
  operator.live = amount.sub(operator.live, lease.allocation)
  operator.held = amount.add(operator.held, lease.held)
  mass.lower(lease, lease.allocation)
  unlink(operator, lease)
  queue.schedule(state.height + state.params.evidence_max_age + 1, "held", lease)
end

--- Its liveness cases are moot from now on: they name it no longer (6.5).
local function drop_moot(lease)
  local moot = lease.liveness
  if moot == nil then return end
  lease.operator.cases = lease.operator.cases - moot
  lease.cases, lease.liveness = lease.cases - moot, 0
end

--- What a lease has, or holds, for a slash to count from (6).
function leases.allocation(lease)
  return lease.live and lease.allocation or lease.held
end

--- Ends the live lease of a process at the height at hand, which is its U (3.5, 5.12).
-- @tparam table process
-- @tparam string status what the process is then: Unhosted or Dormant
-- @tparam ?number clip the opening of the case that expired: nothing past it is paid
function leases.finish(process, status, clip)
  local lease = process.lease
  pay.close(lease, math.min(state.height, clip or state.height))
  for _, name in ipairs({ "notice", "arrears", "shrunk", "lost" }) do queue.cancel(lease[name]) end
  process.lease, process.status, process.ended = nil, status, state.height
  lease.ended = state.height
  drop_moot(lease)
  hold(lease)
  outcome.touch(process)
end

--- The transition `held`: the stake is free again, unless an open case still names the lease (4.4).
function leases.release(lease)
  lease.due = true
  if lease.cases and lease.cases > 0 then return end
  lease.operator.held = amount.sub(lease.operator.held, lease.held)
  lease.held = 0
  lease.process.leases[lease.epoch] = nil
end

return leases
