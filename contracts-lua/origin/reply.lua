--- Answers (3.4): { ok, code } and what else an action says, to the sender. Informational (2.10).
--
-- A refusal goes out as `<Action>-Error`; an action that was applied as `<Action>-Response`, unless it
-- made its own messages.

local reply = {}

--- Sends to the caller; the references that aos clients wait for come along.
local function send(call, fields)
  fields.Target = call.caller
  fields["X-Reference"] = call.tags["X-Reference"] or call.tags.Reference
  fields["X-Origin"] = call.tags["X-Origin"]
  ao.send(fields)
end

reply.send = send

--- Refuses, by rule number and word.
function reply.refuse(call, name, code)
  send(call, {
    Action = name .. "-Error", Code = code, Error = code, ["Message-Id"] = call.id,
    Data = json.encode({ ok = false, code = code }),
  })
end

--- Says that the action was applied, with its fields as JSON.
function reply.accept(call, name, fields)
  fields.ok = true
  send(call, { Action = name .. "-Response", ["Message-Id"] = call.id, Data = json.encode(fields) })
end

return reply
