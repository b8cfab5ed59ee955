--- What a message prints, kept in order until its result is made.

local use = ...
local stringify = use("stringify")

local output = { lines = {} }

local function text_of(value)
  if type(value) == "table" and not (getmetatable(value) or {}).__tostring then
    return stringify(value)
  end
  return tostring(value)
end

--- Forgets what was printed.
function output.clear()
  output.lines = {}
end

--- Takes values as `print` does; tables are written out.
function output.print(...)
  local texts = {}
  for i = 1, select("#", ...) do
    texts[i] = text_of((select(i, ...)))
  end
  output.lines[#output.lines + 1] = table.concat(texts, "\t")
end

--- All lines as one text.
function output.text()
  return table.concat(output.lines, "\n")
end

return output
