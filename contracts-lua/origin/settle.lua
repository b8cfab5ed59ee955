--- `Settle` (5.12, 6.5): anyone may make the court look at a process, and at one of its cases.

local settle = {}

local amount = require("origin.amount")
local case_row = require("origin.case_row")
local expiry = require("origin.expiry")
local ledger = require("origin.ledger")
local state = require("origin.state")
local text = require("origin.text")

--- The case that the tags name, if it is unfinished, or moot and not yet paid back.
local function named(call, process)
  local number = text.count(call.tags.Case)
  local case = number and state.cases[number]
  if case and case.process == process and case.message == call.tags.Message and not case.ended then
    return case
  end
end

--- `Settle`: Process, and Case and Message. The look that comes with naming it has done the work.
function settle.settle(call)
  local process, case = state.processes[call.tags.Process], nil
  if process == nil then return nil, "5.12 process" end
  if call.tags.Case ~= nil then
    case = named(call, process)
    if case == nil then return nil, "6.5 case" end
    expiry.settle(case, call.log)
  end
  local lease = process.lease
  return {
    Process = process.id, Escrow = amount.text(ledger.escrow(process.id)),
    ["Paid-To"] = lease and lease.paid_to or nil, Owed = lease and amount.text(lease.owed) or nil,
    State = case and case_row.state(case),
  }
end

return settle
