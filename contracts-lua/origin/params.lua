--- The parameters of the law (8) and the conditions between them (4.2).
--
-- Genesis hands them in whole: every name, no other. Blocks are integers, amounts decimal text.

local params = {}

local amount = require("origin.amount")

-- A number of blocks beyond this is a slip of the pen: four years of Arweave.
local BLOCKS_MAX = 1000000

local BLOCKS = {
  "settlement_depth", "activation", "unbonding", "evidence_max_age", "slash_delay", "period_default",
  "period_min", "period_max", "window_floor", "late_after", "publish_within", "public_before", "cut",
  "commit", "reveal", "beacon_blocks", "handover", "notice", "jail_min", "jail_max", "memory",
  "mass_window", "bounty_window", "arrears", "fee_rise", "reopening_factor",
}

local AMOUNTS = { "min_bond", "inbox_fee", "answer_fee_floor" }

local function ordered(p)
  return p.period_min <= p.period_default and p.period_default <= p.period_max
    and p.jail_min <= p.jail_max
end

local function safe(p)
  return p.evidence_max_age + p.period_max + p.publish_within + p.settlement_depth + p.slash_delay
      <= p.unbonding
    and p.commit + p.reveal >= p.cut
    and p.period_min >= p.window_floor
    and p.window_floor >= p.settlement_depth + p.late_after
    and math.max(p.mass_window, p.bounty_window) <= p.slash_delay
end

local function count(map)
  local n = 0
  for _ in pairs(map) do n = n + 1 end
  return n
end

local function read_blocks(given, found)
  for _, name in ipairs(BLOCKS) do
    local blocks = given[name]
    if math.type(blocks) ~= "integer" or blocks < 1 or blocks > BLOCKS_MAX then return false end
    found[name] = blocks
  end
  return true
end

local function read_amounts(given, found)
  for _, name in ipairs(AMOUNTS) do
    found[name] = amount.parse(given[name])
    if found[name] == nil then return false end
  end
  return true
end

--- The parameters out of what genesis gives, or nil and the code of a refusal.
function params.read(given)
  local found = {}
  if type(given) ~= "table" or count(given) ~= #BLOCKS + #AMOUNTS then return nil, "8 parameter" end
  if not (read_blocks(given, found) and read_amounts(given, found)) then return nil, "8 parameter" end
  if found.min_bond == 0 or found.answer_fee_floor == 0 then return nil, "8 parameter" end
  if not ordered(found) then return nil, "8 bounds" end
  if not safe(found) then return nil, "4.2 unsafe" end
  return found
end

--- All of them as they came, for the view.
function params.shown(p)
  local shown = {}
  for _, name in ipairs(BLOCKS) do shown[name] = p[name] end
  for _, name in ipairs(AMOUNTS) do shown[name] = amount.text(p[name]) end
  return shown
end

return params
