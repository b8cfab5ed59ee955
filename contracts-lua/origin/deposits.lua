--- The money of a case (6.2, 6.4): bonds of its challengers and the fees that its opener posted.

local deposits = {}

local amount = require("origin.amount")
local ledger = require("origin.ledger")
local state = require("origin.state")

-- A bond is ten answer fees; it doubles with each eight open cases of the sender, six times (6.4).
local FEES, STEP, DOUBLINGS_MAX = 10, 8, 6

--- The bond of somebody who has that many open cases on the process.
function deposits.bond(answer_fee, open)
  return amount.times(answer_fee, FEES << math.min(DOUBLINGS_MAX, open // STEP))
end

--- Takes what the opener posts besides his bond.
function deposits.post(case, fee, answer_fee)
  case.fee, case.answer_fee = fee, answer_fee
  case.fee_held, case.answer_fee_held = fee, answer_fee
  ledger.take(case.challengers[1].address, amount.add(fee, answer_fee))
end

--- A fee is paid to the host's owner.
local function pay(case, name)
  ledger.give(case.lease.operator.owner, case[name])
  case[name] = nil
end

--- At the answer.
function deposits.pay_answer_fee(case)
  pay(case, "answer_fee_held")
end

--- When the message is canonical.
function deposits.pay_fee(case)
  pay(case, "fee_held")
end

--- Gives all bonds back.
function deposits.return_bonds(case)
  for _, challenger in ipairs(case.challengers) do
    ledger.give(challenger.address, challenger.bond)
    challenger.bond = nil
  end
end

--- Burns what is left of a bond after half of it has gone to somebody; gives the half.
function deposits.halve(challenger, address)
  local half = amount.share(challenger.bond, 1, 2)
  ledger.give(address, half)
  ledger.burn(amount.sub(challenger.bond, half))
  challenger.bond = nil
  return half
end

--- At the answer: each challenger is judged by what he could have seen when his own item was mined.
-- @tparam table case
-- @tparam ?number mined the height at which the assignment became canonical, if it is
function deposits.settle_bonds(case, mined)
  local owner = case.lease.operator.owner
  for _, challenger in ipairs(case.challengers) do
    if mined and mined <= challenger.mined - state.params.public_before then
      deposits.halve(challenger, owner)
    else
      ledger.give(challenger.address, challenger.bond)
      challenger.bond = nil
    end
  end
end

--- Challengers' addresses: they share the bounty (6.8).
function deposits.hunters(case)
  local found = {}
  for place, challenger in ipairs(case.challengers) do found[place] = challenger.address end
  return found
end

--- Whether the bonds are still here.
function deposits.are_held(case)
  return case.challengers[1].bond ~= nil
end

--- All that is still held goes back: bonds to their challengers, fees to the opener.
function deposits.refund(case)
  if deposits.are_held(case) then deposits.return_bonds(case) end
  for _, name in ipairs({ "fee_held", "answer_fee_held" }) do
    if case[name] then
      ledger.give(case.challengers[1].address, case[name])
      case[name] = nil
    end
  end
end

return deposits
