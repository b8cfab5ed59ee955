--- `.bint` against known values and its own laws.

local bint = require(".bint")(256)

local function same(have, want, what)
  if tostring(have) ~= tostring(want) then
    error((what or "value") .. ": have " .. tostring(have) .. ", want " .. tostring(want), 2)
  end
end

return {
  ["text goes in and comes out"] = function()
    for _, text in ipairs({ "0", "1", "-1", "999999999", "1000000000", "123456789012345678901234567890",
      "-98765432109876543210987654321098765432109876543210",
      "57896044618658097711785492504343953926634992332820282019728792003956564819967" }) do
      same(bint(text), text)
    end
    same(bint("0xff"), "255")
    same(bint("-0x10"), "-16")
    same(bint("0b101"), "5")
    same(bint("+7"), "7")
    same(bint.tobase(255, 16), "ff")
    same(bint.tobase(-1, 16), ("f"):rep(64))
    same(bint("007"), "7")
  end,

  ["what is no whole number is refused"] = function()
    for _, bad in ipairs({ "", "-", "1.5", "12a", " 1", "1 ", "0x", "0xg", "--1", "1e3" }) do
      same(bint.tobint(bad), nil, "'" .. bad .. "'")
      assert(not pcall(bint, bad), bad)
    end
    same(bint.tobint(1.5), nil)
    same(bint.tobint({}), nil)
    same(bint.tobint(3.0), "3")
    assert(not pcall(bint.add, 1, {}))
  end,

  ["beyond 2^63 nothing is lost"] = function()
    local big = bint(math.maxinteger)
    same(big + 1, "9223372036854775808")
    same(big * big, "85070591730234615847396907784232501249")
    same(bint("340282366920938463463374607431768211456") - 1, "340282366920938463463374607431768211455")
    same(bint(2):ipow(200), "1606938044258990275541962092341162602522202993782792835301376")
    same(bint(math.mininteger) - 1, "-9223372036854775809")
  end,

  ["results wrap at the width"] = function()
    same(bint.maxinteger() + 1, bint.mininteger())
    same(bint.zero() - 1, "-1")
    same(bint(2):ipow(256), "0")
    assert(bint.ult(bint.maxinteger(), -1), "-1 is the largest unsigned number")
  end,

  ["division keeps its laws"] = function()
    local values = { "1", "-1", "7", "65535", "65536", "4294967295", "4294967296", "18446744073709551615",
      "340282366920938463463374607431768211455", "-340282366920938463463374607431768211457",
      "123456789012345678901234567890123456789012345678901234567890", "2" }
    for _, a in ipairs(values) do
      for _, b in ipairs(values) do
        local x, y = bint(a), bint(b)
        local q, r = bint.idivmod(x, y)
        same(q * y + r, x, a .. " // " .. b)
        assert(r == bint.zero() or r:isneg() == y:isneg(), "floor: the rest has the divisor's sign")
        assert(bint.ult(r:abs(), y:abs()), "the rest is smaller than the divisor")
        local tq, tr = bint.tdivmod(x, y)
        same(tq * y + tr, x, a .. " quot " .. b)
        local uq, ur = bint.udivmod(x, y)
        same(uq * y + ur, x, a .. " udiv " .. b)
        assert(bint.ult(ur, y), "unsigned: the rest is smaller than the divisor")
      end
    end
    assert(not pcall(bint.udivmod, 1, 0))
  end,

  ["small numbers behave as Lua's integers"] = function()
    for a = -13, 13 do
      for b = -5, 5 do
        same(bint(a) + b, a + b)
        same(a - bint(b), a - b)
        same(bint(a) * b, a * b)
        same(bint(a) < bint(b), a < b)
        same(bint.le(a, b), a <= b)
        same(bint(a) == bint(b), a == b)
        if b ~= 0 then
          same(bint(a) // b, a // b)
          same(bint(a) % b, a % b)
        end
        same(bint(a) & b, a & b)
        same(bint(a) | b, a | b)
        same(bint(a) ~ b, a ~ b)
      end
      same(~bint(a), ~a)
      same(-bint(a), -a)
      same(bint.tointeger(bint(a)), a)
    end
  end,

  ["shifts and powers"] = function()
    same(bint(1) << 100, "1267650600228229401496703205376")
    same((bint(1) << 100) >> 99, "2")
    same(bint(1) << 256, "0")
    same(bint(1) << -1, "0")
    same(bint(-1) >> 255, "1")
    same(bint(6) << 32, "25769803776")
    same(bint.upowmod(3, 200, 1000007), 959082)
    same(bint(10):ipow(30), "1000000000000000000000000000000")
  end,

  ["bytes and other widths"] = function()
    local x = bint("0x0102030405060708090a")
    same(bint.fromle(x:tole()), x)
    same(bint.frombe(x:tobe()), x)
    same(#x:tobe(true), 10)
    local small = require(".bint")(64)
    same(small.maxinteger(), math.maxinteger)
    same(small(math.maxinteger) + 1, math.mininteger)
    assert(require(".bint")(256) == bint)
    assert(require(".bint")() == bint)
  end,

  ["floats come out as floats"] = function()
    same(bint(7) / 2, 3.5)
    same(bint(3) + 0.5, 3.5)
    same(bint.tonumber(bint("100")), 100)
    same(math.type(bint.tonumber(bint("36893488147419103232"))), "float")
  end,
}
