--- Mass failure (6.7): where more than a third of the old stake fails at once, slashes go back.
--
-- The stake of old leases is one sum. That of the young ones is kept by the height at which they began,
-- so that the Tick in which they become old moves one number. Expiries of old leases stand in a window
-- that moves with the height.

local mass = {}

local amount = require("origin.amount")
local payout = require("origin.payout")
local state = require("origin.state")

--- Whether a lease is old at the height at hand.
function mass.is_old(lease)
  return lease.start + state.params.memory <= state.height
end

--- A lease begins, at the height at hand, with this allocation.
function mass.begin(lease, sum)
  state.young[lease.start] = amount.add(state.young[lease.start] or 0, sum)
end

--- The allocation of a live lease becomes less, or the lease ends.
function mass.lower(lease, sum)
  if mass.is_old(lease) then
    state.old_live = amount.sub(state.old_live, sum)
  else
    state.young[lease.start] = amount.sub(state.young[lease.start], sum)
  end
end

--- Leases become old: in the Tick of this height, before anything is applied.
function mass.age(height)
  local start = height - state.params.memory
  state.old_live = amount.add(state.old_live, state.young[start] or 0)
  state.young[start] = nil
end

--- Forgets the expiries that the window has left behind.
local function move(window)
  local edge = state.height - state.params.mass_window
  while window.first <= window.last and window[window.first].at <= edge do
    window.sum = amount.sub(window.sum, window[window.first].sum)
    window[window.first] = nil
    window.first = window.first + 1
  end
end

--- Whether the old leases of the window are more than a third, and there was no such thing lately.
local function is_triggered(window)
  local at, height = state.mass_at, state.height
  if at and at > height - state.params.memory and at < height then return false end
  return amount.less(amount.add(window.sum, state.old_live), amount.times(window.sum, 3))
end

--- A case against an old live lease has expired at the height at hand; the lease has ended.
-- At most one expiry a transition stands in the window, so returning all of them is bounded, and comes
-- once in `memory`.
-- @param allocation what the lease had before the slash
-- @tparam table slashed the pending slash
function mass.expired(allocation, slashed)
  local window, height = state.failed, state.height
  move(window)
  window.last = window.last + 1
  window[window.last] = { at = height, sum = allocation, slashed = slashed }
  window.sum = amount.add(window.sum, allocation)
  if is_triggered(window) then
    state.mass_at = height
    for index = window.first, window.last do payout.give_back(window[index].slashed) end
  elseif state.mass_at and height <= state.mass_at + state.params.mass_window then
    payout.give_back(slashed)
  end
end

return mass
