--- `.handlers`: order, answers of patterns, replacement, single runs.

local handlers = require(".handlers")

--- Runs the body with an empty list and puts the old one back.
local function alone(body)
  return function()
    local kept = handlers.list
    handlers.list = {}
    local fine, reason = pcall(body)
    handlers.list = kept
    assert(fine, reason)
  end
end

local function message(fields)
  fields.Tags = fields.Tags or { Action = fields.Action }
  return fields
end

local function recorder()
  local seen = {}
  return seen, function(name)
    return function() seen[#seen + 1] = name end
  end
end

local function names()
  local all = {}
  for index, entry in ipairs(handlers.list) do all[index] = entry.name end
  return table.concat(all, ",")
end

return {
  ["the first that stops is the last"] = alone(function()
    local seen, add = recorder()
    handlers.add("one", "Go", add("one"))
    handlers.add("two", { Action = "Go" }, add("two"))
    assert(handlers.evaluate(message({ Action = "Go" }), {}) == true)
    assert(table.concat(seen, ",") == "one")
  end),

  ["patterns say skip, go on or stop"] = alone(function()
    for _, case in ipairs({ { false, "" }, { 0, "" }, { "skip", "" }, { 1, "go" }, { "continue", "go" },
      { true, "stop" }, { -1, "stop" }, { "break", "stop" }, { "nonsense", "" } }) do
      local seen, add = recorder()
      handlers.list = {}
      handlers.add("case", function() return case[1] end, add("case"))
      local stopped = handlers.evaluate(message({}), {})
      local outcome = stopped and "stop" or #seen > 0 and "go" or ""
      assert(outcome == case[2], tostring(case[1]) .. " gave '" .. outcome .. "'")
    end
  end),

  ["a pattern that is nil is a no"] = alone(function()
    handlers.add("nothing", function() end, function() error("ran") end)
    assert(handlers.evaluate(message({}), {}) == false)
  end),

  ["what nobody stops goes to _default"] = alone(function()
    local seen, add = recorder()
    handlers.add("_default", function() return true end, add("default"))
    handlers.add("go", function() return "continue" end, add("go"))
    handlers.evaluate(message({}), {})
    assert(table.concat(seen, ",") == "go,default")
  end),

  ["places in the list"] = alone(function()
    local nothing = function() end
    handlers.add("b", nothing)
    handlers.append("c", nothing)
    handlers.prepend("a", nothing)
    assert(names() == "a,b,c")
    handlers.add("a", "Other", nothing)
    handlers.prepend("c", nothing)
    assert(names() == "a,b,c" and handlers.list[1].pattern == "Other", "replaced where it stands")
    handlers.remove("b")
    handlers.remove("unknown")
    assert(names() == "a,c")
  end),

  ["a short form takes the name as the action"] = alone(function()
    local seen, add = recorder()
    handlers.add("Go", add("go"))
    handlers.evaluate(message({ Action = "Go" }), {})
    assert(seen[1] == "go")
  end),

  ["once is once, and several times several"] = alone(function()
    local seen, add = recorder()
    handlers.once("one", "Go", add("one"))
    handlers.once("Go", add("unnamed"))
    handlers.add("three", "Go", add("three"), 3)
    for _ = 1, 6 do handlers.evaluate(message({ Action = "Go" }), {}) end
    assert(table.concat(seen, ",") == "unnamed,one,three,three,three")
    assert(names() == "")
  end),

  ["an error ends the walk"] = alone(function()
    handlers.add("bad", "Go", function() error("no", 0) end)
    local fine, reason = pcall(handlers.evaluate, message({ Action = "Go" }), {})
    assert(not fine and reason == "no")
  end),

  ["a handler may change the list"] = alone(function()
    local seen, add = recorder()
    handlers.add("one", function() return "continue" end, function()
      handlers.remove("two")
      handlers.add("three", function() return true end, add("three"))
    end)
    handlers.add("two", function() return "continue" end, add("two"))
    handlers.evaluate(message({}), {})
    assert(table.concat(seen, ",") == "two", "the walk is over the list as it was")
    assert(names() == "one,three")
  end),

  ["misuse raises with the name"] = alone(function()
    local nothing = function() end
    for _, bad in ipairs({ { nil, "Go", nothing }, { "", "Go", nothing }, { "x", 5, nothing }, { "x", "Go", {} } }) do
      assert(not pcall(handlers.add, bad[1], bad[2], bad[3]))
    end
    assert(not pcall(handlers.remove, nil))
  end),

  ["ready-made patterns"] = alone(function()
    local made = handlers.utils
    local msg = message({ Action = "Go", Data = "d", Tags = { Action = "Go", Kind = "k" } })
    assert(made.hasMatchingTag("Kind", "k")(msg) and not made.hasMatchingTag("Kind", "l")(msg))
    assert(made.hasMatchingTagOf("Kind", { "j", "k" })(msg))
    assert(made.hasMatchingData("d")(msg) and not made.hasMatchingData("e")(msg))
    assert(made.continue("Go")(msg) == "continue" and made.continue("No")(msg) == false)
    local said
    msg.reply = function(answer) said = answer end
    made.reply("hello")(msg)
    assert(said.Data == "hello")
    made.reply({ Data = "whole", Kind = "x" })(msg)
    assert(said.Kind == "x")
  end),
}
