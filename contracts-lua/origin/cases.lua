--- Cases (6): the record of each, and what counts them: its process, the lease, the operator, the senders.
--
-- Nobody walks cases. A lease has two lines, of its unfinished and of its open ones; at its end those of
-- liveness are moot by definition (6.5): `leases` takes them off two counts.

local cases = {}

local hosting_row = require("origin.hosting_row")
local leases = require("origin.leases")
local line = require("origin.line")
local outcome = require("origin.outcome")
local queue = require("origin.queue")
local senders = require("origin.senders")
local state = require("origin.state")

-- Challengers of one case (6.4).
cases.CHALLENGERS_MAX = 16
-- Cases that one Tick forgets (6): more than a busy block opens, and little work.
local FORGOTTEN_MAX = 1024

--- The name under which an unpaid case is found: one a message, one a receipt, one a slot.
local function key_of(kind, epoch, slot, message)
  if kind == "Liveness" then return kind .. epoch .. message end
  if kind == "Publication" then return kind .. epoch .. "." .. slot .. message end
  return kind .. slot
end

--- The unpaid case of a process about that, or nil. Data: epoch and message do not matter.
function cases.find(process, kind, epoch, slot, message)
  return process.index and process.index[key_of(kind, epoch, slot, message)]
end

--- The unfinished data case of a message, or nil.
function cases.of_body(process, message)
  return process.index and process.index["Body" .. message]
end

local function index(case, value)
  local names = case.process.index
  names[key_of(case.kind, case.epoch, case.slot, case.message)] = value
  if case.kind == "Data" then names["Body" .. case.message] = value end
end

--- Pay waits for the oldest unfinished case, and the shown state says that there is one (5.2).
local function set_oldest(lease)
  local process, first = lease.process, lease.unfinished.first
  local before = hosting_row.state(process)
  lease.oldest_case = first and state.cases[first].opened or nil
  if hosting_row.state(process) ~= before then outcome.touch(process) end
end

local function count(case, step)
  local lease = case.lease
  lease.operator.cases = lease.operator.cases + step
  lease.cases = (lease.cases or 0) + step
  if case.kind == "Liveness" then lease.liveness = (lease.liveness or 0) + step end
end

local function append(list, case)
  list.last = list.last + 1
  list[list.last] = case
end

local function drop_first(list)
  list[list.first] = nil
  list.first = list.first + 1
end

--- The case enters what counts and finds it.
local function enter(case)
  local process, lease = case.process, case.lease
  append(state.cases, case)
  process.case_list = process.case_list or { first = 1, last = 0 }
  process.index = process.index or {}
  append(process.case_list, case)
  lease.unfinished, lease.open = lease.unfinished or line.new(), lease.open or line.new()
  line.join(lease.unfinished, case.number)
  line.join(lease.open, case.number)
  index(case, case)
  count(case, 1)
  set_oldest(lease)
  outcome.case(case)
end

--- Opens a case at the height at hand.
-- @tparam table lease the one that it names
-- @tparam string kind Liveness, Publication or Data
-- @tparam ?number slot not known of liveness
-- @tparam string message
-- @tparam number window blocks
function cases.open(lease, kind, slot, message, window)
  local process, height = lease.process, state.height
  local case = {
    number = state.cases.last + 1, kind = kind, state = "Open", lease = lease, process = process,
    epoch = lease.epoch, message = message, slot = slot, opened = height, deadline = height + window,
    challengers = {},
  }
  enter(case)
  local place = kind ~= "Data" and message or nil
  case.transition = queue.schedule(case.deadline + 1, "case", case, process.id, place)
  return case
end

--- Adds a challenger, whose bond was taken.
function cases.join(case, address, bond, mined)
  case.challengers[#case.challengers + 1] = { address = address, bond = bond, mined = mined }
  senders.add(case, address)
end

--- Nil, or why somebody cannot join the open case with an item mined at that height.
function cases.join_refusal(case, address, mined)
  if mined > case.deadline then return "6.4 late" end
  if #case.challengers >= cases.CHALLENGERS_MAX then return "6.4 full" end
  for _, challenger in ipairs(case.challengers) do
    if challenger.address == address then return "6.4 twice" end
  end
end

--- Answered, but not canonical yet: it has `publish_within` blocks (6.5).
function cases.await(case)
  line.leave(case.lease.open, case.number)
  senders.leave(case)
  queue.cancel(case.transition)
  case.state, case.publish_by = "Answered", state.height + state.params.publish_within
  case.transition =
    queue.schedule(case.publish_by + 1, "published", case, case.process.id, case.message)
  outcome.case(case)
end

--- Ends a case, but for its money and for `let_go`; `finish` is both.
function cases.stop(case, final)
  local lease, moot = case.lease, cases.is_moot(case)
  if case.state == "Open" then
    line.leave(lease.open, case.number)
    senders.leave(case)
  end
  line.leave(lease.unfinished, case.number)
  index(case, nil)
  if not moot then count(case, -1) end
  queue.cancel(case.transition)
  case.transition = nil
  case.state, case.ended = final, moot and lease.ended or state.height
  set_oldest(lease)
  outcome.case(case)
end

--- The stake of an ended lease that was held for its last case is free again (4.4).
function cases.let_go(lease)
  if lease.due and lease.cases == 0 then leases.release(lease) end
end

function cases.finish(case, final)
  cases.stop(case, final)
  cases.let_go(case.lease)
end

--- A Tick begins: the oldest cases that were finished more than `memory` blocks ago are forgotten, up to
--- the first that is not so (6).
function cases.forget()
  for _ = 1, FORGOTTEN_MAX do
    local case = state.cases[state.cases.first]
    if case == nil or case.ended == nil or state.height <= case.ended + state.params.memory then return end
    drop_first(state.cases)
    drop_first(case.process.case_list)
  end
end

--- Whether it counts as finished since its lease ended, though its money is still here (6.5).
function cases.is_moot(case)
  return case.kind == "Liveness" and not case.lease.live and case.ended == nil
end

return cases
