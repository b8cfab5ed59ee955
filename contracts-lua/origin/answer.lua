--- `Answer` (6.2): the assignments that a liveness case waits for, by whoever has them.

local answer = {}

local cases = require("origin.cases")
local deposits = require("origin.deposits")
local evidence = require("origin.evidence")
local looks = require("origin.looks")
local state = require("origin.state")

-- Receipts in one item (6.2).
local RECEIPTS_MAX = 64

--- The open case is answered by a slot: the host gets the answer fee, bonds are settled, and where the
--- message stands in that slot already, that is all.
-- @tparam table case
-- @tparam number slot
-- @param place where the message stands in the log: { slot, mined, … }, or false or nil
function answer.by(case, slot, place)
  local mined = place and place.slot == slot and place.mined or nil
  case.slot = slot
  deposits.settle_bonds(case, mined)
  deposits.pay_answer_fee(case)
  if mined == nil then return cases.await(case) end
  deposits.pay_fee(case)
  cases.finish(case, "Closed")
end

--- The open case that a receipt answers with an item mined at this height, and the receipt; or nil.
local function answered_by(call, item)
  local process = state.processes[item.Signed.process]
  local lease, receipt = process and process.lease, process and evidence.receipt(item, process)
  if not (lease and receipt) or receipt.signed.epoch ~= lease.epoch then return nil end
  if evidence.operator(receipt.signed.signer) ~= lease.operator then return nil end
  local case = cases.find(process, "Liveness", lease.epoch, nil, receipt.entry.message)
  if case and case.state == "Open" and call.mined <= case.deadline then return case, receipt end
end

local function are_receipts(call)
  for _, item in ipairs(call.items) do
    if item.Signed == nil or item.Signed.record then return false end
  end
  return #call.items >= 1 and #call.items <= RECEIPTS_MAX
end

--- `Answer`: 1 to 64 receipts.
function answer.answer(call)
  if not are_receipts(call) then return nil, "6.2 items" end
  local answered = {}
  for _, item in ipairs(call.items) do
    local case, receipt = answered_by(call, item)
    if case then
      answer.by(case, receipt.slot, looks.place(call.log, case.process.id, case.message))
      answered[#answered + 1] = { Case = case.number, Slot = case.slot, State = case.state }
    end
  end
  if #answered == 0 then return nil, "6.2 case" end
  return { Answered = answered }
end

return answer
