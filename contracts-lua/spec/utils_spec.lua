--- `.utils`: arrays, and patterns over messages.

local utils = require(".utils")

local function list(array) return table.concat(array, ",") end

return {
  ["arrays"] = function()
    local odd = function(x) return x % 2 == 1 end
    assert(list(utils.map(function(x, i) return x * i end, { 1, 2, 3 })) == "1,4,9")
    assert(list(utils.filter(odd, { 1, 2, 3 })) == "1,3")
    assert(utils.find(odd, { 2, 3, 5 }) == 3)
    assert(utils.reduce(function(a, x) return a + x end, 0, { 1, 2, 3 }) == 6)
    assert(list(utils.concat({ 1 }, { 2, 3 })) == "1,2,3")
    assert(list(utils.reverse({ 1, 2, 3 })) == "3,2,1")
    assert(utils.includes(2, { 1, 2 }) and not utils.includes(3, { 1, 2 }))
    assert(list(utils.keys({ b = 1, a = 2, [1] = 3 })) == "1,a,b")
    assert(list(utils.values({ b = 1, a = 2 })) == "2,1")
  end,

  ["functions wait for their arguments"] = function()
    assert(list(utils.map(function(x) return x + 1 end)({ 1 })) == "2")
    assert(utils.propEq("a")(1)({ a = 1 }) and utils.prop("a")({ a = 2 }) == 2)
    local both = utils.compose(utils.reverse, utils.map(function(x) return x * 2 end))
    assert(list(both({ 1, 2 })) == "4,2")
    assert(utils.curry(function(a, b, c) return a + b + c end, 3)(1)(2)(3) == 6)
  end,

  ["misuse raises"] = function()
    assert(not pcall(utils.map, 1, {}))
    assert(not pcall(utils.map, print, { a = 1 }))
    assert(not pcall(utils.reverse, nil))
    assert(not pcall(utils.keys, 1))
  end,

  ["a field meets its pattern"] = function()
    local meets = utils.matchesPattern
    assert(meets("a", "a", {}) and not meets("a", "b", {}))
    assert(meets("_", "anything", {}) and not meets("_", nil, {}))
    assert(meets("^%d+$", "12", {}) and not meets("^%d+$", "1a", {}))
    assert(meets("a-b", "a-b", {}) and not meets("a-b", "b", {}), "a lone dash is plain text")
    assert(meets({ "x", "^y" }, "yes", {}) and not meets({ "x" }, "y", {}))
    assert(meets(function(v, m) return v == m.want end, "w", { want = "w" }))
    assert(not meets(1, "1", {}))
  end,

  ["a message meets its pattern"] = function()
    local msg = { Action = "Go", From = "a", Tags = { Action = "Go", Kind = "k" } }
    assert(utils.matchesSpec(msg, "Go") and not utils.matchesSpec(msg, "Stop"))
    assert(utils.matchesSpec(msg, { Action = "Go", Kind = "_" }))
    assert(not utils.matchesSpec(msg, { Action = "Go", Other = "_" }))
    assert(utils.matchesSpec(msg, function(m) return m.From end) == "a")
    assert(not utils.matchesSpec(msg, 5))
  end,
}
