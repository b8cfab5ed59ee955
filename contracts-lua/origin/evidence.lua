--- What enclosed receipts and records prove (5.4, 5.5, 6): who signed, for which lease, and what of it.
--
-- `Signed` of an enclosure was read and verified by the deriver (2.8); here it is only compared.

local evidence = {}

local state = require("origin.state")

--- What a receipt says: its `Signed`, slot and entry; nil where the enclosure is none, or where it is for
--- a slot before the first one of its process: what lies there is outside the law (5.4, 5.15).
-- @tparam table item
-- @tparam table process
function evidence.receipt(item, process)
  local signed = item.Signed
  if signed == nil or signed.record or signed.process ~= process.id then return nil end
  local slot = signed.first
  local entry = signed.entries[tostring(slot)]
  if entry == nil or slot < process.lowest then return nil end
  return { signed = signed, slot = slot, entry = entry }
end

--- The operator whose hot key that ever was; nil if nobody's.
function evidence.operator(key)
  local row = state.hot_keys[key]
  return row and state.operators[row.operator]
end

--- The lease of an epoch that evidence mined at this height can still reach (4.4), or nil.
function evidence.lease(process, epoch, mined)
  local lease = process.leases[epoch]
  if lease == nil then return nil end
  if not lease.live and mined > lease.ended + state.params.evidence_max_age then return nil end
  return lease
end

--- Whether two entries are the same (6.1).
function evidence.same(one, other)
  return one.message == other.message and one.chain == other.chain and one.height == other.height
    and one.timestamp == other.timestamp
end

return evidence
