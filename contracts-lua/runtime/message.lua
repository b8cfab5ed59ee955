--- A message as handlers see it: tags as a map and as fields, and the two ways to answer.

local use = ...
local ao = use("ao")

local message = {}

-- Tags that never become a field of the message: the field is the item's or the node's own.
local OWN = {
  Id = true, From = true, Owner = true, Target = true, Anchor = true, Data = true, Tags = true,
  TagArray = true, Items = true, Signature = true, Timestamp = true, Epoch = true, Nonce = true,
  Cron = true, Module = true, ["Block-Height"] = true, ["Hash-Chain"] = true,
  ["Forwarded-By"] = true, ["Read-Only"] = true, ["Data-Protocol"] = true, Variant = true,
  Type = true, ["From-Process"] = true, ["From-Module"] = true, reply = true, forward = true,
}

-- Fields that an original message has and a forwarded copy must not.
local NOT_FORWARDED = {
  Id = true, From = true, Owner = true, Signature = true, Timestamp = true, Epoch = true,
  Nonce = true, Cron = true, Anchor = true, Tags = true, TagArray = true, Module = true,
  Items = true, Reference = true, ["Block-Height"] = true, ["Hash-Chain"] = true,
  ["Forwarded-By"] = true, ["Read-Only"] = true, ["Pushed-For"] = true, reply = true,
  forward = true,
}

local function reply_to(msg)
  return function(fields)
    assert(type(fields) == "table", "msg.reply takes a table")
    local answer = {}
    for name, value in pairs(fields) do answer[name] = value end
    answer.Target = msg["Reply-To"] or fields.Target or msg.From
    answer["X-Reference"] = msg["X-Reference"] or msg.Reference
    answer["X-Origin"] = msg["X-Origin"]
    return ao.send(answer)
  end
end

local function forward_of(msg)
  return function(target, fields)
    assert(type(target) == "string", "msg.forward takes a target")
    local copy = {}
    for name, value in pairs(msg) do
      if not NOT_FORWARDED[name] then copy[name] = value end
    end
    for name, value in pairs(fields or {}) do copy[name] = value end
    copy.Target = target
    copy["Reply-To"] = msg["Reply-To"] or msg.From
    copy["X-Reference"] = msg["X-Reference"] or msg.Reference
    copy["X-Origin"] = msg["X-Origin"] or msg.From
    return ao.send(copy)
  end
end

--- Makes the message out of what the node hands in. Of equal tags the first one counts.
function message.of(raw)
  local msg, map = raw, {}
  msg.TagArray = raw.Tags or {}
  for _, tag in ipairs(msg.TagArray) do
    if map[tag.name] == nil then
      map[tag.name] = tag.value
      -- What the node said of the message stands: no sender can spell it over with a tag.
      if not OWN[tag.name] and msg[tag.name] == nil then msg[tag.name] = tag.value end
    end
  end
  msg.Tags = map
  msg.reply = reply_to(msg)
  msg.forward = forward_of(msg)
  return msg
end

return message
