--- Scheduled transitions (3.5): what is due at which height, in the order (due, number).
--
-- `schedule` gives an entry; `cancel` makes it stale. A Tick takes them one by one through `first` and
-- `drop`. `wanted` says which processes' heads, and which messages' places, the next Tick will need
-- (2.8). What a kind does is not known here: `tick` knows.

local queue = {}

local state = require("origin.state")

-- Transitions that one Tick applies, and so the entries that the next one may need heads for (3.5, 2.8).
queue.TICK_MAX = 256

-- The answer of `wanted`, until something due by the next Tick changes.
local cached

--- Adds a transition. With a process the entry needs its head when it is applied, with a message also
--- the place of that in its log.
-- @tparam number due height of the Tick that applies it
-- @tparam string kind
-- @tparam table subject what it is about
-- @tparam[opt] string process
-- @tparam[opt] string message
function queue.schedule(due, kind, subject, process, message)
  state.transitions = state.transitions + 1
  local entry = {
    due = due, number = state.transitions, kind = kind, subject = subject, process = process,
    message = message,
  }
  local bucket = state.due[due]
  if bucket == nil then
    bucket = { first = 1, last = 0 }
    state.due[due] = bucket
  end
  bucket.last = bucket.last + 1
  bucket[bucket.last] = entry
  if due < state.oldest then state.oldest = due end
  if due <= state.height + 1 then cached = nil end
  return entry
end

--- Makes an entry stale: it will not be applied and does not count. Nil is taken.
function queue.cancel(entry)
  if entry == nil then return end
  entry.stale = true
  if entry.due <= state.height + 1 then cached = nil end
end

--- The bucket of a height without stale entries at its head, or nil once it is empty.
local function bucket_at(height)
  local bucket = state.due[height]
  if bucket == nil then return nil end
  while bucket.first <= bucket.last and bucket[bucket.first].stale do
    bucket[bucket.first] = nil
    bucket.first = bucket.first + 1
  end
  if bucket.first <= bucket.last then return bucket end
  state.due[height] = nil
end

--- The first entry that is due at the height or before, or nil.
function queue.first(height)
  while state.oldest <= height do
    local bucket = bucket_at(state.oldest)
    if bucket then return bucket[bucket.first] end
    state.oldest = state.oldest + 1
  end
end

--- Takes out the entry that `first` gave.
function queue.drop(entry)
  local bucket = state.due[entry.due]
  bucket[bucket.first] = nil
  bucket.first = bucket.first + 1
  cached = nil
end

--- What one entry needs: its process once, and its message.
local function need(entry, found)
  local process = entry.process
  if process and not found.seen[process] then
    found.seen[process] = true
    found.heads[#found.heads + 1] = process
  end
  if entry.message then found.places[#found.places + 1] = { process, entry.message } end
end

local function add_wanted(bucket, left, found)
  for index = bucket.first, bucket.last do
    if left == 0 then break end
    local entry = bucket[index]
    if not entry.stale then
      left = left - 1
      need(entry, found)
    end
  end
  return left
end

--- Of the first 256 entries due by the next Tick, in their order: `heads`, the processes, each once
--- (2.8 `Want`), and `places`, pairs of process and message, one an entry (`Sought`).
function queue.wanted()
  if cached then return cached end
  local found, left = { heads = {}, places = {}, seen = {} }, queue.TICK_MAX
  for height = state.oldest, state.height + 1 do
    local bucket = bucket_at(height)
    if bucket then left = add_wanted(bucket, left, found) end
    if left == 0 then break end
  end
  cached = found
  return found
end

--- Forgets the answer of `wanted`: a Tick has moved the height.
function queue.moved()
  cached = nil
end

return queue
