--- The genesis message (2.10, 3.1, 4.2, 8): slot 1, by the spawn's owner. Before it there is no court.
--
-- Its data is JSON: { "name", "ticker", "logo", "parameters": {…}, "balances": { address: amount } }.

local genesis = {}

--- What all is refused with where there is no court.
genesis.NEVER = "2.10 genesis"

local amount = require("origin.amount")
local ledger = require("origin.ledger")
local params = require("origin.params")
local state = require("origin.state")
local text = require("origin.text")

-- Slot 1, as the node may spell it.
local SLOT = "1"
-- Bytes of the token's name, ticker and logo.
local LABEL_BYTES_MAX = 64

local FIELDS = { "name", "ticker", "logo", "parameters", "balances" }

local function decoded(data)
  if type(data) == "table" then return data end
  local fine, value = pcall(json.decode, data)
  return fine and type(value) == "table" and value or nil
end

local function is_label(value, least)
  return type(value) == "string" and #value >= least and #value <= LABEL_BYTES_MAX
    and not value:find("%c")
end

local function has_fields(given)
  local known, count = {}, 0
  for _, name in ipairs(FIELDS) do known[name] = true end
  for name in pairs(given) do
    if not known[name] then return false end
    count = count + 1
  end
  return count == #FIELDS
end

--- The accounts in the order of their bytes, with amounts, and their sum; or nil.
local function read_balances(given)
  if type(given) ~= "table" then return nil end
  local accounts, sum = {}, 0
  for address in pairs(given) do accounts[#accounts + 1] = address end
  for _, address in ipairs(accounts) do
    if not text.is_address(address) then return nil end
  end
  table.sort(accounts)
  for index, address in ipairs(accounts) do
    local share = amount.positive(given[address])
    if share == nil then return nil end
    accounts[index] = { address = address, sum = share }
    sum = amount.add(sum, share)
  end
  if sum == 0 or amount.parse(amount.text(sum)) == nil then return nil end
  return accounts, sum
end

--- What the message says, checked; or nil and a code.
local function read(call)
  if call.caller ~= ao.env.Process.Owner then return nil, "2.10 owner" end
  local given = decoded(call.data)
  if given == nil or not has_fields(given) then return nil, "2.10 data" end
  if not (is_label(given.name, 1) and is_label(given.ticker, 1) and is_label(given.logo, 0)) then
    return nil, "2.10 data"
  end
  local found, code = params.read(given.parameters)
  if found == nil then return nil, code end
  local accounts, sum = read_balances(given.balances)
  if accounts == nil then return nil, "3.1 balances" end
  return { params = found, accounts = accounts, supply = sum, given = given }
end

--- Whether this is the slot of the genesis message, the only one in which a court can begin.
function genesis.is_due(call)
  return state.params == nil and tostring(call.slot) == SLOT
end

--- The genesis message, whatever its action.
function genesis.run(call)
  local found, code = read(call)
  if found == nil then return nil, code end
  local given = found.given
  state.params, state.supply = found.params, found.supply
  state.token = { name = given.name, ticker = given.ticker, logo = given.logo }
  state.height, state.oldest = call.height, call.height
  for _, account in ipairs(found.accounts) do ledger.give(account.address, account.sum) end
  return { ["Total-Supply"] = amount.text(state.supply) }
end

return genesis
