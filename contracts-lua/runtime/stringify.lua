--- A table as readable text: keys sorted, plain characters, the same on every machine.

-- Deeper levels are cut: a listing is for reading, JSON is for machines.
local DEPTH_MAX = 12
local RANK = { number = 1, string = 2, boolean = 3 }

local write

local function before(a, b)
  local rank_a, rank_b = RANK[type(a)] or 4, RANK[type(b)] or 4
  if rank_a ~= rank_b then return rank_a < rank_b end
  if rank_a <= 2 then return a < b end
  return tostring(a) < tostring(b)
end

local function sorted_keys(value)
  local keys = {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys, before)
  return keys
end

local function write_key(key, index)
  if key == index then return "" end
  if type(key) == "string" and key:match("^[%a_][%w_]*$") then return key .. " = " end
  if type(key) == "string" then return "[" .. string.format("%q", key) .. "] = " end
  return "[" .. tostring(key) .. "] = "
end

local function write_table(value, indent, open)
  if open[value] then return "{ ... }" end
  if next(value) == nil then return "{ }" end
  if #indent >= 2 * DEPTH_MAX then return "{ ... }" end
  open[value] = true
  local inner, rows = indent .. "  ", {}
  for index, key in ipairs(sorted_keys(value)) do
    rows[index] = inner .. write_key(key, index) .. write(value[key], inner, open)
  end
  open[value] = nil
  return "{\n" .. table.concat(rows, ",\n") .. "\n" .. indent .. "}"
end

function write(value, indent, open)
  if type(value) == "string" then return '"' .. value .. '"' end
  local meta = type(value) == "table" and getmetatable(value)
  if type(value) ~= "table" or (meta and meta.__tostring) then return tostring(value) end
  return write_table(value, indent, open)
end

return function(value)
  return write(value, "", {})
end
