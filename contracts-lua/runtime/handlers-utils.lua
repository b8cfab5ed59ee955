--- `Handlers.utils`: ready-made patterns and answers.

local use = ...
local utils = use(".utils")

local made = {}

--- Meets messages whose tag has that value.
function made.hasMatchingTag(name, value)
  assert(type(name) == "string" and type(value) == "string", "hasMatchingTag takes two strings")
  return function(msg) return msg.Tags[name] == value end
end

--- Meets messages whose tag has one of the values.
function made.hasMatchingTagOf(name, values)
  assert(type(name) == "string" and type(values) == "table",
    "hasMatchingTagOf takes a string and an array")
  return function(msg) return utils.includes(msg.Tags[name], values) end
end

--- Meets messages with that data.
function made.hasMatchingData(value)
  assert(type(value) == "string", "hasMatchingData takes a string")
  return function(msg) return msg.Data == value end
end

--- Answers with a text, or with a whole message.
function made.reply(answer)
  assert(type(answer) == "string" or type(answer) == "table", "reply takes a string or a table")
  return function(msg)
    msg.reply(type(answer) == "string" and { Data = answer } or answer)
  end
end

--- The same pattern, but handlers further down see the message too.
function made.continue(pattern)
  return function(msg)
    local met = utils.matchesSpec(msg, pattern)
    if not met or met == 0 or met == "skip" then return false end
    return "continue"
  end
end

return made
