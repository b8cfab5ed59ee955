--- Jail (6, liveness): how much an expiry costs, and for how long the operator is barred.
--
-- An expiry while free begins an episode, and each one within `memory` doubles both. One while jailed
-- belongs to the episode at hand.

local jail = {}

local operators = require("origin.operators")
local slash = require("origin.slash")
local state = require("origin.state")

-- Percent of the allocation: of the first episode, and the most.
local PERCENT, PERCENT_MAX = 2, 16
-- Doublings after which neither number grows: 2^20 is more than any number of blocks (8).
local EPISODES_MAX = 20

--- Episodes begun in (now - memory, now), forgetting those before.
local function recent(operator)
  local kept = {}
  for _, height in ipairs(operator.episodes or {}) do
    if height > state.height - state.params.memory then kept[#kept + 1] = height end
  end
  operator.episodes = kept
  return #kept
end

--- What an expiry at the height at hand means, before it is applied.
-- @treturn number percent of the allocation
-- @treturn ?number the height through which it jails; nil in an episode that goes on
function jail.sentence(operator)
  if operators.is_jailed(operator, state.height) then return operator.percent end
  local doubled = 1 << recent(operator)
  return math.min(PERCENT_MAX, PERCENT * doubled),
    state.height + math.min(state.params.jail_max, state.params.jail_min * doubled)
end

--- Begins the episode of that sentence.
function jail.begin(operator, percent, through)
  operator.percent = percent
  slash.jail(operator, through)
  operator.episodes[#operator.episodes + 1] = state.height
  if #operator.episodes > EPISODES_MAX then table.remove(operator.episodes, 1) end
end

return jail
