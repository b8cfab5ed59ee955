--- `Challenge-Data` and `Answer-Data` (5.10): a slot whose message cannot be had.

local data = {}

local amount = require("origin.amount")
local buffer = require("origin.buffer")
local cases = require("origin.cases")
local challenge = require("origin.challenge")
local deposits = require("origin.deposits")
local evidence = require("origin.evidence")
local ledger = require("origin.ledger")
local senders = require("origin.senders")
local state = require("origin.state")
local text = require("origin.text")

-- Messages in one answer: as many as a Challenge encloses.
local MESSAGES_MAX = 64

--- The signed slot that is asked for: process, slot and what stands there; nil if there is none.
local function asked(call)
  local process, slot = state.processes[call.tags.Process], text.count(call.tags.Slot)
  local head = process and call.log[process.id]
  local place = slot and head and head.at and head.at[call.tags.Slot]
  if not place or place.virtual or slot < process.lowest then return nil end
  return process, slot, place
end

--- The lease that is accused; or nil and a code.
local function accused(call, process, slot, place)
  local lease = evidence.lease(process, place.epoch, call.mined)
  if lease == nil then return nil, "5.10 epoch" end
  if cases.find(process, "Data", nil, slot) then return nil, "5.10 open" end
  if process.voided and process.voided[slot] then return nil, "5.10 done" end
  return lease
end

--- `Challenge-Data`: Process, Slot, Answer-Fee.
function data.challenge(call)
  local process, slot, place = asked(call)
  if process == nil then return nil, "5.10 slot" end
  local lease, code = accused(call, process, slot, place)
  if lease == nil then return nil, code end
  local fee
  fee, code = challenge.answer_fee(call, lease)
  if fee == nil then return nil, code end
  local bond = deposits.bond(fee, senders.open_on(process, call.caller))
  if not ledger.has(call.caller, bond) then return nil, "3.1 balance" end
  local case = cases.open(lease, "Data", slot, place.message, buffer.window(lease))
  return {
    Process = process.id, Posted = amount.text(bond),
    Cases = { challenge.enter(call, case, bond, false) },
  }
end

--- Closes a case whose message is here: half of the bond is the answerer's.
local function close(call, case)
  local paid = deposits.halve(case.challengers[1], call.caller)
  cases.finish(case, "Closed")
  return { Case = case.number, Slot = case.slot, State = case.state }, paid
end

--- `Answer-Data`: Process, and the messages.
function data.answer(call)
  if #call.items < 1 or #call.items > MESSAGES_MAX then return nil, "5.10 items" end
  local process, answered, sum = state.processes[call.tags.Process], {}, 0
  for _, item in ipairs(call.items) do
    local case = process and cases.of_body(process, item.Id)
    if case and call.mined <= case.deadline then
      local shown, paid = close(call, case)
      answered[#answered + 1], sum = shown, amount.add(sum, paid)
    end
  end
  if #answered == 0 then return nil, "5.10 case" end
  return { Answered = answered, Paid = amount.text(sum) }
end

--- A case against the slot expired: it is a no-op for ever.
function data.void(case)
  local process = case.process
  process.voided = process.voided or {}
  process.voided[case.slot] = true
end

return data
