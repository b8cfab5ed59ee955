--- `.handlers`: who answers which message.
--
-- A message walks the list from the top. The pattern of each handler says: no (false, nil, 0,
-- "skip"), yes and stop (true, -1, "break"), yes and go on (1, "continue"). What nobody stopped
-- goes to the handler "_default". An error ends the walk and the message.

local use = ...
local utils = use(".utils")

local handlers = { list = {}, utils = use("handlers-utils") }

local SKIP, BREAK, CONTINUE = 0, -1, 1
local ANSWERS = {
  [false] = SKIP, skip = SKIP, [0] = SKIP,
  [true] = BREAK, ["break"] = BREAK, [-1] = BREAK,
  continue = CONTINUE, [1] = CONTINUE,
}

local function find(name)
  for index, entry in ipairs(handlers.list) do
    if entry.name == name then return index end
  end
end

--- The pattern as a function of the message; its kind is looked at once.
local function answer_by(pattern)
  if type(pattern) == "function" then return pattern end
  if type(pattern) == "string" then return function(msg) return msg.Action == pattern end end
  return function(msg) return utils.matchesSpec(msg, pattern) end
end

--- Arguments may be (name, handle), where the name is the Action, or (name, pattern, handle, runs).
local function entry_of(kind, name, pattern, handle, max_runs)
  if handle == nil then pattern, handle = name, pattern end
  assert(type(name) == "string" and name ~= "", "Handlers." .. kind .. ": the name is a string")
  local pattern_type = type(pattern)
  assert(pattern_type == "function" or pattern_type == "table" or pattern_type == "string",
    "Handlers." .. kind .. " '" .. name .. "': the pattern is a string, a table or a function")
  assert(type(handle) == "function",
    "Handlers." .. kind .. " '" .. name .. "': the handler is a function")
  return {
    name = name, pattern = pattern, handle = handle, maxRuns = max_runs, answer = answer_by(pattern),
  }
end

--- A new handler goes to `position`; one of that name is replaced where it stands.
local function place(entry, position)
  local index = find(entry.name)
  if index then
    handlers.list[index] = entry
  else
    table.insert(handlers.list, position, entry)
  end
end

--- Adds a handler at the end, or replaces the one of that name.
function handlers.add(...)
  place(entry_of("add", ...), #handlers.list + 1)
end

handlers.append = function(...)
  place(entry_of("append", ...), #handlers.list + 1)
end

--- Adds a handler at the top, or replaces the one of that name.
function handlers.prepend(...)
  place(entry_of("prepend", ...), 1)
end

-- Number of the next handler that was given no name.
local unnamed = 0

--- Adds a handler at the top that runs one time. Without a name: (pattern, handle).
function handlers.once(...)
  local name, pattern, handle = ...
  if select("#", ...) == 2 then
    unnamed = unnamed + 1
    name, pattern, handle = "_once_" .. unnamed, name, pattern
  end
  place(entry_of("once", name, pattern, handle, 1), 1)
end

--- Removes the handler of that name.
function handlers.remove(name)
  assert(type(name) == "string", "Handlers.remove: the name is a string")
  local index = find(name)
  if index then table.remove(handlers.list, index) end
end

--- Stops here until a message meets the pattern, and returns it.
function handlers.receive(pattern)
  local waiting = coroutine.running()
  handlers.once(pattern, function(msg)
    local fine, reason = coroutine.resume(waiting, msg)
    if not fine then error(reason, 0) end
  end)
  return coroutine.yield()
end

local function count_run(entry)
  if type(entry.maxRuns) ~= "number" then return end
  entry.maxRuns = entry.maxRuns - 1
  if entry.maxRuns <= 0 then handlers.remove(entry.name) end
end

--- Walks the list with one message. Says whether a handler stopped it.
function handlers.evaluate(msg, env)
  -- Handlers may add and remove handlers, so the walk is over a copy.
  for _, entry in ipairs({ table.unpack(handlers.list) }) do
    if entry.name ~= "_default" then
      local answer = ANSWERS[entry.answer(msg) or false] or SKIP
      if answer ~= SKIP then
        count_run(entry)
        entry.handle(msg, env)
        if answer == BREAK then return true end
      end
    end
  end
  local index = find("_default")
  if index then handlers.list[index].handle(msg, env) end
  return false
end

return handlers
