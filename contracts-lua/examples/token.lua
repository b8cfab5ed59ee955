--- A token with the messages that wallets and exchanges on ao know.
--
-- `Info`, `Balance`, `Balances`, `Total-Supply`, `Transfer` and `Mint`. Amounts are whole numbers in
-- decimal text, exact to 2^255; a transfer tells the sender `Debit-Notice` and the receiver
-- `Credit-Notice`, unless it carries the tag `Cast`.

local bint = require(".bint")(256)
local json = require("json")

-- An initial supply of 10,000 tokens, in the smallest unit.
local SUPPLY = "10000000000000000"

Denomination = Denomination or 12
Balances = Balances or { [Owner] = SUPPLY }
TotalSupply = TotalSupply or SUPPLY
Ticker = Ticker or ao.env.Process.Tags.Ticker or "EXAMPLE"
Logo = Logo or ao.env.Process.Tags.Logo or ""

local function balance_of(account)
  return Balances[account] or "0"
end

local function add(account, amount)
  local sum = bint.add(balance_of(account), amount)
  assert(not bint.isneg(sum), "the balance would overflow")
  Balances[account] = tostring(sum)
end

local function take(account, amount)
  local rest = bint.sub(balance_of(account), amount)
  Balances[account] = not bint.iszero(rest) and tostring(rest) or nil
end

--- An amount from a tag, or an error: decimal digits alone, above zero, and not beyond the width.
local function amount_of(text)
  assert(type(text) == "string" and text:match("^%d+$") and #text <= 76, "Quantity is a whole number")
  local amount = bint(text)
  assert(bint.ispos(amount), "Quantity is above 0")
  return amount
end

--- Tags that the sender wants to be passed on begin with "X-".
local function passed_on(msg, notice)
  for name, value in pairs(msg.Tags) do
    if name:sub(1, 2) == "X-" and name ~= "X-Reference" and name ~= "X-Origin" then notice[name] = value end
  end
  return notice
end

local function notify(msg, recipient)
  local quantity = msg.Quantity
  msg.reply(passed_on(msg, {
    Action = "Debit-Notice", Recipient = recipient, Quantity = quantity,
    Data = "You transferred " .. quantity .. " to " .. recipient,
  }))
  Send(passed_on(msg, {
    Target = recipient, Action = "Credit-Notice", Sender = msg.From, Quantity = quantity,
    Data = "You received " .. quantity .. " from " .. msg.From,
  }))
end

local function refuse(msg, reason)
  msg.reply({ Action = "Transfer-Error", ["Message-Id"] = msg.Id, Error = reason })
end

Handlers.add("info", "Info", function(msg)
  msg.reply({
    Action = "Info", Name = Name, Ticker = Ticker, Logo = Logo, Denomination = Denomination,
  })
end)

Handlers.add("balance", "Balance", function(msg)
  local account = msg.Recipient or msg.Account or msg.From
  local balance = balance_of(account)
  msg.reply({ Action = "Balance-Response", Account = account, Balance = balance, Ticker = Ticker, Data = balance })
end)

Handlers.add("balances", "Balances", function(msg)
  msg.reply({ Action = "Balances-Response", Ticker = Ticker, Data = json.encode(Balances) })
end)

Handlers.add("total-supply", "Total-Supply", function(msg)
  msg.reply({ Action = "Total-Supply", Ticker = Ticker, Data = TotalSupply })
end)

Handlers.add("transfer", "Transfer", function(msg)
  assert(type(msg.Recipient) == "string" and msg.Recipient ~= "", "Recipient is needed")
  local amount = amount_of(msg.Quantity)
  if bint.ult(balance_of(msg.From), amount) then return refuse(msg, "Insufficient Balance!") end
  take(msg.From, amount)
  add(msg.Recipient, amount)
  if not msg.Cast then notify(msg, msg.Recipient) end
end)

Handlers.add("mint", "Mint", function(msg)
  assert(msg.From == Owner, "only the owner mints")
  local amount = amount_of(msg.Quantity)
  local supply = bint.add(TotalSupply, amount)
  assert(not bint.isneg(supply), "the supply would overflow")
  add(msg.Recipient or msg.From, amount)
  TotalSupply = tostring(supply)
  msg.reply({ Action = "Mint-Response", Quantity = msg.Quantity, Data = "Minted " .. msg.Quantity })
end)
