--- `Challenge` (6.3, 6.4): somebody's messages wait, and the host has to take them or lose stake.

local challenge = {}

local amount = require("origin.amount")
local buffer = require("origin.buffer")
local cases = require("origin.cases")
local deposits = require("origin.deposits")
local fees = require("origin.fees")
local items = require("origin.items")
local ledger = require("origin.ledger")
local looks = require("origin.looks")
local senders = require("origin.senders")
local state = require("origin.state")

-- Messages in one item, and bytes of one (6.3).
local MESSAGES_MAX, BYTES_MAX = 64, 256 * 1024
-- Inbox fees that a case burns which is opened so: its item brings up to 64 of them (6.4).
local OPENING_FEES = 5

local function is_message(item, process)
  return item.Target == process and items.has(item, { "Type", "Message", "Data-Protocol", "ao" })
    and math.type(item.Size) == "integer" and item.Size <= BYTES_MAX
end

--- Nil, or why these are no messages for the process.
local function enclosure_refusal(call)
  if #call.items < 1 or #call.items > MESSAGES_MAX then return "6.3 items" end
  local seen = {}
  for _, item in ipairs(call.items) do
    if not is_message(item, call.tags.Process) then return "6.3 items" end
  end
  for _, item in ipairs(call.items) do
    if seen[item.Id] then return "6.3 twice" end
    seen[item.Id] = true
  end
end

--- The fees in force for a lease at the mined height: message fee, answer fee (4.6).
local function in_force(call, lease)
  local operator = lease.operator
  return fees.in_force(operator.fee, lease.fee_cap, call.mined),
    fees.in_force(operator.answer_fee, lease.answer_cap, call.mined)
end

--- The answer fee that bonds are counted in; nil and a code where less is named.
function challenge.answer_fee(call, lease)
  local named, _, due = amount.parse(call.tags["Answer-Fee"]), in_force(call, lease)
  if named == nil then return nil, "3.1 amount" end
  if amount.less(named, due) then return nil, "6.3 fees" end
  return due
end

--- Both fees; nil and a code.
local function fees_of(call, lease)
  local named, most = amount.parse(call.tags.Fee), amount.parse(call.tags["Answer-Fee"])
  if named == nil or most == nil then return nil, "3.1 amount" end
  local fee, answer_fee = in_force(call, lease)
  if amount.less(named, fee) or amount.less(most, answer_fee) then return nil, "6.3 fees" end
  return { fee = fee, answer_fee = answer_fee }
end

--- Nil, or why no case can be opened or joined about a message.
local function refusal(call, lease, message)
  if looks.place(call.log, lease.process.id, message) then return "6.3 logged" end
  local case = cases.find(lease.process, "Liveness", lease.epoch, nil, message)
  if case == nil then return nil end
  if case.state == "Answered" then return "6.4 answered" end
  return cases.join_refusal(case, call.caller, call.mined)
end

--- What each message costs, in their order, what that posts, and what it burns; or nil and a code.
local function plan_of(call, lease, due)
  local open, plan, sum, opened = senders.open_on(lease.process, call.caller), {}, 0, 0
  for place, item in ipairs(call.items) do
    local code = refusal(call, lease, item.Id)
    if code then return nil, code end
    local case = cases.find(lease.process, "Liveness", lease.epoch, nil, item.Id)
    local bond = deposits.bond(due.answer_fee, open + place - 1)
    plan[place] = { case = case, bond = bond, message = item.Id }
    sum = amount.add(sum, bond)
    if case == nil then
      sum, opened = amount.add(sum, amount.add(due.fee, due.answer_fee)), opened + 1
    end
  end
  return plan, sum, amount.times(state.params.inbox_fee, OPENING_FEES * opened)
end

--- Takes a bond, and says what came of it.
function challenge.enter(call, case, bond, joined)
  ledger.take(call.caller, bond)
  cases.join(case, call.caller, bond, call.mined)
  return { Case = case.number, Message = case.message, Deadline = case.deadline, Joined = joined }
end

local function carry_out(call, lease, due, step)
  if step.case then return challenge.enter(call, step.case, step.bond, true) end
  local case = cases.open(lease, "Liveness", nil, step.message, buffer.window(lease))
  local shown = challenge.enter(call, case, step.bond, false)
  deposits.post(case, due.fee, due.answer_fee)
  return shown
end

--- `Challenge`: Process, Fee, Answer-Fee, and the messages.
function challenge.challenge(call)
  local code = enclosure_refusal(call)
  if code then return nil, code end
  local process = state.processes[call.tags.Process]
  local lease = process and process.lease
  if lease == nil then return nil, "6.3 hosted" end
  local due, plan, sum, burned
  due, code = fees_of(call, lease)
  if due == nil then return nil, code end
  plan, sum, burned = plan_of(call, lease, due)
  if plan == nil then return nil, sum end
  if not ledger.has(call.caller, amount.add(sum, burned)) then return nil, "3.1 balance" end
  ledger.take(call.caller, burned)
  ledger.burn(burned)
  local shown = {}
  for place, step in ipairs(plan) do shown[place] = carry_out(call, lease, due, step) end
  return { Process = process.id, Posted = amount.text(sum), Cases = shown }
end

return challenge
