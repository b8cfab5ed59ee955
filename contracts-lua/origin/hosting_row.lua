--- What is shown of a process: its state (5.2), and the row that the deriver reads (2.4).

local hosting_row = {}

--- The state by name. A process with a host shows Notice before Arrears before Challenged.
function hosting_row.state(process)
  local lease = process.lease
  if lease == nil then return process.status end
  if lease.notice then return "Notice" end
  if lease.arrears then return "Arrears" end
  if lease.oldest_case then return "Challenged" end
  return "Hosted"
end

--- The row: what step (a) of 2.8 must know to judge records and receipts.
function hosting_row.row(process)
  local lease = process.lease
  return {
    Process = process.id,
    State = hosting_row.state(process),
    Epoch = process.epoch,
    First = process.first,
    Legacy = process.legacy,
    Operator = lease and lease.operator.address or nil,
    From = lease and lease.start or nil,
    U = process.ended,
  }
end

return hosting_row
