--- `Unbond` and `Withdraw` (4), and the pool that a slash can still reach (4.5).
--
-- The pool is one sum with one factor: an entry remembers the factor at its start and is worth
-- floor(amount * factor now / factor then). A slash lowers pool and factor, and touches no entry.

local unbonding = {}

local amount = require("origin.amount")
local ledger = require("origin.ledger")
local operators = require("origin.operators")
local state = require("origin.state")

-- Entries of one operator at a time (4).
local ENTRIES_MAX = 32

local function worth(operator, entry)
  return amount.share(entry.amount, operator.factor, entry.factor)
end

--- Nothing is left to be paid: what rounding left over is burned, and the next entry starts anew.
local function close(operator)
  ledger.burn(operator.pool)
  operator.pool, operator.factor, operator.entries = 0, operators.FACTOR_ONE, {}
end

--- Takes up to `sum` out of the pool and gives what it took (4.5). Rounding that empties the factor
--- burns the rest of the pool here and now, beside what was taken.
function unbonding.slash(operator, sum)
  local taken = amount.min(sum, operator.pool)
  if taken == 0 then return 0 end
  local left = amount.sub(operator.pool, taken)
  operator.factor = amount.share(operator.factor, left, operator.pool)
  operator.pool = left
  if left == 0 or operator.factor == 0 then close(operator) end
  return taken
end

--- Nil, or why `Unbond` of this sum is refused.
local function refusal(operator, sum)
  local bound = amount.add(operator.live, operator.reserves)
  if amount.less(operator.bond, amount.add(bound, sum)) then return "4 allocated" end
  local left = amount.sub(operator.bond, sum)
  if left ~= 0 and amount.less(left, state.params.min_bond) then return "4 min-bond" end
  if #operator.entries >= ENTRIES_MAX then return "4 entries" end
end

--- `Unbond`: Quantity moves from the bond into the pool.
function unbonding.unbond(call)
  local sum = amount.positive(call.tags.Quantity)
  if sum == nil then return nil, "3.1 amount" end
  local operator = operators.of_owner(call.caller)
  if operator == nil then return nil, "4 owner" end
  if operator.status ~= "Bonded" then return nil, "4 state" end
  local code = refusal(operator, sum)
  if code then return nil, code end
  operator.bond = amount.sub(operator.bond, sum)
  operator.pool = amount.add(operator.pool, sum)
  operator.entries[#operator.entries + 1] = {
    amount = sum, factor = operator.factor, ripe = call.height + state.params.unbonding + 1,
  }
  operators.settle(operator)
  return { Operator = operator.address, Ripe = call.height + state.params.unbonding + 1 }
end

--- Splits the entries into what is ripe for a message mined at this height, as a sum, and the rest.
local function ripe_part(operator, mined)
  local sum, rest, count = 0, {}, 0
  for _, entry in ipairs(operator.entries) do
    if entry.ripe <= mined then
      sum, count = amount.add(sum, worth(operator, entry)), count + 1
    else
      rest[#rest + 1] = entry
    end
  end
  return sum, rest, count
end

--- `Withdraw`: pays all ripe entries to the owner.
function unbonding.withdraw(call)
  local operator = operators.of_owner(call.caller)
  if operator == nil then return nil, "4 owner" end
  if operator.cases > 0 then return nil, "4 named" end
  local sum, rest, count = ripe_part(operator, call.mined)
  if count == 0 then return nil, "4 unripe" end
  operator.pool, operator.entries = amount.sub(operator.pool, sum), rest
  if #rest == 0 then close(operator) end
  ledger.give(operator.owner, sum)
  return { Operator = operator.address, Paid = amount.text(sum) }
end

--- For views: amount at the start, worth now, height at which it is ripe.
function unbonding.shown(operator)
  local shown = {}
  for index, entry in ipairs(operator.entries) do
    shown[index] = {
      Amount = amount.text(entry.amount), Worth = amount.text(worth(operator, entry)), Ripe = entry.ripe,
    }
  end
  return shown
end

return unbonding
