--- What a slash takes, and from where (4.1, 4.4, 4.5); jail and tombstone as flags (4).
--
-- Who is slashed for what is decided by cases and reports (6), what becomes of the sum by `payout`.
-- Nothing is owed that is not there.

local slash = {}

local amount = require("origin.amount")
local authorities = require("origin.authorities")
local mass = require("origin.mass")
local operators = require("origin.operators")
local payout = require("origin.payout")
local queue = require("origin.queue")
local state = require("origin.state")
local unbonding = require("origin.unbonding")

--- A lease under its process's minimum is unhosted in the next Tick (4.1).
local function end_if_too_small(lease)
  if lease.shrunk or not amount.less(lease.allocation, lease.process.min_allocation) then return end
  lease.shrunk = queue.schedule(state.height + 1, "shrunk", lease, lease.process.id)
end

local function lower_allocation(operator, lease, sum)
  lease.allocation = amount.sub(lease.allocation, sum)
  operator.live = amount.sub(operator.live, sum)
  mass.lower(lease, sum)
end

--- Σ live allocations <= bond again: the newest leases give way, highest number first.
local function shrink(operator)
  local lease = operator.newest
  while amount.less(operator.bond, operator.live) do
    local cut = amount.min(lease.allocation, amount.sub(operator.live, operator.bond))
    lower_allocation(operator, lease, cut)
    end_if_too_small(lease)
    lease = lease.older
  end
end

local function take_from_bond(operator, sum)
  operator.bond = amount.sub(operator.bond, sum)
  return sum
end

--- The part that the lease's own allocation bears.
local function from_lease(operator, lease, sum)
  local own = amount.min(sum, lease.allocation)
  lower_allocation(operator, lease, own)
  end_if_too_small(lease)
  return take_from_bond(operator, own)
end

local function lower_held(operator, lease, taken)
  local cut = amount.min(taken, lease.held)
  lease.held = amount.sub(lease.held, cut)
  operator.held = amount.sub(operator.held, cut)
end

--- Moves up to `sum` from the operator to pending slashes, in the order of 4.5.
-- @tparam table operator
-- @tparam ?table lease live or held; nil where no lease is at fault
-- @param sum what the law asks for
-- @tparam ?table hunters addresses that share the bounty
-- @tparam ?string process whose escrow gets the restitution, where no lease says it
-- @treturn table the pending slash, with the `sum` that was there
function slash.take(operator, lease, sum, hunters, process)
  local live, taken = lease and lease.live, 0
  if live then taken = from_lease(operator, lease, sum) end
  local open = amount.min(amount.sub(sum, taken), amount.sub(operator.bond, operator.live))
  taken = amount.add(taken, take_from_bond(operator, open))
  taken = amount.add(taken, unbonding.slash(operator, amount.sub(sum, taken)))
  local rest = amount.min(amount.sub(sum, taken), operator.bond)
  taken = amount.add(taken, take_from_bond(operator, rest))
  shrink(operator)
  if lease and not live then lower_held(operator, lease, taken) end
  operators.settle(operator)
  return payout.pend(operator, lease and lease.process.id or process, taken, hunters)
end

--- Bars an operator from hosting and bidding through a height.
function slash.jail(operator, through)
  operator.jailed_until = through
end

--- Bars it for ever; each live lease ends in a Tick (4), the newest first.
function slash.tombstone(operator)
  if operator.tombstoned then return end
  operator.tombstoned = true
  authorities.cease_all(operator)
  local lease = operator.newest
  while lease do
    lease.lost = queue.schedule(state.height + 1, "tombstoned", lease, lease.process.id)
    lease = lease.older
  end
end

return slash
