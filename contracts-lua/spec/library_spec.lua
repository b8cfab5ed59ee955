--- What of Lua's library a process has, and what it must not have.

return {
  ["no file, no clock, no bytecode"] = function()
    for _, name in ipairs({ "io", "dofile", "loadfile", "loadstring" }) do
      assert(_G[name] == nil, name)
    end
    assert(string.dump == nil and os.clock == nil and os.getenv == nil and os.exit == nil)
    assert(debug.getinfo == nil and debug.sethook == nil and type(debug.traceback()) == "string")
    assert(package.path == nil and package.loadlib == nil)
    local chunk = load("\27Lua")
    assert(chunk == nil, "bytecode was loaded")
    assert(not pcall(load, "return 1", "x", "b") or load("return 1", "x", "b") == nil)
  end,

  ["addresses never become text"] = function()
    assert(tostring({}) == "table" and tostring(print) == "function")
    assert(tostring(coroutine.create(print)) == "thread")
    assert(tostring(setmetatable({}, { __name = "Kind" })) == "Kind")
    assert(not pcall(string.format, "%p", {}))
  end,

  ["numbers have one spelling"] = function()
    assert(tostring(0 / 0) == "nan" and tostring(math.huge - math.huge) == "nan" and tostring(0.0 * math.huge) == "nan")
    assert(tostring(-(0 / 0)) == "-nan", "only a sign change makes it negative")
    assert(tostring(1 / 0) == "inf" and tostring(-1 / 0) == "-inf")
    assert(string.format("%.14g", 0.1) == "0.1" and tostring(1e15) == "1e+15" and tostring(3.0) == "3.0")
    assert(math.pi == 3.141592653589793 and 2 ^ 53 == 9007199254740992.0)
    assert(string.format("%5.2f|%-6d|%x|%q", 3.14159, 42, 255, "a\nb") == " 3.14|42    |ff|\"a\\\nb\"")
    assert(tonumber("0x1p4") == 16.0 and tonumber("1e308") * 10 == math.huge)
  end,

  ["the time is the message's"] = function()
    assert(os.time() > 0 and math.type(os.time()) == "integer")
    assert(not pcall(os.time, { year = 2020, month = 1, day = 1 }))
  end,

  ["random numbers depend on the seed alone"] = function()
    math.randomseed(42)
    local first = { math.random(1000), math.random(), math.random(5, 10) }
    math.randomseed(42)
    assert(math.random(1000) == first[1] and math.random() == first[2] and math.random(5, 10) == first[3])
    for _ = 1, 100 do
      local r = math.random()
      assert(r >= 0 and r < 1)
    end
  end,

  ["a table's __gc never runs"] = function()
    local ran = false
    setmetatable({}, { __gc = function() ran = true end })
    collectgarbage()
    assert(not ran)
    local weak = setmetatable({ {} }, { __mode = "v" })
    collectgarbage()
    assert(weak[1] == nil, "weak tables are cleared")
  end,

  ["only the five parts can be required"] = function()
    for _, name in ipairs({ "json", ".utils", ".bint", ".handlers", "ao" }) do assert(require(name)) end
    for _, name in ipairs({ "process", "io", ".eval", "lsqlite3", "bint-words" }) do
      local fine, reason = pcall(require, name)
      assert(not fine and reason:find("is not part of this runtime", 1, true), name)
    end
    package.preload["own.part"] = function(name) return { name = name } end
    assert(require("own.part").name == "own.part" and require("own.part") == require("own.part"))
    package.preload["own.part"], package.loaded["own.part"] = nil, nil
  end,

  ["long strings have an end"] = function()
    local fine, reason = pcall(string.rep, "x", 16 * 1024 * 1024 + 1)
    assert(not fine and reason:find("too large", 1, true), reason)
    assert(not pcall(string.rep, "x", 1 << 40))
    assert(not pcall(string.rep, "", 1 << 62, "ab"))
  end,

  ["deep recursion is Lua's own error"] = function()
    local function down(n) return 1 + down(n + 1) end
    local fine, reason = pcall(down, 1)
    assert(not fine and reason:find("stack overflow", 1, true), reason)
    local deep = string.rep("(", 300) .. "1" .. string.rep(")", 300)
    assert(load("return " .. deep) == nil)
    local function nest(n) return pcall(nest, n + 1) end
    nest(1)
    local text = "x"
    local function gsub_down() return (text:gsub(".", gsub_down)) end
    assert(not pcall(gsub_down))
  end,
}
