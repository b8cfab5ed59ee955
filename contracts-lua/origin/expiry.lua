--- How cases end by the log or by their deadline (6, 6.2, 6.5): the Tick kinds `case` and `published`,
--- and what `Settle` may do before.

local expiry = {}

local amount = require("origin.amount")
local answer = require("origin.answer")
local cases = require("origin.cases")
local data = require("origin.data")
local deposits = require("origin.deposits")
local jail = require("origin.jail")
local leases = require("origin.leases")
local looks = require("origin.looks")
local mass = require("origin.mass")
local slash = require("origin.slash")

-- Percent of the allocation (6): of what was not published, answered or not, and of missing data.
local UNPUBLISHED, WITHHELD = 5, 100

--- Slashes the lease that the case names and ends it if it is live; gives the pending slash and what
--- the lease had before.
local function punish(case, percent)
  local lease = case.lease
  local allocation = leases.allocation(lease)
  cases.stop(case, "Expired")
  local slashed =
    slash.take(lease.operator, lease, amount.share(allocation, percent, 100), deposits.hunters(case))
  if lease.live then leases.finish(case.process, "Unhosted", case.opened) end
  return slashed, allocation
end

--- The last steps of each expiry: bonds and fees, and the stake that was held for the case.
local function settle_up(case)
  deposits.refund(case)
  cases.let_go(case.lease)
end

--- An expiry that counts for mass failure where the lease was old and live (6.7). With `through` it begins
--- an episode of jail, of that percentage.
local function expire(case, percent, episode, through)
  local lease, live = case.lease, case.lease.live
  local slashed, allocation = punish(case, percent)
  if through then jail.begin(lease.operator, episode, through) end
  deposits.refund(case)
  if live and mass.is_old(lease) then mass.expired(allocation, slashed) end
  cases.let_go(lease)
end

--- An expiry that jails, or belongs to the episode that lasts (6, liveness); it costs `least` or more.
local function jail_and_expire(case, least)
  local episode, through = jail.sentence(case.lease.operator)
  expire(case, math.max(episode, least), episode, through)
end

--- What the deadline of an open case does, by its kind.
local EXPIRE = {
  Liveness = function(case) jail_and_expire(case, 0) end,
  Publication = function(case)
    if case.lease.slashed then
      cases.stop(case, "Expired")
      return settle_up(case)
    end
    case.lease.slashed = true
    expire(case, UNPUBLISHED)
  end,
  Data = function(case)
    punish(case, WITHHELD)
    data.void(case)
    settle_up(case)
  end,
}

--- Whether the case's slot holds its message since a height that is in time.
local function is_canonical(case, place, last)
  return place and place.slot == case.slot and place.mined <= last
end

--- Ends a moot case, or one that the log has answered or borne out; true if it did.
-- @param place where the message stands in the log, or false or nil
local function end_by_log(case, place)
  if cases.is_moot(case) then
    cases.finish(case, "Moot")
    deposits.refund(case)
  elseif case.state == "Answered" then
    if not is_canonical(case, place, case.publish_by) then return false end
    deposits.pay_fee(case)
    cases.finish(case, "Closed")
  elseif case.kind == "Liveness" then
    if not (place and place.mined <= case.deadline) then return false end
    answer.by(case, place.slot, place)
  elseif case.kind == "Publication" then
    -- What the base layer has ordered is no work of the host.
    if not is_canonical(case, place, case.deadline) or place.virtual then return false end
    deposits.return_bonds(case)
    cases.finish(case, "Closed")
  else
    return false
  end
  return true
end

--- `Settle` names a case: the log may end it before its deadline; nothing else does.
function expiry.settle(case, log)
  end_by_log(case, looks.place(log, case.process.id, case.message))
end

--- The transition `case`: the deadline of an open case is over.
function expiry.case(case, log)
  looks.at(case.process, log)
  if end_by_log(case, looks.place(log, case.process.id, case.message)) then return end
  EXPIRE[case.kind](case)
end

--- The transition `published`: the assignment of an answered case had to be canonical. A slot that never
--- comes is no way around the jail.
function expiry.published(case, log)
  looks.at(case.process, log)
  if end_by_log(case, looks.place(log, case.process.id, case.message)) then return end
  jail_and_expire(case, UNPUBLISHED)
end

return expiry
