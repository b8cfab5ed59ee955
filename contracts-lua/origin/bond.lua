--- `Bond` (4, 4.3): the first one makes an operator, a further one adds to its stake.

local bond = {}

local amount = require("origin.amount")
local keys = require("origin.keys")
local ledger = require("origin.ledger")
local operators = require("origin.operators")
local queue = require("origin.queue")
local state = require("origin.state")
local text = require("origin.text")

local function reply_of(operator)
  return {
    Operator = operator.address, State = operators.state(operator), Bond = amount.text(operator.bond),
  }
end

local function add(operator, sum)
  ledger.take(operator.owner, sum)
  operator.bond = amount.add(operator.bond, sum)
end

local function more(call, operator, sum)
  if not ledger.has(call.caller, sum) then return nil, "3.1 balance" end
  add(operator, sum)
  return reply_of(operator)
end

--- Puts a record into Bonding: the one there is, or a new one.
local function begin(call, address, hot_key, sum)
  local operator = operators.at(address) or operators.make(address, call.caller)
  operator.url = call.tags.Url
  operator.fee, operator.answer_fee = { now = 0 }, { now = state.params.answer_fee_floor }
  operator.status, operator.bonded_at = "Bonding", call.height
  operator.activation =
    queue.schedule(call.height + state.params.activation + 1, "activation", operator)
  keys.install(operator, hot_key, call.height)
  add(operator, sum)
  return operator
end

local function first(call, sum)
  if amount.less(sum, state.params.min_bond) then return nil, "4 min-bond" end
  if not text.is_url(call.tags.Url) then return nil, "4 url" end
  local hot_key, address = keys.of_first_bond(call.items, call.caller)
  if hot_key == nil then return nil, address end
  local refusal = keys.refusal(hot_key, address, call.caller)
  if refusal then return nil, refusal end
  if not ledger.has(call.caller, sum) then return nil, "3.1 balance" end
  return reply_of(begin(call, address, hot_key, sum))
end

--- `Bond`: Quantity; the first time Url and the enclosed Origin-Key items.
function bond.bond(call)
  local sum = amount.positive(call.tags.Quantity)
  if sum == nil then return nil, "3.1 amount" end
  local operator = operators.of_owner(call.caller)
  if operator == nil then return first(call, sum) end
  if operator.tombstoned then return nil, "4 tombstoned" end
  if operator.status then return more(call, operator, sum) end
  if operators.state(operator) == "Unbonding" then return nil, "4 unbonding" end
  return first(call, sum)
end

return bond
