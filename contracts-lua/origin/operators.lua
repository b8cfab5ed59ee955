--- Operators: who they are, in which state, and what of their bond is free (4, 4.4).
--
-- A record is made by the first Bond and stays for ever, tied to its owner; an exit empties it. Files
-- around this one change parts of it: `bond`, `keys`, `authorities`, `fees`, `unbonding`, `slash`, `leases`.

local operators = {}

local amount = require("origin.amount")
local authorities = require("origin.authorities")
local state = require("origin.state")
local queue = require("origin.queue")

-- A factor of 1 (4.5).
operators.FACTOR_ONE = 1000000000000000000
-- Live leases of one operator: a slash may have to shrink all of them (4.1).
operators.LEASES_MAX = 256

--- A new record, without bond.
function operators.make(address, owner)
  local operator = {
    address = address, owner = owner, url = nil,
    -- nil, "Bonding" or "Bonded"; the pool says whether there is an Unbonding.
    status = nil, activation = nil, bonded_at = nil,
    bond = 0, live = 0, reserves = 0, held = 0,
    pool = 0, factor = operators.FACTOR_ONE, entries = {},
    hot_key = nil, old_key = nil, authorities = {},
    fee = { now = 0 }, answer_fee = { now = state.params.answer_fee_floor },
    jailed_until = nil, tombstoned = nil,
    -- Open and answered cases that name it; leases that are live, newest first by `older`.
    cases = 0, newest = nil, leases = 0,
  }
  state.operators[address] = operator
  state.operator_list[#state.operator_list + 1] = operator
  state.owners[owner] = address
  return operator
end

--- The operator that an owner has, or nil.
function operators.of_owner(owner)
  local address = state.owners[owner]
  return address and state.operators[address]
end

--- The operator by its own address, or nil.
function operators.at(address)
  return state.operators[address]
end

--- The state by its name in the law.
function operators.state(operator)
  if operator.status then return operator.status end
  return #operator.entries > 0 and "Unbonding" or "None"
end

--- Whether new leases may stand on free stake: free stake = bond - live - reserves - held (4.4).
function operators.has_free(operator, sum)
  local used = amount.add(amount.add(operator.live, operator.reserves), operator.held)
  return not amount.less(operator.bond, amount.add(used, sum))
end

--- The free stake for views; 0 where more is bound than there is.
function operators.free(operator)
  local used = amount.add(amount.add(operator.live, operator.reserves), operator.held)
  return amount.less(operator.bond, used) and 0 or amount.sub(operator.bond, used)
end

--- Whether it is barred at this height (jailed through `until`).
function operators.is_jailed(operator, height)
  return operator.jailed_until ~= nil and height <= operator.jailed_until
end

--- A record whose bond is gone leaves Bonding and Bonded.
function operators.settle(operator)
  if operator.bond ~= 0 or operator.status == nil then return end
  queue.cancel(operator.activation)
  operator.status, operator.activation, operator.bonded_at = nil, nil, nil
  authorities.cease_all(operator)
end

--- The transition `activation`: from now on it may host (4).
function operators.activate(operator)
  operator.status, operator.activation = "Bonded", nil
  authorities.begin_all(operator)
end

return operators
