--- An operator's fees (4.6): a rise waits, a fall works at once.
--
-- A fee is { now, next, from }: `next` counts for what is mined at `from` or later.

local fees = {}

local amount = require("origin.amount")
local state = require("origin.state")

--- What is in force at a height, before the cap of a lease.
function fees.at(fee, height)
  if fee.next and height >= fee.from then return fee.next end
  return fee.now
end

--- What a process pays: at most the cap that its lease fixed.
function fees.in_force(fee, cap, height)
  return amount.min(fees.at(fee, height), cap)
end

--- Sets a fee: what is in force at this height is where a rise starts from; a waiting rise is replaced.
function fees.set(fee, value, height)
  local now = fees.at(fee, height)
  if amount.less(now, value) then
    fee.now, fee.next, fee.from = now, value, height + state.params.fee_rise
  else
    fee.now, fee.next, fee.from = value, nil, nil
  end
end

--- For views.
function fees.shown(fee)
  return {
    Now = amount.text(fee.now), Next = fee.next and amount.text(fee.next) or nil, From = fee.from,
  }
end

return fees
