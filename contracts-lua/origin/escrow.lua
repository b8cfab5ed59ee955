--- `Fund` and `Heartbeat` (5.12): money for a process, and the proofs that its host earned it.

local escrow = {}

local amount = require("origin.amount")
local items = require("origin.items")
local keys = require("origin.keys")
local ledger = require("origin.ledger")
local pay = require("origin.pay")
local state = require("origin.state")
local text = require("origin.text")

-- Heartbeats in one message: as many processes as it may name (2.8).
local BEATS_MAX = 64

--- `Fund`: Process, Quantity. Any process id; the sum never returns.
function escrow.fund(call)
  local id, sum = call.tags.Process, amount.positive(call.tags.Quantity)
  if not text.is_id(id) then return nil, "5.12 process" end
  if sum == nil then return nil, "3.1 amount" end
  if not ledger.has(call.caller, sum) then return nil, "3.1 balance" end
  ledger.take(call.caller, sum)
  ledger.fund(id, sum)
  local process = state.processes[id]
  if process and process.lease then pay.catch_up(process.lease) end
  return { Process = id, Escrow = amount.text(ledger.escrow(id)) }
end

--- What a heartbeat item says, or nil where it is none.
local function beat_of(item)
  if not items.has(item, { "Action", "Heartbeat", "Origin", ao.id }) then return nil end
  local beat = {
    process = items.tag(item, "Process"), epoch = text.count(items.tag(item, "Epoch")),
    slot = text.count(items.tag(item, "Slot")), chain = items.tag(item, "Log-Chain"),
    height = text.count(items.tag(item, "Height")), key = item.Owner,
  }
  if text.is_id(beat.process) and beat.epoch and beat.slot and text.is_id(beat.chain) and beat.height then
    return beat
  end
end

--- Nil, or why the heartbeat proves nothing.
local function refusal(call, beat)
  local process = state.processes[beat.process]
  local lease, head = process and process.lease, call.log[beat.process]
  if lease == nil then return "5.12 hosted" end
  if not keys.counts(lease.operator, beat.key, call.mined) then return "5.12 key" end
  if beat.epoch ~= lease.epoch or head == nil or head.epoch ~= beat.epoch or head.slot ~= beat.slot
    or head.chain ~= beat.chain then
    return "5.12 head"
  end
  if beat.height > call.mined or beat.height < call.mined - state.params.publish_within then
    return "5.12 height"
  end
end

--- All heartbeats of a message, checked; or nil and a code.
local function beats_of(call)
  if #call.items < 1 or #call.items > BEATS_MAX then return nil, "5.12 items" end
  local beats, seen = {}, {}
  for index, item in ipairs(call.items) do
    local beat = beat_of(item)
    if beat == nil then return nil, "5.12 items" end
    local code = seen[beat.process] and "5.12 twice" or refusal(call, beat)
    if code then return nil, code end
    seen[beat.process] = true
    beats[index] = beat
  end
  return beats
end

--- `Heartbeat`: 1 to 64 enclosed heartbeats by hot keys, sent by anyone.
function escrow.heartbeat(call)
  local beats, code = beats_of(call)
  if beats == nil then return nil, code end
  for _, beat in ipairs(beats) do pay.prove(state.processes[beat.process].lease, beat.height) end
  return { Proven = #beats }
end

return escrow
