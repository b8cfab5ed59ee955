--- What anyone may read: `Params`, `Operators`, `Processes`, `Cases`. Heights are those of the state at hand:
--- soft at the tip, firm `settlement_depth` blocks below it (1.2).

local views = {}

local amount = require("origin.amount")
local authorities = require("origin.authorities")
local case_row = require("origin.case_row")
local fees = require("origin.fees")
local hosting_row = require("origin.hosting_row")
local ledger = require("origin.ledger")
local operators = require("origin.operators")
local params = require("origin.params")
local state = require("origin.state")
local text = require("origin.text")
local unbonding = require("origin.unbonding")

-- Rows in one answer.
local PAGE = 100

--- `Params`: all parameters.
function views.params()
  return { Height = state.height, Parameters = params.shown(state.params) }
end

local function operator_row(operator)
  return {
    Operator = operator.address, Owner = operator.owner, Url = operator.url,
    State = operators.state(operator), ["Hot-Key"] = operator.hot_key,
    Authorities = authorities.shown(operator),
    Bond = amount.text(operator.bond), Live = amount.text(operator.live),
    Reserves = amount.text(operator.reserves), Held = amount.text(operator.held),
    Free = amount.text(operators.free(operator)), Pool = amount.text(operator.pool),
    Unbonding = unbonding.shown(operator), Leases = operator.leases, Cases = operator.cases,
    Fee = fees.shown(operator.fee), ["Answer-Fee"] = fees.shown(operator.answer_fee),
    ["Bonded-At"] = operator.bonded_at, ["Jailed-Until"] = operator.jailed_until,
    Tombstoned = operator.tombstoned or false,
  }
end

local function lease_row(lease)
  return lease and {
    Number = lease.number, Operator = lease.operator.address, Rate = amount.text(lease.rate),
    ["Fee-Cap"] = amount.text(lease.fee_cap), ["Answer-Cap"] = amount.text(lease.answer_cap),
    Allocation = amount.text(lease.allocation), Start = lease.start, ["Paid-To"] = lease.paid_to,
    Owed = amount.text(lease.owed), Buffer = lease.buffer, Cases = lease.cases or 0,
  }
end

local function process_row(process)
  return {
    Process = process.id, State = hosting_row.state(process), Epoch = process.epoch,
    First = process.first, Period = process.period, ["Max-Fee"] = amount.text(process.max_fee),
    ["Min-Allocation"] = amount.text(process.min_allocation),
    ["Hosting-Deposit"] = amount.text(process.deposit),
    Escrow = amount.text(ledger.escrow(process.id)), Lease = lease_row(process.lease),
    U = process.ended, Legacy = process.legacy,
  }
end

--- Rows of a list from the index `First` on, and the index that follows, if there is more. A list that
--- forgets says where it begins and ends.
local function page(call, list, row)
  local first, last, rows = list.first or 1, list.last or #list, {}
  local from = math.max(text.count(call.tags.First) or first, first)
  for index = from, math.min(from + PAGE - 1, last) do rows[#rows + 1] = row(list[index]) end
  return { Height = state.height, Rows = rows, Next = from + PAGE <= last and from + PAGE or nil }
end

--- `Operators`: the one of the tag Operator, or a page in the order of their first Bond.
function views.operators(call)
  if call.tags.Operator == nil then return page(call, state.operator_list, operator_row) end
  local operator = operators.at(call.tags.Operator)
  if operator == nil then return nil, "4 operator" end
  return { Height = state.height, Rows = { operator_row(operator) } }
end

--- `Processes`: the one of the tag Process, or a page in the order in which they became known.
function views.processes(call)
  if call.tags.Process == nil then return page(call, state.process_list, process_row) end
  local process = state.processes[call.tags.Process]
  if process == nil then return nil, "5.12 process" end
  return { Height = state.height, Rows = { process_row(process) } }
end

--- `Cases`: the one of the tag Case, or a page of all, or of those of a process, by number.
function views.cases(call)
  if call.tags.Case ~= nil then
    local case = state.cases[text.count(call.tags.Case) or 0]
    if case == nil then return nil, "6 case" end
    return { Height = state.height, Rows = { case_row.view(case) } }
  end
  local id = call.tags.Process
  if id == nil then return page(call, state.cases, case_row.view) end
  local process = state.processes[id]
  return page(call, process and process.case_list or {}, case_row.view)
end

return views
