--- `Authorize` and `Revoke` (4.7): an operator's authority keys come and go.
--
-- An Origin-Authority item is signed by the key that it brings in, so that nobody takes one that is not his.

local authorize = {}

local authorities = require("origin.authorities")
local items = require("origin.items")
local operators = require("origin.operators")
local state = require("origin.state")

local function reply_of(operator)
  return { Operator = operator.address, Authorities = authorities.shown(operator) }
end

--- The key that the enclosed item brings, or nil and a code.
local function new_key(call, operator)
  local item = call.items[1]
  local wanted = {
    "Action", "Origin-Authority", "Origin", ao.id, "Owner", operator.owner, "Operator", operator.address,
  }
  if #call.items ~= 1 or not items.has(item, wanted) then return nil, "4.7 items" end
  if state.authorities[item.Owner] then return nil, "4.7 used" end
  if #operator.authorities >= authorities.MAX then return nil, "4.7 full" end
  return item.Owner
end

--- `Authorize`: one enclosed Origin-Authority item of the new key.
function authorize.authorize(call)
  local operator = operators.of_owner(call.caller)
  if operator == nil then return nil, "4 owner" end
  if operator.tombstoned then return nil, "4 tombstoned" end
  if operator.status == nil then return nil, "4 state" end
  local key, code = new_key(call, operator)
  if key == nil then return nil, code end
  authorities.add(operator, key)
  return reply_of(operator)
end

--- `Revoke`: Key.
function authorize.revoke(call)
  local operator = operators.of_owner(call.caller) or operators.at(call.caller)
  if operator == nil then return nil, "4 operator" end
  if not authorities.remove(operator, call.tags.Key) then return nil, "4.7 key" end
  return reply_of(operator)
end

return authorize
