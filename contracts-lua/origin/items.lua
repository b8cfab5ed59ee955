--- Enclosures (2.5): signed items inside a message, verified by the host of the VM.
--
-- Each is { Id, Owner, Target, Tags = array of { name, value }, Data }. A tag of an enclosure counts if
-- it is there exactly once: what was signed must not mean two things.

local items = {}

--- The value of a tag that stands exactly once, else nil.
function items.tag(item, name)
  local found
  for _, tag in ipairs(item.Tags) do
    if tag.name == name then
      if found ~= nil then return nil end
      found = tag.value
    end
  end
  return found
end

--- Whether the item has no tag of that name at all.
function items.lacks(item, name)
  for _, tag in ipairs(item.Tags) do
    if tag.name == name then return false end
  end
  return true
end

--- Whether the item has all these tags, each once, with these values.
function items.has(item, wanted)
  for index = 1, #wanted, 2 do
    if items.tag(item, wanted[index]) ~= wanted[index + 1] then return false end
  end
  return true
end

return items
