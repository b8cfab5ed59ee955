--- Runs a text in the process: `Eval` by the owner, and the spawn's data at boot.

local use = ...
local output = use("output")

local eval = {}

--- Loads the text as an expression, else as a chunk, and runs it. What it returns is printed.
function eval.expression(text)
  local chunk, reason = load("return " .. text, "=eval", "t")
  if not chunk then chunk, reason = load(text, "=eval", "t") end
  if not chunk then error(reason, 0) end
  local value = chunk()
  if value ~= nil then output.print(value) end
end

--- Loads the text as a chunk and runs it.
function eval.chunk(text)
  local chunk, reason = load(text, "=process", "t")
  if not chunk then error(reason, 0) end
  chunk()
end

return eval
