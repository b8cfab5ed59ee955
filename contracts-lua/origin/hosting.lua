--- `Host`, `Register` and `Leave` (5.1, 5.13, 5.15): how a process comes to its first host, and how a
--- host says that it goes.

local hosting = {}

local amount = require("origin.amount")
local items = require("origin.items")
local keys = require("origin.keys")
local leases = require("origin.leases")
local ledger = require("origin.ledger")
local operators = require("origin.operators")
local outcome = require("origin.outcome")
local queue = require("origin.queue")
local state = require("origin.state")
local text = require("origin.text")

--- The terms that a process sets, by a function from name to text: its spawn's tags, or those of a
--- Register. Nil and a code where they are none.
local function terms_of(value)
  local given, params = value("Challenge-Period"), state.params
  local period = given == nil and params.period_default or text.count(given)
  if period == nil or period < params.period_min or period > params.period_max then
    return nil, "5.1 period"
  end
  local terms = {
    period = period, min_allocation = amount.positive(value("Min-Allocation")),
    max_fee = amount.positive(value("Max-Fee")), deposit = amount.parse(value("Hosting-Deposit")),
  }
  if not (terms.min_allocation and terms.max_fee and terms.deposit) then return nil, "5.1 terms" end
  return terms
end

--- Takes the terms over into the record of a process, and makes it if it is not there.
local function record(id, spawn, terms)
  local process = state.processes[id]
  if process == nil then
    process = { id = id, epoch = 0, first = 1, lowest = 1, leases = {}, tenures = {} }
    process.scheduler = items.tag(spawn, "Scheduler")
    state.processes[id] = process
    state.process_list[#state.process_list + 1] = process
  end
  for name, value in pairs(terms) do process[name] = value end
  return process
end

--- The one enclosed spawn of a message, or nil.
local function spawn_of(call)
  local spawn = call.items[1]
  if #call.items ~= 1 or not items.has(spawn, { "Type", "Process", "Data-Protocol", "ao" }) then return nil end
  return spawn
end

--- The operator that may host now, or nil and a code.
local function able(call)
  local operator = operators.at(call.caller)
  if operator == nil then return nil, "4 operator" end
  if operator.tombstoned then return nil, "4 tombstoned" end
  if operator.status ~= "Bonded" then return nil, "4 state" end
  if operators.is_jailed(operator, call.height) then return nil, "4 jailed" end
  if amount.less(operator.bond, state.params.min_bond) then return nil, "4 min-bond" end
  if operator.leases >= operators.LEASES_MAX then return nil, "4.1 leases" end
  return operator
end

--- Whether the tags name what is registered: whoever registers again meanwhile binds no host by it (5.15).
local function agrees(call, process)
  local tags = call.tags
  local terms = terms_of(function(name) return tags[name] end)
  return terms and terms.period == process.period and terms.min_allocation == process.min_allocation
    and terms.max_fee == process.max_fee and terms.deposit == process.deposit
    and text.count(tags["First-Slot"]) == process.first and tags["Legacy-Chain"] == process.legacy
end

--- What the process asks for: the registered terms, or those of the spawn; or nil and a code.
local function asked(call, spawn)
  local known = state.processes[spawn.Id]
  if known and known.status ~= "Registered" then return nil, "5.1 known" end
  if known and not agrees(call, known) then return nil, "5.15 terms" end
  if known then return known end
  if items.tag(spawn, "Origin") ~= ao.id then return nil, "5.1 origin" end
  local period = items.tag(spawn, "Challenge-Period")
  if period == nil and not items.lacks(spawn, "Challenge-Period") then return nil, "5.1 period" end
  return terms_of(function(name) return items.tag(spawn, name) end)
end

--- What the operator offers: rate and caps within the process's Max-Fee; or nil and a code.
local function offered(call, terms)
  local rate, fee_cap = amount.positive(call.tags.Rate), amount.parse(call.tags["Fee-Cap"])
  local answer_cap = amount.parse(call.tags["Answer-Cap"])
  if rate == nil or amount.less(terms.max_fee, rate) then return nil, "5.1 rate" end
  if fee_cap == nil or answer_cap == nil or amount.less(terms.max_fee, fee_cap)
    or amount.less(terms.max_fee, answer_cap) then
    return nil, "5.1 cap"
  end
  if amount.less(answer_cap, state.params.answer_fee_floor) then return nil, "4.6 floor" end
  return { rate = rate, fee_cap = fee_cap, answer_cap = answer_cap }
end

--- Nil, or why operator and process do not fit.
local function misfit(call, operator, spawn, terms)
  local scheduler = items.tag(spawn, "Scheduler")
  if not (scheduler and keys.counts(operator, scheduler, call.mined)) then return "5.1 scheduler" end
  if amount.less(ledger.escrow(spawn.Id), terms.deposit) then return "5.1 escrow" end
  if not operators.has_free(operator, terms.min_allocation) then return "4.4 stake" end
end

--- `Host`: Rate, Fee-Cap, Answer-Cap, and the enclosed spawn.
function hosting.host(call)
  local operator, code = able(call)
  if operator == nil then return nil, code end
  local spawn = spawn_of(call)
  if spawn == nil then return nil, "5.1 spawn" end
  local terms, offer
  terms, code = asked(call, spawn)
  if terms == nil then return nil, code end
  offer, code = offered(call, terms)
  if offer == nil then return nil, code end
  code = misfit(call, operator, spawn, terms)
  if code then return nil, code end
  local process = state.processes[spawn.Id] or record(spawn.Id, spawn, terms)
  local lease = leases.begin(process, operator, offer, call.height)
  return { Process = process.id, Epoch = lease.epoch, First = process.first, Lease = lease.number }
end

--- `Register`: First-Slot, Legacy-Chain, Challenge-Period, Max-Fee, Min-Allocation, Hosting-Deposit, and
--- the enclosed spawn, by the spawn's owner; may be repeated until `Host`.
function hosting.register(call)
  local spawn = spawn_of(call)
  if spawn == nil then return nil, "5.1 spawn" end
  if spawn.Owner ~= call.caller then return nil, "5.15 owner" end
  local known = state.processes[spawn.Id]
  if known and known.status ~= "Registered" then return nil, "5.1 known" end
  if not items.lacks(spawn, "Origin") then return nil, "5.15 origin" end
  if not text.is_id(items.tag(spawn, "Scheduler")) then return nil, "5.1 scheduler" end
  local first, chain = text.count(call.tags["First-Slot"]), call.tags["Legacy-Chain"]
  if first == nil or first < 1 or not text.is_id(chain) then return nil, "5.15 slot" end
  local terms, code = terms_of(function(name) return call.tags[name] end)
  if terms == nil then return nil, code end
  local process = record(spawn.Id, spawn, terms)
  process.status, process.legacy, process.first, process.lowest = "Registered", chain, first, first
  outcome.touch(process)
  return { Process = process.id, First = first }
end

--- `Leave`: the host of the process named by `Process` goes after `notice` blocks.
function hosting.leave(call)
  local process = state.processes[call.tags.Process]
  local lease = process and process.lease
  if lease == nil then return nil, "5.13 hosted" end
  if lease.operator.address ~= call.caller then return nil, "5.13 host" end
  if lease.notice then return nil, "5.13 notice" end
  if lease.arrears then return nil, "5.14 arrears" end
  local due = call.height + state.params.notice + 1
  lease.notice = queue.schedule(due, "leave", lease, process.id)
  outcome.touch(process)
  return { Process = process.id, Epoch = lease.epoch, Due = due }
end

return hosting
