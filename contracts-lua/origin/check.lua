--- The invariants that can be asked of the state alone (9: 1, 2, 3, 4, 9, 11, 12, 14), by walking all of it.
--
-- For tests: it is not part of the contract's text, and no message reaches it.

local check = {}

local amount = require("origin.amount")
local operators = require("origin.operators")
local state = require("origin.state")

local function expect(holds, what)
  if not holds then error("invariant: " .. what, 0) end
end

local function sum_of_leases(operator)
  local sum, count, lease = 0, 0, operator.newest
  while lease do
    expect(lease.live and lease.process.lease == lease, "a listed lease is live")
    expect(not operator.tombstoned or lease.lost, "a tombstoned operator's leases are ending")
    sum, count, lease = amount.add(sum, lease.allocation), count + 1, lease.older
  end
  expect(count == operator.leases, "leases are counted")
  return sum
end

local function check_operator(operator, held)
  expect(sum_of_leases(operator) == operator.live, "live allocations of " .. operator.address)
  expect(not amount.less(operator.bond, operator.live), "3: allocations <= bond")
  expect((held[operator.address] or 0) == operator.held, "held stake of " .. operator.address)
  local worth = 0
  for _, entry in ipairs(operator.entries) do
    worth = amount.add(worth, amount.share(entry.amount, operator.factor, entry.factor))
  end
  expect(not amount.less(operator.pool, worth), "14: entries <= pool")
  expect(#operator.entries > 0 or operator.pool == 0, "an empty pool is empty")
  expect(#operator.entries <= 32 and operator.leases <= operators.LEASES_MAX, "bounds of an operator")
  expect((operator.status == nil) == (operator.bond == 0), "a state without a bond")
  expect(#operator.authorities <= 4, "4.7: bounds of authority keys")
  local counts = operator.status == "Bonded" and not operator.tombstoned
  for _, key in ipairs(operator.authorities) do
    expect((key.from ~= nil) == counts, "4.7: a key counts while its record is bonded")
    expect(state.authorities[key.address] == operator.address, "4.7: a key belongs to one record")
  end
end

--- Adds what a process's leases hold to `held` by operator, and gives what they are owed.
local function check_process(process, held)
  local owed = 0
  for _, lease in pairs(process.leases) do
    if not lease.live then
      local address = lease.operator.address
      held[address] = amount.add(held[address] or 0, lease.held)
    end
    local pieces = 0
    for _, piece in ipairs(lease.pieces or {}) do pieces = amount.add(pieces, piece.amount) end
    expect(pieces == lease.owed, "owed is the sum of its pieces")
    owed = amount.add(owed, lease.owed)
  end
  expect((process.lease == nil) == (process.status ~= nil), "4: host or status")
  expect(process.lease == nil or process.lease.live, "4: the host's lease is live")
  return owed
end

--- What names a lease or an operator: counted again from the cases (6, 6.4, 6.5).
local function count_cases()
  local counted, deposits, fees = { unfinished = {}, first = {}, open = {}, senders = {} }, 0, 0
  local function add(part, key, by) counted[part][key] = (counted[part][key] or 0) + (by or 1) end
  for number = state.cases.first, state.cases.last do
    local case = state.cases[number]
    local moot = case.ended == nil and case.kind == "Liveness" and not case.lease.live
    local unpaid = case.state == "Open" or case.state == "Answered"
    expect(case.number == number and unpaid == (case.ended == nil), "9: a case is in one state")
    expect(unpaid == (case.transition ~= nil and not case.transition.stale), "20: a case is scheduled")
    if unpaid and not moot then
      add("unfinished", case.lease)
      add("unfinished", case.lease.operator)
      counted.first[case.lease] = counted.first[case.lease] or case.opened
    end
    for _, challenger in ipairs(case.challengers) do
      expect((challenger.bond ~= nil) == (case.state == "Open"), "bonds are held while a case is open")
      deposits = amount.add(deposits, challenger.bond or 0)
      if case.state == "Open" and not moot then add("senders", case.process.id .. challenger.address) end
    end
    expect((case.fee_held ~= nil) == (unpaid and case.kind == "Liveness"), "a message fee is held")
    expect((case.answer_fee_held ~= nil) == (case.state == "Open" and case.kind == "Liveness"), "an answer fee is held")
    fees = amount.add(fees, amount.add(case.fee_held or 0, case.answer_fee_held or 0))
  end
  return counted, deposits, fees
end

--- That the counts which messages go by are those of the cases.
local function check_counts(counted)
  local function check_senders(process, senders, others)
    for address, sum in pairs(senders or {}) do
      local other = others and others[address] or 0
      expect(counted.senders[process.id .. address] == sum + other, "6.4: open cases of " .. address)
    end
  end
  for _, operator in pairs(state.operators) do
    expect(operator.cases == (counted.unfinished[operator] or 0), "12: cases of " .. operator.address)
  end
  for _, process in pairs(state.processes) do
    local live = process.lease
    check_senders(process, process.senders, live and live.senders)
    check_senders(process, live and live.senders, process.senders)
    for _, lease in pairs(process.leases) do
      expect((lease.cases or 0) == (counted.unfinished[lease] or 0), "cases of a lease")
      expect(not lease.live or lease.oldest_case == counted.first[lease], "the oldest case of a lease")
    end
  end
end

--- The stake by its age (6.7).
local function check_ages()
  local young, old = {}, 0
  for _, process in pairs(state.processes) do
    local lease = process.lease
    if lease and lease.start + state.params.memory <= state.height then
      old = amount.add(old, lease.allocation)
    elseif lease then
      young[lease.start] = amount.add(young[lease.start] or 0, lease.allocation)
    end
  end
  expect(old == state.old_live, "6.7: old stake")
  for start, sum in pairs(state.young) do expect((young[start] or 0) == sum, "6.7: young stake") end
end

--- Raises an error that names the invariant which does not hold; gives the parts of the supply.
function check.run()
  local parts, held = { free = 0, bonds = 0, pool = 0, escrows = 0, owed = 0 }, {}
  local function add(part, sum) parts[part] = amount.add(parts[part], sum) end
  for _, balance in pairs(state.balances) do add("free", balance) end
  for _, escrow in pairs(state.escrows) do add("escrows", escrow) end
  for _, process in pairs(state.processes) do add("owed", check_process(process, held)) end
  for _, operator in pairs(state.operators) do
    check_operator(operator, held)
    add("bonds", operator.bond)
    add("pool", operator.pool)
  end
  local pending = 0
  for _, entry in pairs(state.pending) do pending = amount.add(pending, entry.sum) end
  expect(pending == state.pending_sum, "pending slashes are summed")
  local counted, deposits, fees = count_cases()
  parts.deposits, parts.fees = deposits, fees
  check_counts(counted)
  check_ages()
  local total = amount.add(pending, state.burned)
  for _, name in ipairs({ "free", "bonds", "pool", "escrows", "owed", "deposits", "fees" }) do
    total = amount.add(total, parts[name])
  end
  expect(total == state.supply, "1: conservation: " .. amount.text(total) .. " of " .. amount.text(state.supply))
  return parts
end

return check
