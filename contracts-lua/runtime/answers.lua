--- What `Send` and `Spawn` return: the item itself, and two ways to hear of its answer.
--
-- `item.receive()` stops until the answer comes; `item.onReply(fn)` runs a function then. Both take
-- another sender first, if the answer comes from elsewhere. They are made when they are asked for:
-- most items are never waited for.

local use = ...
local handlers = use(".handlers")

local answers = {}

-- Item to pattern. Weak, so that a forgotten item is forgotten here too.
local patterns = setmetatable({}, { __mode = "k" })

local function pattern_of(item, sender)
  local pattern = patterns[item]
  if sender == nil then return pattern end
  local other = {}
  for name, value in pairs(pattern) do other[name] = value end
  other.From = sender
  return other
end

local ways = {}

function ways.receive(item)
  return function(sender) return handlers.receive(pattern_of(item, sender)) end
end

function ways.onReply(item)
  return function(first, second)
    if second == nil then
      handlers.once(pattern_of(item), first)
    else
      handlers.once(pattern_of(item, first), second)
    end
  end
end

local meta = {
  __index = function(item, name)
    return ways[name] and ways[name](item)
  end,
}

--- Gives an item its two ways; the pattern is what its answer meets.
function answers.of(item, pattern)
  patterns[item] = pattern
  return setmetatable(item, meta)
end

return answers
