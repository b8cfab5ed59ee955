--- Free balances: who may pay what, and what is burned (3.1, 3.2).
--
-- Every movement of the court takes from one place and gives to another in the same handler; what is
-- taken here without a `give` beside it goes to a bond, a pool, an escrow, or is burned.

local ledger = {}

local amount = require("origin.amount")
local state = require("origin.state")

--- What an address may pay with.
function ledger.free(address)
  return state.balances[address] or 0
end

--- Whether it can pay that.
function ledger.has(address, sum)
  return not amount.less(ledger.free(address), sum)
end

--- Adds to a free balance. An account stays listed from its first credit on, also at 0.
function ledger.give(address, sum)
  if sum == 0 then return end
  local before = state.balances[address]
  if before == nil then state.accounts[#state.accounts + 1] = address end
  state.balances[address] = amount.add(before or 0, sum)
end

--- Takes from a free balance; `has` was asked before.
function ledger.take(address, sum)
  if sum == 0 then return end
  state.balances[address] = amount.sub(ledger.free(address), sum)
end

--- Counts as burned what was taken elsewhere.
function ledger.burn(sum)
  state.burned = amount.add(state.burned, sum)
end

--- Adds to the escrow of any process id (5.12).
function ledger.fund(process, sum)
  state.escrows[process] = amount.add(state.escrows[process] or 0, sum)
end

--- What stands in an escrow.
function ledger.escrow(process)
  return state.escrows[process] or 0
end

--- Takes from an escrow what it is known to hold.
function ledger.draw(process, sum)
  if sum == 0 then return end
  state.escrows[process] = amount.sub(ledger.escrow(process), sum)
end

return ledger
