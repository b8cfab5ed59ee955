--- `Challenge-Publication` (6, non-publication): a receipt that its host signed and never published.

local publication = {}

local amount = require("origin.amount")
local buffer = require("origin.buffer")
local cases = require("origin.cases")
local challenge = require("origin.challenge")
local deposits = require("origin.deposits")
local evidence = require("origin.evidence")
local ledger = require("origin.ledger")
local senders = require("origin.senders")
local state = require("origin.state")

--- The receipt and the lease that it accuses; or nil and a code.
local function accused(call)
  local process = state.processes[call.tags.Process]
  local receipt = process and #call.items == 1 and evidence.receipt(call.items[1], process)
  if not receipt then return nil, "6 receipt" end
  local lease = evidence.lease(process, receipt.signed.epoch, call.mined)
  if lease == nil then return nil, "6 epoch" end
  if evidence.operator(receipt.signed.signer) ~= lease.operator then return nil, "6 signer" end
  return receipt, lease
end

--- Nil, or why it is no time for a case about the receipt.
local function refusal(call, receipt, lease)
  local stamp, within = receipt.entry.height, state.params.publish_within
  if receipt.signed.canonical then return "6 canonical" end
  if call.mined <= stamp + within then return "6 early" end
  if not lease.live and stamp > lease.ended - within then return "6 stamp" end
  if lease.slashed then return "6 slashed" end
end

--- `Challenge-Publication`: Process, Answer-Fee, and the receipt.
function publication.challenge(call)
  local receipt, lease = accused(call)
  if receipt == nil then return nil, lease end
  local code = refusal(call, receipt, lease)
  if code then return nil, code end
  local fee
  fee, code = challenge.answer_fee(call, lease)
  if fee == nil then return nil, code end
  local process, slot, message = lease.process, receipt.slot, receipt.entry.message
  local case = cases.find(process, "Publication", lease.epoch, slot, message)
  code = case and cases.join_refusal(case, call.caller, call.mined)
  if code then return nil, code end
  local bond = deposits.bond(fee, senders.open_on(process, call.caller))
  if not ledger.has(call.caller, bond) then return nil, "3.1 balance" end
  local joined = case ~= nil
  case = case or cases.open(lease, "Publication", slot, message, buffer.window(lease))
  return {
    Process = process.id, Posted = amount.text(bond),
    Cases = { challenge.enter(call, case, bond, joined) },
  }
end

return publication
