--- Authority keys (4.7): which of them stand in a record, and from when until when each counts.
--
-- No rule here trusts them: outcomes list the heights, and the modules of processes see the keys (5.17).

local authorities = {}

local outcome = require("origin.outcome")
local state = require("origin.state")

-- Keys that may stand in one record at a time: a new one beside an old one, twice over.
authorities.MAX = 4

local function begin(operator, key)
  key.from = state.height
  outcome.authority(operator.address, key.address, key.from)
end

local function cease(operator, key)
  if key.from == nil then return end
  outcome.authority(operator.address, key.address, key.from, state.height)
  key.from = nil
end

--- All that stand begin to count: the record is Bonded.
function authorities.begin_all(operator)
  if operator.tombstoned then return end
  for _, key in ipairs(operator.authorities) do begin(operator, key) end
end

--- All that count cease to: the bond is gone, or the operator is tombstoned.
function authorities.cease_all(operator)
  for _, key in ipairs(operator.authorities) do cease(operator, key) end
end

--- Lets a key stand, and count where the record is Bonded.
function authorities.add(operator, address)
  local key = { address = address, from = nil }
  operator.authorities[#operator.authorities + 1] = key
  state.authorities[address] = operator.address
  if operator.status == "Bonded" then begin(operator, key) end
end

--- Takes a key out of its record for ever; false if it does not stand there.
function authorities.remove(operator, address)
  for index, key in ipairs(operator.authorities) do
    if key.address == address then
      cease(operator, key)
      table.remove(operator.authorities, index)
      return true
    end
  end
  return false
end

--- For answers and views: the addresses that stand; nil if none.
function authorities.shown(operator)
  local shown = {}
  for index, key in ipairs(operator.authorities) do shown[index] = key.address end
  return #shown > 0 and shown or nil
end

return authorities
