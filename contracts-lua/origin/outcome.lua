--- What one message gives, besides its replies: the verdict that the deriver reads (2.4, 2.8, 3.4).
--
-- It is one line of JSON, printed: { ok, code, Unfunded, Hosting, Keys, Authorities, Cases, Want, Sought }. Rows are
-- collected while a message runs; one row a process or case, with its state at the end of the message.

local outcome = {}

local case_row = require("origin.case_row")
local queue = require("origin.queue")
local hosting = require("origin.hosting_row")

-- Processes and cases whose row changed, in the order of their first change; and rows of keys.
local changed, cases, is_changed, keys, authorities = {}, {}, {}, {}, {}

--- Forgets what an earlier message collected.
function outcome.begin()
  changed, cases, is_changed, keys, authorities = {}, {}, {}, {}, {}
end

--- Says that the hosting row of a process changed.
function outcome.touch(process)
  if is_changed[process.id] then return end
  is_changed[process.id] = true
  changed[#changed + 1] = process
end

--- Says that a case was opened, or that its row changed.
function outcome.case(case)
  if is_changed[case.number] then return end
  is_changed[case.number] = true
  cases[#cases + 1] = case
end

--- Says from when until when a key counts for an operator's leases.
function outcome.key(operator, key, from, to)
  keys[#keys + 1] = { Operator = operator, Key = key, From = from, To = to }
end

--- Says that an authority key begins to count, or, with `to`, that it ceases to (4.7).
function outcome.authority(operator, key, from, to)
  authorities[#authorities + 1] = { Operator = operator, Key = key, From = from, To = to }
end

local function rows(list, row)
  local shown = {}
  for index, subject in ipairs(list) do shown[index] = row(subject) end
  return shown
end

local function filled(list)
  return #list > 0 and list or nil
end

--- Prints the verdict. Without a code the message was applied.
function outcome.print(code)
  local wanted = queue.wanted()
  print(json.encode({
    ok = code == nil, code = code, Hosting = filled(rows(changed, hosting.row)), Keys = filled(keys),
    Authorities = filled(authorities), Cases = filled(rows(cases, case_row.row)), Want = filled(wanted.heads),
    Sought = filled(wanted.places),
  }))
end

--- Prints that the sender cannot pay the inbox fee: as if the message had not run (2.4).
function outcome.print_unfunded()
  print(json.encode({ ok = false, code = "2.4 unfunded", Unfunded = true }))
end

return outcome
