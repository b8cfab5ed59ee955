--- `Report` (6, 6.1): faults that two signatures, or one, prove on the spot: no bond, no window, no case.

local reports = {}

local amount = require("origin.amount")
local evidence = require("origin.evidence")
local leases = require("origin.leases")
local slash = require("origin.slash")
local state = require("origin.state")
local text = require("origin.text")

-- Who shares one bounty (6.8).
local REPORTERS_MAX = 16

--- A tenth of the bond that is not the lease's own.
local function tenth_beside(operator, allocation)
  if amount.less(operator.bond, allocation) then return 0 end
  return amount.share(amount.sub(operator.bond, allocation), 1, 10)
end

--- Whether one slot was assigned twice.
local function is_double(found)
  local one, other = found.first.entries[found.slot], found.second.entries[found.slot]
  return one and other and not evidence.same(one, other)
end

--- Whether a slot does not follow from the one before.
local function is_broken(found)
  local next_slot = tostring(math.tointeger(found.slot) + 1)
  return found.first.entries[found.slot] and found.second.entries[next_slot]
    and found.second.follows == false
end

--- Whether somebody signed for an epoch that he never held.
local function is_foreign(found)
  local process, epoch = found.process, found.first.epoch
  if epoch == 0 and found.first.signer == process.scheduler then return false end
  return process.tenures[epoch] ~= found.operator.address
end

-- The three reports: how many enclosures, what they must show, and what is slashed.
local FAULTS = {
  Double = {
    enclosed = 2, is_shown = is_double, tombstone = true,
    sum = function(operator, allocation)
      return amount.add(allocation, tenth_beside(operator, allocation))
    end,
  },
  Chain = { enclosed = 2, is_shown = is_broken, sum = function(_, allocation) return allocation end },
  Tenure = {
    enclosed = 1, is_shown = is_foreign,
    sum = function(operator) return amount.share(operator.bond, 1, 10) end,
  },
}

--- What is enclosed: `Signed` of each; nil where it is not what the fault needs.
local function signed_of(call, fault, process)
  if #call.items ~= fault.enclosed then return nil end
  local found = {}
  for place, item in ipairs(call.items) do
    if item.Signed == nil or item.Signed.process ~= process.id then return nil end
    found[place] = item.Signed
  end
  return found
end

--- Whose hot keys signed all of it, or nil.
local function signer_of(signed)
  local operator = evidence.operator(signed[1].signer)
  for _, one in ipairs(signed) do
    if evidence.operator(one.signer) ~= operator then return nil end
  end
  return operator
end

--- The lease at fault, or nil.
local function lease_of(call, signed, process, operator)
  if signed[1].epoch ~= signed[2].epoch then return nil end
  local lease = evidence.lease(process, signed[1].epoch, call.mined)
  return lease and lease.operator == operator and lease or nil
end

--- What the report says, checked: the order of the codes is the table's.
local function read(call)
  local fault, process = FAULTS[call.tags.Fault], state.processes[call.tags.Process]
  if fault == nil then return nil, "6 fault" end
  if process == nil then return nil, "5.12 process" end
  local slot = text.count(call.tags.Slot)
  if fault.enclosed == 2 and slot == nil then return nil, "6 slot" end
  local signed = signed_of(call, fault, process)
  if signed == nil then return nil, "6 items" end
  local operator = signer_of(signed)
  if operator == nil then return nil, "6 signer" end
  local lease = fault.enclosed == 2 and lease_of(call, signed, process, operator)
  if lease == nil then return nil, "6 epoch" end
  local found = {
    fault = fault, process = process, operator = operator, lease = lease or nil,
    slot = call.tags.Slot, first = signed[1], second = signed[2], epoch = signed[1].epoch,
  }
  if lease and slot < process.lowest or not fault.is_shown(found) then return nil, "6 evidence" end
  return found
end

--- Nil, or why the caller has no part in a fault that is known.
local function late(call, known)
  if call.height > known.at + state.params.bounty_window then return "6.1 late" end
  if #known.reporters >= REPORTERS_MAX then return "6.1 full" end
  for _, address in ipairs(known.reporters) do
    if address == call.caller then return "6.1 twice" end
  end
end

--- Slashes, ends the lease at once, and tombstones (6, order).
local function punish(call, found)
  local operator, lease, fault = found.operator, found.lease, found.fault
  local known = { at = call.height, reporters = { call.caller } }
  local sum = fault.sum(operator, lease and leases.allocation(lease))
  known.sum = slash.take(operator, lease, sum, known.reporters, found.process.id).sum
  if lease and lease.live then leases.finish(found.process, "Unhosted") end
  if fault.tombstone then slash.tombstone(operator) end
  return known
end

--- `Report`: Process, Fault, Slot, and the evidence.
function reports.report(call)
  local found, code = read(call)
  if found == nil then return nil, code end
  local operator, process = found.operator, found.process
  local key = call.tags.Fault .. found.epoch .. "." .. operator.address
  local known = process.faults and process.faults[key]
  code = known and late(call, known)
  if code then return nil, code end
  local joined = known ~= nil
  if joined then
    known.reporters[#known.reporters + 1] = call.caller
  else
    known = punish(call, found)
    process.faults = process.faults or {}
    process.faults[key] = known
  end
  return {
    Operator = operator.address, Process = process.id, Epoch = found.epoch,
    Slashed = amount.text(known.sum), Joined = joined,
  }
end

return reports
