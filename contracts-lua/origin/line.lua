--- A line of numbers in the order in which they came; each may leave at any time, and nobody walks it (3.3).

local line = {}

--- An empty one: `first` and `last` are absent.
function line.new()
  return { before = {}, after = {} }
end

--- Puts a number at its end.
function line.join(queue, number)
  local last = queue.last
  queue.before[number] = last
  if last then queue.after[last] = number else queue.first = number end
  queue.last = number
end

--- Takes out a number that is in it.
function line.leave(queue, number)
  local before, after = queue.before[number], queue.after[number]
  if before then queue.after[before] = after else queue.first = after end
  if after then queue.before[after] = before else queue.last = before end
  queue.before[number], queue.after[number] = nil, nil
end

return line
