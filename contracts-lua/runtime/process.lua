--- One message from the node to a result: the order of things, and nothing else.
--
-- 1. The environment, the time and the tags. 2. The spawn's own message boots the process. 3. Trust:
-- any other message counts if its signer sent it himself or is an authority; an assignment only if
-- the process allowed it; what does not count is ignored without an answer. 4. Handlers, inside a
-- coroutine, so that they may wait for an answer. 5. The result: whole, or an error alone.

local use = ...
local ao = use("ao")
local clock = use("clock")
local eval = use("eval")
local handlers = use(".handlers")
local message = use("message")
local output = use("output")
local stringify = use("stringify")

-- Messages kept in `Inbox`; the oldest goes first.
local INBOX_MAX = 1000

local booted = false

local function seed_random(id)
  local seed = 0
  for index = 1, #id do seed = (seed * 31 + id:byte(index)) & 0xffffffff end
  math.randomseed(seed)
end

local function meet_environment(env)
  local first = ao.id == ""
  ao.init(env)
  if not first then return end
  -- A child belongs to the process that spawned it, not to the unit that signed for it.
  Owner = ao.env.Process.Tags["From-Process"] or ao.env.Process.Owner
  Name = ao.env.Process.Tags.Name or Name
  seed_random(ao.id)
end

local function keep_in_inbox(msg)
  table.insert(Inbox, msg)
  if #Inbox > INBOX_MAX then table.remove(Inbox, 1) end
  local action = msg.Action and ": Action = " .. tostring(msg.Action) or ""
  output.print("New message from " .. tostring(msg.From) .. action)
end

local function is_eval(msg)
  return msg.Action == "Eval" and msg.From == Owner
end

handlers.add("_eval", is_eval, function(msg) eval.expression(msg.Data or "") end)
handlers.add("_default", function() return true end, keep_in_inbox)

--- Nil, or why the message does not count.
local function refusal(msg)
  if msg.From ~= msg.Owner and not ao.isTrusted(msg) then
    return "Message is not trusted: from " .. tostring(msg.From) .. ", signed by " .. tostring(msg.Owner)
  end
  if ao.isAssignment(msg) and not ao.isAssignable(msg) then
    return "Assignment is not allowed: from " .. tostring(msg.From)
  end
end

local function boot(msg)
  booted = true
  local source = msg.Tags["On-Boot"]
  if source == nil then return end
  assert(source == "Data", "On-Boot: only Data is supported, not a transaction")
  eval.chunk(msg.Data or "")
end

local function run(msg)
  if not booted and msg.Id == ao.id then return boot(msg) end
  local why = refusal(msg)
  if why then return output.print(why) end
  if msg["Content-Type"] == "application/json" and type(msg.Data) == "string" and msg.Data ~= "" then
    msg.Data = json.decode(msg.Data)
  end
  handlers.evaluate(msg, ao.env)
end

local function prompt()
  local fine, text = pcall(Prompt)
  return fine and type(text) == "string" and text or ""
end

local function text_of_error(reason)
  local text = type(reason) == "string" and reason or stringify(reason)
  return text == "" and "error without a text" or text
end

local function failed(reason)
  return {
    Messages = {}, Spawns = {}, Assignments = {}, Error = text_of_error(reason),
    Output = { data = output.text(), prompt = prompt(), print = false },
  }
end

local function succeeded(msg)
  return {
    Messages = ao.outbox.Messages, Spawns = ao.outbox.Spawns, Assignments = ao.outbox.Assignments,
    Output = { data = output.text(), prompt = prompt(), print = not is_eval(msg) },
  }
end

--- Takes one message and, if it changed, the environment; returns the result.
return function(raw, env)
  if env then meet_environment(env) end
  clock.set(raw.Timestamp)
  ao.clearOutbox()
  output.clear()
  local msg = message.of(raw)
  local fine, reason = coroutine.resume(coroutine.create(run), msg)
  if not fine then return failed(reason) end
  if ao.outbox.Error then return failed(ao.outbox.Error) end
  return succeeded(msg)
end
