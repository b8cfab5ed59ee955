--- A process that spawns a child and hears of it.
--
-- `Action: Breed` spawns a counter; the network's notice `Spawned` names the new process, which is
-- then asked to count. `Action: Children` answers with the ids, oldest first.

local json = require("json")

Children = Children or {}

-- What a child runs at boot.
local CHILD = [[
Count = 0
Handlers.add("increment", "Increment", function(msg)
  Count = Count + 1
  msg.reply({ Action = "Incremented", Count = Count })
end)
]]

local function trust_of_own_kind()
  local tags = { { name = "On-Boot", value = "Data" } }
  for _, key in ipairs(ao.authorities) do
    tags[#tags + 1] = { name = "Authority", value = key }
  end
  return tags
end

Handlers.add("breed", "Breed", function(msg)
  assert(msg.From == Owner, "only the owner breeds")
  Spawn(ao.env.Module.Id, { Name = msg.Name or "child", Data = CHILD, Tags = trust_of_own_kind() })
end)

-- Only the network can speak in this process's own name, so `From` is enough to believe it.
Handlers.add("spawned", { Action = "Spawned", From = ao.id }, function(msg)
  assert(type(msg.Process) == "string", "Spawned without a process")
  table.insert(Children, msg.Process)
  Send({ Target = msg.Process, Action = "Increment" })
end)

Handlers.add("children", "Children", function(msg)
  msg.reply({ Action = "Children", Data = json.encode(Children) })
end)
