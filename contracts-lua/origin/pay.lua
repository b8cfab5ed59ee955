--- Pay (5.12, 5.14): what a proven height is worth to the host, and when the money moves.
--
-- Proof of height b pays rate * (b - paid-to) out of the escrow into the lease's `owed`, as a piece
-- (from, to]. What lies before the opening of the lease's oldest open case goes on to the owner. Without
-- a case that is all of it, at once.

local pay = {}

local amount = require("origin.amount")
local ledger = require("origin.ledger")
local outcome = require("origin.outcome")
local queue = require("origin.queue")
local state = require("origin.state")

local function to_owner(lease, sum)
  if sum == 0 then return end
  lease.owed = amount.sub(lease.owed, sum)
  ledger.give(lease.operator.owner, sum)
end

--- Whether the new piece goes on where the last one ended in full: then they are one.
local function joins(lease, last, from)
  return last.to == from and last.amount == amount.times(lease.rate, last.to - last.from)
end

local function add_piece(lease, from, to, sum)
  lease.owed = amount.add(lease.owed, sum)
  lease.pieces = lease.pieces or {}
  local last = lease.pieces[#lease.pieces]
  if last and joins(lease, last, from) then
    last.to, last.amount = to, amount.add(last.amount, sum)
  else
    lease.pieces[#lease.pieces + 1] = { from = from, to = to, amount = sum }
  end
end

--- What of a piece lies up to a height: a piece that was not paid in full fills from its beginning.
local function part_of(lease, piece, height)
  if piece.to <= height then return piece.amount end
  if piece.from >= height then return 0 end
  return amount.min(piece.amount, amount.times(lease.rate, height - piece.from))
end

--- Moves to the owner what is owed up to a height; keeps the rest.
function pay.release(lease, height)
  local rest = {}
  for _, piece in ipairs(lease.pieces or {}) do
    local part = part_of(lease, piece, height)
    to_owner(lease, part)
    if piece.to > height then
      rest[#rest + 1] = {
        from = math.max(piece.from, height), to = piece.to, amount = amount.sub(piece.amount, part),
      }
    end
  end
  lease.pieces = #rest > 0 and rest or nil
end

--- Arrears begins (5.14), not in Notice and not twice.
local function fall_behind(lease)
  if lease.notice or lease.arrears then return end
  local due = state.height + state.params.arrears + 1
  lease.arrears = queue.schedule(due, "arrears", lease, lease.process.id)
  outcome.touch(lease.process)
end

local function pay_gap(lease, from, to)
  local process, due = lease.process.id, amount.times(lease.rate, to - from)
  local paid = amount.min(due, ledger.escrow(process))
  ledger.draw(process, paid)
  if lease.oldest_case or lease.pieces then
    if paid ~= 0 then add_piece(lease, from, to, paid) end
  else
    ledger.give(lease.operator.owner, paid)
  end
  if paid ~= due then fall_behind(lease) end
end

--- A look or a heartbeat proves that the log was alive at a height (5.12).
function pay.prove(lease, height)
  local from = lease.paid_to
  if height > from then
    lease.paid_to = height
    if height - from <= state.params.publish_within then pay_gap(lease, from, height) end
  end
  if lease.pieces then pay.release(lease, lease.oldest_case or state.height) end
end

--- The lease ends: what is owed up to the height goes to the owner, the rest back to the escrow.
function pay.close(lease, height)
  if lease.pieces == nil then return end
  pay.release(lease, height)
  ledger.fund(lease.process.id, lease.owed)
  lease.owed, lease.pieces = 0, nil
end

--- Money came in: Arrears ends where it is enough for `arrears` blocks (5.14).
function pay.catch_up(lease)
  if lease.arrears == nil then return end
  local needed = amount.times(lease.rate, state.params.arrears)
  if amount.less(ledger.escrow(lease.process.id), needed) then return end
  queue.cancel(lease.arrears)
  lease.arrears = nil
  outcome.touch(lease.process)
end

return pay
