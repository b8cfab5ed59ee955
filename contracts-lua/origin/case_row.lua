--- What is shown of a case: the row that the deriver reads (2.4), and the row of the view `Cases`.

local case_row = {}

local amount = require("origin.amount")

--- The state by name: moot from the end of its lease on, paid back or not (6.5).
local function shown_state(case)
  if case.ended == nil and case.kind == "Liveness" and not case.lease.live then return "Moot" end
  return case.state
end

case_row.state = shown_state

--- The row of the verdict.
function case_row.row(case)
  return {
    Case = case.number, Kind = case.kind, State = shown_state(case), Process = case.process.id,
    Epoch = case.epoch, Message = case.message, Slot = case.slot,
  }
end

local function posted(sum)
  return sum and amount.text(sum) or nil
end

--- Whose case it is while it has money; bonds as long as they are held.
local function challengers(case)
  if case.ended then return nil end
  local shown = {}
  for place, challenger in ipairs(case.challengers) do
    shown[place] = { Address = challenger.address, Bond = posted(challenger.bond) }
  end
  return shown
end

--- The row of the view.
function case_row.view(case)
  local row = case_row.row(case)
  row.Operator, row.Opened, row.Deadline = case.lease.operator.address, case.opened, case.deadline
  row["Publish-By"] = case.publish_by
  row.Ended = case.ended or row.State == "Moot" and case.lease.ended or nil
  row.Fee, row["Answer-Fee"] = posted(case.fee), posted(case.answer_fee)
  row.Challengers = challengers(case)
  return row
end

return case_row
