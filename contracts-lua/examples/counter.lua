--- A counter: the smallest process that keeps something.
--
-- `Action: Increment` adds the tag `By` (1 if it is absent), `Action: Count` answers with the sum.

Count = Count or 0

Handlers.add("increment", "Increment", function(msg)
  local by = math.tointeger(tonumber(msg.By or "1"))
  assert(by and by > 0, "By is a whole number above 0")
  Count = Count + by
  msg.reply({ Action = "Incremented", Count = Count })
end)

Handlers.add("count", "Count", function(msg)
  msg.reply({ Action = "Count", Data = Count })
end)
