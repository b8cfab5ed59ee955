--- The stake token (3.1), as wallets and exchanges on ao know it: `Info`, `Balance`, `Balances`,
--- `Total-Supply`, `Transfer` with its two notices.

local token = {}

local amount = require("origin.amount")
local ledger = require("origin.ledger")
local reply = require("origin.reply")
local state = require("origin.state")
local text = require("origin.text")

local DENOMINATION = "12"
-- Accounts in one answer of `Balances`.
local PAGE = 1000

local function supply_now()
  return amount.text(amount.sub(state.supply, state.burned))
end

--- Tags of the sender that begin with "X-" go along with a notice.
local function pass_on(call, notice)
  for name, value in pairs(call.tags) do
    if name:sub(1, 2) == "X-" and name ~= "X-Reference" and name ~= "X-Origin" then notice[name] = value end
  end
  return notice
end

local function notify(call, recipient, quantity)
  reply.send(call, pass_on(call, {
    Action = "Debit-Notice", Recipient = recipient, Quantity = quantity,
    Data = "You transferred " .. quantity .. " to " .. recipient,
  }))
  ao.send(pass_on(call, {
    Target = recipient, Action = "Credit-Notice", Sender = call.caller, Quantity = quantity,
    Data = "You received " .. quantity .. " from " .. call.caller,
  }))
end

--- `Transfer`: Recipient, Quantity above 0; with `Cast` nobody is told.
function token.transfer(call)
  local recipient, sum = call.tags.Recipient, amount.positive(call.tags.Quantity)
  if not text.is_address(recipient) then return nil, "3.1 recipient" end
  if sum == nil then return nil, "3.1 amount" end
  if not ledger.has(call.caller, sum) then return nil, "3.1 balance" end
  ledger.take(call.caller, sum)
  ledger.give(recipient, sum)
  if not call.tags.Cast then notify(call, recipient, call.tags.Quantity) end
  return nil
end

--- `Info`: name, ticker, logo and denomination as tags.
function token.info(call)
  reply.send(call, {
    Action = "Info", Name = state.token.name, Ticker = state.token.ticker, Logo = state.token.logo,
    Denomination = DENOMINATION, ["Total-Supply"] = supply_now(),
    Data = json.encode({
      ok = true, Height = state.height, Supply = amount.text(state.supply),
      Burned = amount.text(state.burned), Accounts = #state.accounts,
      Operators = #state.operator_list, Processes = #state.process_list,
    }),
  })
end

--- `Balance`: of Recipient (or Target, Account), else of the sender.
function token.balance(call)
  local account = call.tags.Recipient or call.tags.Target or call.tags.Account or call.caller
  local balance = amount.text(ledger.free(account))
  reply.send(call, {
    Action = "Balance-Response", Account = account, Balance = balance, Ticker = state.token.ticker,
    Data = balance,
  })
end

--- `Balances`: a page of them as JSON, in the order of their first credit, from the index `First` on.
function token.balances(call)
  local from, shown = math.max(text.count(call.tags.First) or 1, 1), {}
  for index = from, math.min(from + PAGE - 1, #state.accounts) do
    local account = state.accounts[index]
    shown[account] = amount.text(state.balances[account])
  end
  reply.send(call, {
    Action = "Balances-Response", Ticker = state.token.ticker,
    Data = next(shown) and json.encode(shown) or "{}",
  })
end

--- `Total-Supply`: what is not burned.
function token.total_supply(call)
  reply.send(call, { Action = "Total-Supply", Ticker = state.token.ticker, Data = supply_now() })
end

return token
