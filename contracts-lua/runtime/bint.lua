--- `.bint`: whole numbers of a fixed number of bits, exact far beyond 2^63.
--
-- `require(".bint")(256)` gives the numbers of 256 bits, in two's complement; results wrap around
-- at that width as machine integers do. A number is an array of 32-bit words, lowest first. The
-- operations take numbers of the kind, Lua integers and decimal strings alike; where one operand
-- is a float, the operators calculate with floats, and the named functions refuse.

local use = ...
local words = use("bint-words")
local add_text = use("bint-text")

-- Widths that a process may ask for: the smallest holds a Lua integer.
local BITS_MIN, BITS_MAX, BITS_STEP = 64, 4096, 32
local NOT_WHOLE = "value cannot be represented by a bint"

--- Numbers out of Lua values and back.
local function add_values(bint, size, own)
  --- A Lua integer, its 64 bits taken as unsigned.
  function bint.fromuinteger(n)
    n = assert(math.tointeger(n), "an integer is needed")
    local x = words.filled(size, 0)
    x[1], x[2] = n & words.MASK, n >> 32
    return own(x)
  end

  --- A Lua integer, its sign continued.
  function bint.frominteger(n)
    n = assert(math.tointeger(n), "an integer is needed")
    local x = words.filled(size, n < 0 and words.MASK or 0)
    x[1], x[2] = n & words.MASK, n >> 32
    return own(x)
  end

  function bint.isbint(x) return getmetatable(x) == bint end

  --- The number that the value stands for, or nil: a number of this kind (itself, or a copy if
  --- asked for), an integer, a float without fraction, or text.
  function bint.tobint(x, clone)
    if getmetatable(x) == bint then return clone and own(words.copy(x)) or x end
    if type(x) == "string" then return bint.fromstring(x) end
    local n = type(x) == "number" and math.tointeger(x)
    return n and bint.frominteger(n) or nil
  end

  --- A new number, or an error.
  function bint.new(x)
    return bint.tobint(x, true) or error(NOT_WHOLE, 2)
  end

  --- A number of the kind where possible, else a Lua number.
  function bint.parse(x, clone)
    return bint.tobint(x, clone) or tonumber(x)
  end

  --- The lowest 64 bits.
  function bint.touinteger(x)
    x = bint.tobint(x) or error(NOT_WHOLE, 2)
    return x[1] | x[2] << 32
  end

  bint.tointeger = bint.touinteger

  --- The same number as a Lua integer, or nil where it does not fit.
  function bint.small(x)
    x = bint.tobint(x) or error(NOT_WHOLE, 2)
    local low = x[1] | x[2] << 32
    local fill = low < 0 and words.MASK or 0
    for i = 3, size do
      if x[i] ~= fill then return nil end
    end
    return low
  end

  --- A Lua integer where it fits, else the nearest float.
  function bint.tonumber(x)
    if getmetatable(x) ~= bint then return tonumber(x) end
    return bint.small(x) or tonumber(bint.tobase(x, 10) .. ".0")
  end

  function bint.zero() return bint.frominteger(0) end
  function bint.one() return bint.frominteger(1) end

  --- Smallest and largest number of the kind.
  function bint.mininteger()
    local x = words.filled(size, 0)
    x[size] = 1 << 31
    return own(x)
  end

  function bint.maxinteger()
    local x = words.filled(size, words.MASK)
    x[size] = words.MASK >> 1
    return own(x)
  end
end

--- Questions about one number, and order.
local function add_questions(bint, size, need)
  local function below(x, y)
    local sign_x, sign_y = x[size] >> 31, y[size] >> 31
    if sign_x ~= sign_y then return sign_x == 1 end
    return words.below(x, y)
  end

  function bint.iszero(x) return words.is_zero(need(x)) end
  function bint.isneg(x) return need(x)[size] >> 31 == 1 end
  function bint.ispos(x) return not bint.isneg(x) and not bint.iszero(x) end
  function bint.isone(x) return bint.eq(x, 1) end
  function bint.isminusone(x) return bint.eq(x, -1) end
  function bint.iseven(x) return need(x)[1] & 1 == 0 end
  function bint.isodd(x) return need(x)[1] & 1 == 1 end
  function bint.isintegral(x) return bint.isbint(x) or math.tointeger(x) ~= nil end
  function bint.isnumeric(x) return bint.isbint(x) or type(x) == "number" end
  function bint.type(x) return bint.isbint(x) and "bint" or math.type(x) end

  function bint.eq(x, y) return words.equal(need(x), need(y)) end
  function bint.ult(x, y) return words.below(need(x), need(y)) end
  function bint.ule(x, y) return not words.below(need(y), need(x)) end
  function bint.lt(x, y) return below(need(x), need(y)) end
  function bint.le(x, y) return not below(need(y), need(x)) end
  function bint.max(x, y) return bint.new(bint.lt(x, y) and y or x) end
  function bint.min(x, y) return bint.new(bint.lt(x, y) and x or y) end
end

