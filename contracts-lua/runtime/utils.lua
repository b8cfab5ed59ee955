--- `.utils`: small functions over arrays, and the rule by which a message meets a pattern.
--
-- Functions of more than one argument may be given fewer and then wait for the rest.

local utils = {}

-- Characters that make a string a Lua pattern. A lone "-" is not among them: names have dashes.
local MAGIC = "[%^%$%(%)%%%.%[%]%*%+%?]"

--- A function that collects `arity` arguments (2 if not said) before it calls `fn`.
function utils.curry(fn, arity)
  assert(type(fn) == "function", "curry takes a function")
  arity = arity or 2
  return function(...)
    local count = select("#", ...)
    if count >= arity then return fn(...) end
    local first = { ... }
    return utils.curry(function(...)
      local all = { table.unpack(first, 1, count) }
      for i = 1, select("#", ...) do all[count + i] = (select(i, ...)) end
      return fn(table.unpack(all, 1, count + select("#", ...)))
    end, arity - count)
  end
end

local function is_array(value)
  if type(value) ~= "table" then return false end
  local count = 0
  for key in pairs(value) do
    if math.type(key) ~= "integer" then return false end
    count = count + 1
  end
  return count == #value
end

local function check_array(value, name)
  assert(is_array(value), name .. " takes an array")
end

--- The elements of both arrays, in order.
utils.concat = utils.curry(function(first, second)
  check_array(first, "concat")
  check_array(second, "concat")
  local result = {}
  for _, value in ipairs(first) do result[#result + 1] = value end
  for _, value in ipairs(second) do result[#result + 1] = value end
  return result
end, 2)

--- fn(accumulated, value, index) over the array.
utils.reduce = utils.curry(function(fn, initial, array)
  assert(type(fn) == "function", "reduce takes a function")
  check_array(array, "reduce")
  local result = initial
  for index, value in ipairs(array) do
    if result == nil and index == 1 then
      result = value
    else
      result = fn(result, value, index)
    end
  end
  return result
end, 3)

--- fn(value, index) of each element.
utils.map = utils.curry(function(fn, array)
  assert(type(fn) == "function", "map takes a function")
  check_array(array, "map")
  local result = {}
  for index, value in ipairs(array) do result[index] = fn(value, index) end
  return result
end, 2)

--- The elements for which fn(value) holds.
utils.filter = utils.curry(function(fn, array)
  assert(type(fn) == "function", "filter takes a function")
  check_array(array, "filter")
  local result = {}
  for _, value in ipairs(array) do
    if fn(value) then result[#result + 1] = value end
  end
  return result
end, 2)

--- The first element for which fn(value) holds, or nil.
utils.find = utils.curry(function(fn, array)
  assert(type(fn) == "function", "find takes a function")
  assert(type(array) == "table", "find takes an array")
  for _, value in ipairs(array) do
    if fn(value) then return value end
  end
end, 2)

--- Whether object[name] is the value.
utils.propEq = utils.curry(function(name, value, object)
  assert(type(object) == "table", "propEq takes a table")
  return object[name] == value
end, 3)

--- object[name].
utils.prop = utils.curry(function(name, object)
  assert(type(object) == "table", "prop takes a table")
  return object[name]
end, 2)

--- Whether the array has the value.
utils.includes = utils.curry(function(wanted, array)
  assert(type(array) == "table", "includes takes an array")
  for _, value in ipairs(array) do
    if value == wanted then return true end
  end
  return false
end, 2)

--- The array backwards.
function utils.reverse(array)
  check_array(array, "reverse")
  local result = {}
  for index = #array, 1, -1 do result[#result + 1] = array[index] end
  return result
end

--- The last function first.
function utils.compose(...)
  local steps = { ... }
  return function(...)
    local values = table.pack(...)
    for index = #steps, 1, -1 do
      values = table.pack(steps[index](table.unpack(values, 1, values.n)))
    end
    return table.unpack(values, 1, values.n)
  end
end

local function before(a, b)
  local kind_a, kind_b = type(a), type(b)
  if kind_a ~= kind_b then return kind_a == "number" end
  return (kind_a == "number" or kind_a == "string") and a < b
end

--- The keys of a table, numbers first, sorted.
function utils.keys(object)
  assert(type(object) == "table", "keys takes a table")
  local keys = {}
  for key in pairs(object) do keys[#keys + 1] = key end
  table.sort(keys, before)
  return keys
end

--- The values of a table, in the order of its sorted keys.
function utils.values(object)
  local values = {}
  for index, key in ipairs(utils.keys(object)) do values[index] = object[key] end
  return values
end

--- Whether one field of a message meets a pattern: "_" any value, a string equal or a Lua
--- pattern, a function of (value, message), or a table of which one pattern has to meet.
function utils.matchesPattern(pattern, value, msg)
  if not value then return false end
  if pattern == "_" then return true end
  if type(pattern) == "function" then return not not pattern(value, msg) end
  if type(pattern) == "string" then
    if not pattern:find(MAGIC) then return value == pattern end
    return type(value) == "string" and value:match(pattern) ~= nil
  end
  if type(pattern) ~= "table" then return false end
  for _, one in ipairs(utils.values(pattern)) do
    if utils.matchesPattern(one, value, msg) then return true end
  end
  return false
end

--- Whether a message meets a whole pattern: a function decides itself, a string names the
--- Action, a table names fields of the message or its tags, all of which have to meet.
function utils.matchesSpec(msg, spec)
  if type(spec) == "function" then return spec(msg) end
  if type(spec) == "string" then return msg.Action == spec end
  if type(spec) ~= "table" then return false end
  for name, pattern in pairs(spec) do
    local value = msg[name]
    if value == nil and msg.Tags then value = msg.Tags[name] end
    if not utils.matchesPattern(pattern, value, msg) then return false end
  end
  return true
end

return utils
