--- `Update` (4, 4.3, 4.6): url, fees, or a new hot key of a bonded operator.

local update = {}

local amount = require("origin.amount")
local fees = require("origin.fees")
local items = require("origin.items")
local keys = require("origin.keys")
local operators = require("origin.operators")
local state = require("origin.state")
local text = require("origin.text")

--- The new hot key that is enclosed, or nil and a code.
local function new_key(call, operator)
  local item = call.items[1]
  if call.caller ~= operator.owner then return nil, "4 owner" end
  local wanted = {
    "Action", "Origin-Key", "Origin", ao.id, "Owner", operator.owner, "Operator", operator.address,
  }
  if #call.items ~= 1 or not items.has(item, wanted) then return nil, "4.3 items" end
  local key = item.Owner
  if key == operator.address or key == operator.owner then return nil, "4.3 same" end
  if key == operator.hot_key then return nil, "4.3 used" end
  local refusal = keys.hot_refusal(key, operator.address)
  if refusal then return nil, refusal end
  if keys.is_changing(operator, call.height) then return nil, "4.3 changing" end
  return key
end

--- What is asked for, checked: url, fee, answer_fee, key; or nil and a code.
local function wishes(call, operator)
  local tags, wish = call.tags, {}
  if tags.Url ~= nil and not text.is_url(tags.Url) then return nil, "4 url" end
  wish.url = tags.Url
  wish.fee, wish.answer_fee = amount.parse(tags.Fee), amount.parse(tags["Answer-Fee"])
  if (tags.Fee and not wish.fee) or (tags["Answer-Fee"] and not wish.answer_fee) then
    return nil, "3.1 amount"
  end
  if wish.answer_fee and amount.less(wish.answer_fee, state.params.answer_fee_floor) then
    return nil, "4.6 floor"
  end
  if #call.items > 0 then
    local key, code = new_key(call, operator)
    if key == nil then return nil, code end
    wish.key = key
  end
  if next(wish) == nil then return nil, "4 nothing" end
  return wish
end

--- `Update`: any of Url, Fee, Answer-Fee, and one enclosed Origin-Key item of a new hot key.
function update.update(call)
  local operator = operators.of_owner(call.caller) or operators.at(call.caller)
  if operator == nil then return nil, "4 operator" end
  if operator.status ~= "Bonded" then return nil, "4 state" end
  local wish, code = wishes(call, operator)
  if wish == nil then return nil, code end
  if wish.url then operator.url = wish.url end
  if wish.fee then fees.set(operator.fee, wish.fee, call.height) end
  if wish.answer_fee then fees.set(operator.answer_fee, wish.answer_fee, call.height) end
  if wish.key then keys.install(operator, wish.key, call.height) end
  return {
    Operator = operator.address, Fee = fees.shown(operator.fee),
    ["Answer-Fee"] = fees.shown(operator.answer_fee),
  }
end

return update