--- Calculation without division.
local function add_arithmetic(bint, own, need)
  function bint.unm(x) return own(words.negate(words.copy(need(x)))) end
  function bint.abs(x) return bint.isneg(x) and bint.unm(x) or bint.new(x) end
  function bint.add(x, y) return own(words.add(need(x), need(y))) end
  function bint.sub(x, y) return own(words.sub(need(x), need(y))) end
  function bint.mul(x, y) return own(words.mul(need(x), need(y))) end
  function bint.inc(x) return bint.add(x, 1) end
  function bint.dec(x) return bint.sub(x, 1) end

  local function shift_of(by)
    return math.tointeger(bint.tonumber(by)) or error("a shift is an integer", 3)
  end

  --- Shifts left by an integer; negative shifts right.
  function bint.shl(x, by)
    by = shift_of(by)
    if by < 0 then return own(words.shr(need(x), math.min(-(by + 1), bint.bits) + 1)) end
    return own(words.shl(need(x), math.min(by, bint.bits)))
  end

  --- Shifts right by an integer, zeros from the top; negative shifts left.
  function bint.shr(x, by)
    by = shift_of(by)
    if by < 0 then return own(words.shl(need(x), math.min(-(by + 1), bint.bits) + 1)) end
    return own(words.shr(need(x), math.min(by, bint.bits)))
  end

  local function bitwise(fn)
    return function(x, y)
      x, y = need(x), need(y)
      local result = {}
      for i = 1, #x do result[i] = fn(x[i], y[i]) end
      return own(result)
    end
  end

  bint.band = bitwise(function(a, b) return a & b end)
  bint.bor = bitwise(function(a, b) return a | b end)
  bint.bxor = bitwise(function(a, b) return a ~ b end)
  function bint.bnot(x) return bint.bxor(x, -1) end
end

--- Division and powers.
local function add_division(bint, own, need)
  --- Quotient and remainder, both numbers taken as unsigned.
  function bint.udivmod(x, y)
    assert(not bint.iszero(y), "attempt to perform division by zero")
    local quotient, rest = words.divide(need(x), need(y))
    return own(quotient), own(rest)
  end

  --- Division that rounds towards zero; the remainder has the sign of x.
  function bint.tdivmod(x, y)
    local quotient, rest = bint.udivmod(bint.abs(x), bint.abs(y))
    if bint.isneg(x) ~= bint.isneg(y) then words.negate(quotient) end
    if bint.isneg(x) then words.negate(rest) end
    return quotient, rest
  end

  --- Division that rounds down, as Lua's own; the remainder has the sign of y.
  function bint.idivmod(x, y)
    local quotient, rest = bint.tdivmod(x, y)
    if bint.isneg(x) ~= bint.isneg(y) and not bint.iszero(rest) then
      return bint.dec(quotient), bint.add(rest, y)
    end
    return quotient, rest
  end

  function bint.udiv(x, y) return (bint.udivmod(x, y)) end
  function bint.umod(x, y) return (select(2, bint.udivmod(x, y))) end
  function bint.tdiv(x, y) return (bint.tdivmod(x, y)) end
  function bint.tmod(x, y) return (select(2, bint.tdivmod(x, y))) end
  function bint.idiv(x, y) return (bint.idivmod(x, y)) end
  function bint.mod(x, y) return (select(2, bint.idivmod(x, y))) end

  --- x to the power of y, y taken as unsigned; the result wraps.
  function bint.ipow(x, y)
    local base, power, result = need(x), need(y), bint.one()
    while not bint.iszero(power) do
      if bint.isodd(power) then result = bint.mul(result, base) end
      base, power = bint.mul(base, base), bint.shr(power, 1)
    end
    return result
  end

  --- x to the power of y, modulo m, all unsigned; m at most half as long as the kind.
  function bint.upowmod(x, y, m)
    local base, power, result = bint.umod(x, m), need(y), bint.umod(1, m)
    while not bint.iszero(power) do
      if bint.isodd(power) then result = bint.umod(bint.mul(result, base), m) end
      base, power = bint.umod(bint.mul(base, base), m), bint.shr(power, 1)
    end
    return result
  end
end

--- Lua's operators: exact where both operands are whole, with floats otherwise.
local function add_operators(bint)
  local function operator(exact, rough)
    return function(x, y)
      local a, b = bint.tobint(x), bint.tobint(y)
      if a and b then return exact(a, b) end
      return rough(bint.tonumber(x), bint.tonumber(y))
    end
  end

  bint.__add = operator(bint.add, function(a, b) return a + b end)
  bint.__sub = operator(bint.sub, function(a, b) return a - b end)
  bint.__mul = operator(bint.mul, function(a, b) return a * b end)
  bint.__idiv = operator(bint.idiv, function(a, b) return a // b end)
  bint.__mod = operator(bint.mod, function(a, b) return a % b end)
  bint.__lt = operator(bint.lt, function(a, b) return a < b end)
  bint.__le = operator(bint.le, function(a, b) return a <= b end)
  function bint.__div(x, y) return bint.tonumber(x) / bint.tonumber(y) end
  function bint.__pow(x, y) return bint.tonumber(x) ^ bint.tonumber(y) end
  function bint.__eq(x, y) return bint.isbint(x) and bint.isbint(y) and bint.eq(x, y) end
  bint.__unm, bint.__shl, bint.__shr = bint.unm, bint.shl, bint.shr
  bint.__band, bint.__bor, bint.__bxor, bint.__bnot = bint.band, bint.bor, bint.bxor, bint.bnot
end

local function make(bits)
  assert(math.type(bits) == "integer" and bits >= BITS_MIN and bits <= BITS_MAX
    and bits % BITS_STEP == 0, "bint takes a number of bits: 64 to 4096, a multiple of 32")
  local size = bits // BITS_STEP
  local bint = { bits = bits }
  bint.__index = bint

  local function own(x) return setmetatable(x, bint) end
  local function need(x)
    if getmetatable(x) == bint then return x end
    return bint.tobint(x) or error(NOT_WHOLE, 3)
  end

  add_values(bint, size, own)
  add_text(bint, size, own)
  add_questions(bint, size, need)
  add_arithmetic(bint, own, need)
  add_division(bint, own, need)
  add_operators(bint)
  return setmetatable(bint, { __call = function(_, x) return bint.new(x) end })
end

local kinds = {}

return function(bits)
  bits = bits or 256
  kinds[bits] = kinds[bits] or make(bits)
  return kinds[bits]
end
