--- `origin.amount` against `.bint` and its own laws: one form a number, nothing lost at a limb's edge.

local amount = require("origin.amount")
local bint = require(".bint")(256)

local EDGES = { "0", "1", "9", "999999999999999999", "1000000000000000000", "1000000000000000001",
  "9223372036854775807", "9223372036854775808", "18446744073709551616", "499999999999999999999999999999",
  "500000000000000000000000000000", "999999999999999999999999999999" }

local function same(have, want, what)
  if have ~= want then error(what .. ": have " .. tostring(have) .. ", want " .. tostring(want), 2) end
end

local function each_pair(run)
  for _, a in ipairs(EDGES) do
    for _, b in ipairs(EDGES) do run(a, b, amount.parse(a), amount.parse(b)) end
  end
end

return {
  ["text has one spelling"] = function()
    for _, text in ipairs(EDGES) do same(amount.text(amount.parse(text)), text, "text") end
    for _, bad in ipairs({ "", "-1", "+1", "00", "01", "1.0", "1e3", " 1", "1 ", "0x1", ("9"):rep(31), "1\n" }) do
      same(amount.parse(bad), nil, "'" .. bad .. "'")
    end
    same(amount.parse(nil), nil, "nil")
    same(amount.parse(7), nil, "a number")
    same(amount.positive("0"), nil, "zero")
  end,

  ["small ones are integers, so that equal numbers are equal values"] = function()
    same(math.type(amount.parse("999999999999999999")), "integer", "below")
    same(type(amount.parse("1000000000000000000")), "string", "from there on")
    same(amount.sub("1000000000000000000", 1), 999999999999999999, "down")
    same(amount.add(999999999999999999, 1), "1000000000000000000", "up")
  end,

  ["sums, differences and order agree with bint"] = function()
    each_pair(function(a, b, x, y)
      same(amount.text(amount.add(x, y)), tostring(bint(a) + bint(b)), a .. " + " .. b)
      same(amount.less(x, y), bint(a) < bint(b), a .. " < " .. b)
      same(amount.min(x, y), amount.less(x, y) and x or y, "min")
      if amount.less(x, y) then
        assert(not pcall(amount.sub, x, y), "below zero")
      else
        same(amount.text(amount.sub(x, y)), tostring(bint(a) - bint(b)), a .. " - " .. b)
      end
    end)
  end,

  ["products and shares agree with bint"] = function()
    each_pair(function(a, b, x, y)
      for _, count in ipairs({ 0, 1, 60, 1000000 }) do
        same(amount.text(amount.times(x, count)), tostring(bint(a) * count), a .. " times " .. count)
      end
      if y ~= 0 and not amount.less(y, x) then
        local factor = 1000000000000000000
        same(amount.text(amount.share(x, factor, y)), tostring(bint(a) * factor // bint(b)), "share")
        same(amount.text(amount.share(factor, x, y)), tostring(bint(a) * factor // bint(b)), "share")
      end
    end)
  end,
}
