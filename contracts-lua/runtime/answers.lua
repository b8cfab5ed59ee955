--- What `Send` and `Spawn` return: the item itself, and two ways to hear of its answer.

local use = ...
local handlers = use(".handlers")

local answers = {}

--- Adds `receive` (stop until the answer comes) and `onReply` (run a function then) to an item.
function answers.of(item, pattern)
  local function pattern_from(sender)
    if sender == nil then return pattern end
    local other = {}
    for name, value in pairs(pattern) do other[name] = value end
    other.From = sender
    return other
  end

  item.receive = function(sender)
    return handlers.receive(pattern_from(sender))
  end
  item.onReply = function(first, second)
    if second == nil then
      handlers.once(pattern, first)
    else
      handlers.once(pattern_from(first), second)
    end
  end
  return item
end

return answers
