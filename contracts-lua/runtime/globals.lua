--- The names that aos gives to every process, set once. A process may replace any of them.

local use = ...
local ao = use("ao")
local handlers = use(".handlers")
local output = use("output")
local clock = use("clock")

--- Shown to the owner after each message.
local function prompt()
  return tostring(Name) .. "@aosec[Inbox:" .. #Inbox .. "]> "
end

return function()
  Name = "process"
  Prompt = prompt
  print = output.print
  os = { time = clock.now }
  Send = ao.send
  Spawn = ao.spawn
  Assign = ao.assign
  Receive = handlers.receive
end
