--- One message from the node to its verdict (2.4, 2.8, 3.4): the order of things, and nothing else.
--
-- 1. A Tick applies what is due. 2. Before the genesis message nothing else counts. 3. The inbox fee is
-- burned; who cannot pay it has sent nothing. 4. A message with a bad child, an unknown action or too
-- many processes is refused. 5. Looks. 6. The action: applied whole, or refused. Fee and looks stand
-- either way.

local answer = require("origin.answer")
local authorize = require("origin.authorize")
local bond = require("origin.bond")
local challenge = require("origin.challenge")
local data = require("origin.data")
local escrow = require("origin.escrow")
local genesis = require("origin.genesis")
local hosting = require("origin.hosting")
local ledger = require("origin.ledger")
local looks = require("origin.looks")
local outcome = require("origin.outcome")
local publication = require("origin.publication")
local reply = require("origin.reply")
local reports = require("origin.reports")
local settle = require("origin.settle")
local state = require("origin.state")
local tick = require("origin.tick")
local token = require("origin.token")
local unbonding = require("origin.unbonding")
local update = require("origin.update")
local views = require("origin.views")

local ACTIONS = {
  Info = token.info, Balance = token.balance, Balances = token.balances,
  ["Total-Supply"] = token.total_supply, Transfer = token.transfer,
  Params = views.params, Operators = views.operators, Processes = views.processes,
  Bond = bond.bond, Update = update.update, Unbond = unbonding.unbond, Withdraw = unbonding.withdraw,
  Authorize = authorize.authorize, Revoke = authorize.revoke,
  Host = hosting.host, Register = hosting.register, Leave = hosting.leave,
  Fund = escrow.fund, Settle = settle.settle, Heartbeat = escrow.heartbeat,
  Challenge = challenge.challenge, Answer = answer.answer,
  ["Challenge-Publication"] = publication.challenge,
  ["Challenge-Data"] = data.challenge, ["Answer-Data"] = data.answer,
  Report = reports.report, Cases = views.cases,
}

local NO_ITEMS, NO_LOG = {}, {}

--- The message as actions see it. What the node says is never text but for its own fields, so a tag of
--- the same name is no use to a forger.
local function call_of(msg)
  local height = math.tointeger(msg["Block-Height"])
  local mined, log = msg.Mined, msg.Log
  local read_only = msg["Read-Only"] == true
  if read_only then height, mined, log = state.height, state.height, nil end
  return {
    id = msg.Id, caller = msg.Owner, slot = msg.Nonce, tags = msg.Tags, data = msg.Data,
    height = height, mined = math.type(mined) == "integer" and mined or height,
    items = type(msg.Items) == "table" and msg.Items or NO_ITEMS,
    bad_items = type(msg.Items) == "string" and msg.Items or nil,
    log = type(log) == "table" and log or NO_LOG,
    read_only = read_only,
  }
end

--- The action's answer, or nil and the code of a refusal.
local function perform(call)
  if call.bad_items then return nil, call.bad_items end
  local action = ACTIONS[call.tags.Action]
  if action == nil then return nil, "2.2 action" end
  local names = looks.names(call)
  if names == nil then return nil, "2.8 names" end
  looks.at_all(names, call.log)
  return action(call)
end

local function respond(call, fields, code)
  local name = ACTIONS[call.tags.Action] and call.tags.Action or "Action"
  if code then
    reply.refuse(call, name, code)
  elseif fields then
    reply.accept(call, name, fields)
  end
  outcome.print(code)
end

--- What comes where there is no court: the genesis message, and after a refused one nothing (2.10).
local function begin_court(call)
  if not genesis.is_due(call) then return respond(call, nil, genesis.NEVER) end
  local fields, code = genesis.run(call)
  if code then
    reply.refuse(call, "Genesis", code)
  else
    reply.accept(call, "Genesis", fields)
  end
  outcome.print(code)
end

local function run_item(call)
  local fee = call.read_only and 0 or state.params.inbox_fee
  if not ledger.has(call.caller, fee) then return outcome.print_unfunded() end
  ledger.take(call.caller, fee)
  ledger.burn(fee)
  respond(call, perform(call))
end

--- Takes each message of the node.
return function(msg)
  outcome.begin()
  local call = call_of(msg)
  if type(msg.Tick) == "table" then
    if state.params == nil then return outcome.print(genesis.NEVER) end
    tick.run(msg.Tick, call.log)
    return outcome.print()
  end
  if state.params == nil then return begin_court(call) end
  run_item(call)
end
