--- The three keys of an operator (4.3): who they may be, and from when until when a hot key counts.
--
-- An Origin-Key item says "I am willing": it is signed by the key that it brings in, so that nobody can
-- take a key, or an operator's address, that is not his.

local keys = {}

local items = require("origin.items")
local outcome = require("origin.outcome")
local state = require("origin.state")

local function is_willing(item, owner, operator)
  return items.has(item, { "Action", "Origin-Key", "Origin", ao.id, "Owner", owner, "Operator", operator })
end

--- The keys that the items of a first Bond bring: hot key, operator; or nil and a code.
-- The first item is the hot key's, the second the operator's, where that is not the owner.
function keys.of_first_bond(enclosed, owner)
  local hot_item, own_item = enclosed[1], enclosed[2]
  if hot_item == nil then return nil, "4.3 items" end
  local operator = items.tag(hot_item, "Operator")
  local expected = operator == owner and 1 or 2
  if operator == nil or #enclosed ~= expected or not is_willing(hot_item, owner, operator) then return nil, "4.3 items" end
  if own_item and (own_item.Owner ~= operator or not is_willing(own_item, owner, operator)) then
    return nil, "4.3 items"
  end
  return hot_item.Owner, operator
end

--- Whether an address may be the operator of this owner. An address has a role in one record only,
--- and a record keeps its owner for ever.
local function fits(operator, owner)
  local known = state.operators[operator]
  if known then return known.owner == owner end
  return state.owners[owner] == nil and state.operators[owner] == nil and state.owners[operator] == nil
end

--- Nil, or why the three cannot stand together (4.3).
function keys.refusal(hot_key, operator, owner)
  if hot_key == operator or hot_key == owner then return "4.3 same" end
  if state.hot_keys[operator] or not fits(operator, owner) then return "4.3 role" end
  return keys.hot_refusal(hot_key, operator)
end

--- Nil, or why the hot key cannot come to this operator: it was somebody's, or is an operator.
function keys.hot_refusal(hot_key, operator)
  local record = state.operators[operator]
  if state.operators[hot_key] then return "4.3 role" end
  local known = state.hot_keys[hot_key]
  if known and not (record and record.hot_key == hot_key) then return "4.3 used" end
end

--- Takes a hot key into use from this height on; the one before counts for `publish_within` more.
function keys.install(operator, hot_key, height)
  local before = operator.hot_key
  if before == hot_key then return end
  if before then
    local old = state.hot_keys[before]
    old.to = height + state.params.publish_within
    operator.old_key = before
    outcome.key(operator.address, before, old.from, old.to)
  end
  operator.hot_key = hot_key
  state.hot_keys[hot_key] = { operator = operator.address, from = height }
  outcome.key(operator.address, hot_key, height)
end

--- Whether an older key still counts at this height: then no further one comes (4.3).
function keys.is_changing(operator, height)
  local old = operator.old_key and state.hot_keys[operator.old_key]
  return old ~= nil and height <= old.to
end

--- Whether a key signs for the operator what is mined at this height.
function keys.counts(operator, key, mined)
  local row = state.hot_keys[key]
  return row ~= nil and row.operator == operator.address and row.from <= mined
    and (row.to == nil or mined <= row.to)
end

return keys
