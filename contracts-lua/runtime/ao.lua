--- `ao`: who this process is, whom it trusts, and what it sends.
--
-- Nothing is sent at once: calls fill `ao.outbox`, which is the result of the message. References
-- count up for the whole life of the process; the anchor is the reference, filled up to 32 digits.

local ao = {
  id = "", _module = "", _version = "aosec-1",
  authorities = {}, assignables = {}, reference = 0,
  env = {}, outbox = { Messages = {}, Spawns = {}, Assignments = {}, Output = {} },
}

local use = ...
local utils = use(".utils")
local answers = use("answers")

-- Fields of a sent table that are no tags.
local FIELDS = {
  Target = true, Data = true, Anchor = true, Tags = true, TagArray = true, Id = true,
  From = true, Owner = true, Signature = true, reply = true, forward = true,
}

local function with_tag_map(part)
  local map = {}
  for _, tag in ipairs(part.Tags or {}) do
    if map[tag.name] == nil then map[tag.name] = tag.value end
  end
  return { Id = part.Id, Owner = part.Owner, TagArray = part.Tags or {}, Tags = map }
end

local function authorities_of(process)
  local found = {}
  for _, tag in ipairs(process.TagArray) do
    if tag.name == "Authority" then found[#found + 1] = tag.value end
  end
  return found
end

--- Takes over what the environment added or dropped; the process's own edits stay.
local function follow_authorities(old, new)
  for index = #ao.authorities, 1, -1 do
    local key = ao.authorities[index]
    if utils.includes(key, old) and not utils.includes(key, new) then
      table.remove(ao.authorities, index)
    end
  end
  for _, key in ipairs(new) do
    if not utils.includes(key, old) and not utils.includes(key, ao.authorities) then
      table.insert(ao.authorities, key)
    end
  end
end

--- Reads an environment: the first one names the process, later ones may change authorities.
function ao.init(env)
  local process, module = with_tag_map(env.Process), with_tag_map(env.Module or {})
  follow_authorities(ao.env.Process and authorities_of(ao.env.Process) or {}, authorities_of(process))
  ao.env = { Process = process, Module = module }
  ao.id = process.Id
  ao._module = process.Tags.Module or module.Id or ""
end

--- Empties the outbox.
function ao.clearOutbox()
  ao.outbox = { Messages = {}, Spawns = {}, Assignments = {}, Output = {} }
end

--- Whether the message comes from an authority: its sender or its signer is one.
function ao.isTrusted(msg)
  return utils.includes(msg.From, ao.authorities) or utils.includes(msg.Owner, ao.authorities)
end

--- Whether the message was meant for somebody else and assigned to this process.
function ao.isAssignment(msg)
  return msg.Target ~= nil and msg.Target ~= "" and msg.Target ~= ao.id
end

--- Allows assignments that meet the pattern: (name, pattern).
function ao.addAssignable(name, pattern)
  assert(type(name) == "string" and pattern ~= nil, "addAssignable takes a name and a pattern")
  ao.removeAssignable(name)
  table.insert(ao.assignables, { name = name, pattern = pattern })
end

--- Forgets the pattern of that name.
function ao.removeAssignable(name)
  for index, entry in ipairs(ao.assignables) do
    if entry.name == name then return table.remove(ao.assignables, index) end
  end
end

--- Whether an assignment is allowed.
function ao.isAssignable(msg)
  for _, entry in ipairs(ao.assignables) do
    if utils.matchesSpec(msg, entry.pattern) then return true end
  end
  return false
end

local function text_of(value, what)
  local kind = type(value)
  if kind == "string" then return value end
  if kind == "number" then
    return string.format(math.type(value) == "integer" and "%d" or "%.14g", value)
  end
  if kind == "boolean" or (kind == "table" and (getmetatable(value) or {}).__tostring) then return tostring(value) end
  error(what .. " is a " .. kind .. ", a string is needed (json.encode makes one of a table)", 0)
end

local function add_tag(tags, name, value)
  tags[#tags + 1] = { name = name, value = text_of(value, "tag " .. tostring(name)) }
end

local function tag_names(fields, skipped)
  local names = {}
  for name, value in pairs(fields) do
    if type(name) == "string" and not skipped[name] and type(value) ~= "function" then
      names[#names + 1] = name
    end
  end
  table.sort(names)
  return names
end

--- Adds what the caller gave: first the other fields by name, then `Tags`, as array or as map.
local function add_own_tags(tags, fields)
  for _, name in ipairs(tag_names(fields, FIELDS)) do add_tag(tags, name, fields[name]) end
  local own = fields.Tags
  if own == nil then return end
  assert(type(own) == "table", "Tags is an array of {name, value} or a map")
  if own[1] ~= nil then
    for _, tag in ipairs(own) do add_tag(tags, tag.name, tag.value) end
  else
    for _, name in ipairs(tag_names(own, {})) do add_tag(tags, name, own[name]) end
  end
end

-- Digits of an anchor.
local ANCHOR_ZEROS = ("0"):rep(32)

local function next_reference()
  ao.reference = ao.reference + 1
  local reference = tostring(ao.reference)
  return reference, ANCHOR_ZEROS:sub(#reference + 1) .. reference
end

local function data_of(fields)
  return fields.Data == nil and "" or text_of(fields.Data, "Data")
end

--- Sends a message: Target, Data, Tags; every other field becomes a tag.
-- @treturn table the message, with `receive` and `onReply` for the answer
function ao.send(fields)
  assert(type(fields) == "table", "Send takes a table")
  assert(type(fields.Target) == "string" and fields.Target ~= "", "Send: Target is a process or a wallet")
  local data = data_of(fields)
  local reference, anchor = next_reference()
  local tags = {
    { name = "Data-Protocol", value = "ao" }, { name = "Variant", value = "ao.TN.1" },
    { name = "Type", value = "Message" }, { name = "Reference", value = reference },
  }
  add_own_tags(tags, fields)
  table.insert(ao.outbox.Messages, { Target = fields.Target, Data = data, Anchor = anchor, Tags = tags })
  return answers.of({ Target = fields.Target, Data = data, Anchor = anchor, Tags = tags },
    { From = fields.Target, ["X-Reference"] = reference })
end

--- Spawns a process of a module: Data, Tags; every other field becomes a tag.
-- @treturn table the spawn, with `receive` and `onReply` for the notice `Spawned`
function ao.spawn(module, fields)
  assert(type(module) == "string" and module ~= "", "Spawn: the module is an id")
  fields = fields or {}
  assert(type(fields) == "table", "Spawn takes a module and a table")
  local data = data_of(fields)
  local reference, anchor = next_reference()
  local tags = {
    { name = "Data-Protocol", value = "ao" }, { name = "Variant", value = "ao.TN.1" },
    { name = "Type", value = "Process" }, { name = "From-Process", value = ao.id },
    { name = "From-Module", value = ao._module }, { name = "Module", value = module },
    { name = "Reference", value = reference },
  }
  add_own_tags(tags, fields)
  table.insert(ao.outbox.Spawns, { Data = data, Anchor = anchor, Tags = tags })
  return answers.of({ Data = data, Anchor = anchor, Tags = tags },
    { Action = "Spawned", From = ao.id, Reference = reference })
end

--- Assigns a message to processes: {Processes = {...}, Message = id, Exclude = {...}}.
function ao.assign(fields)
  assert(type(fields) == "table", "Assign takes a table")
  assert(type(fields.Processes) == "table" and #fields.Processes > 0, "Assign: Processes is an array of ids")
  assert(type(fields.Message) == "string", "Assign: Message is an id")
  table.insert(ao.outbox.Assignments, fields)
end

return ao
