--- What becomes of a slash (6.8): it waits as `pending`, then it is paid out, or goes back (6.7).

local payout = {}

local amount = require("origin.amount")
local ledger = require("origin.ledger")
local queue = require("origin.queue")
local state = require("origin.state")

--- Notes a sum that was taken; of nothing nothing has to be paid out.
-- @tparam table operator
-- @tparam ?string process whose escrow gets the restitution
-- @param sum
-- @tparam ?table hunters addresses that share the bounty; who joins until the payout shares too
-- @treturn table the pending slash
function payout.pend(operator, process, sum, hunters)
  state.pending_count = state.pending_count + 1
  local entry = {
    number = state.pending_count, operator = operator.address, process = process, sum = sum,
    hunters = hunters or {},
  }
  if sum == 0 then return entry end
  state.pending[entry.number] = entry
  state.pending_sum = amount.add(state.pending_sum, sum)
  entry.transition = queue.schedule(state.height + state.params.slash_delay + 1, "pending", entry)
  return entry
end

local function forget(entry)
  state.pending[entry.number] = nil
  state.pending_sum = amount.sub(state.pending_sum, entry.sum)
end

--- Equal shares of a fifth, rounded down; gives what they come to.
local function reward(entry)
  local count = #entry.hunters
  if count == 0 then return 0 end
  local share = amount.share(amount.share(entry.sum, 1, 5), 1, count)
  for _, address in ipairs(entry.hunters) do ledger.give(address, share) end
  return amount.times(share, count)
end

--- The transition `pending`: bounty, restitution, and the rest is burned.
function payout.pay(entry)
  local left = amount.sub(entry.sum, reward(entry))
  local restitution = amount.share(entry.sum, 3, 10)
  if entry.process then
    ledger.fund(entry.process, restitution)
    left = amount.sub(left, restitution)
  end
  ledger.burn(left)
  forget(entry)
end

--- Back to the bond, or to the owner where there is none. Once.
function payout.give_back(entry)
  if state.pending[entry.number] == nil then return end
  local operator = state.operators[entry.operator]
  if operator.bond == 0 then
    ledger.give(operator.owner, entry.sum)
  else
    operator.bond = amount.add(operator.bond, entry.sum)
  end
  queue.cancel(entry.transition)
  forget(entry)
end

return payout
