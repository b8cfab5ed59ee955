--- Exact amounts of the stake token (3.1): from 0 up, and far beyond 2^63.
--
-- One number has one form, so that `==` compares: a Lua integer below 10^18, and decimal text without
-- leading zeros from there on. Amounts that come from outside have at most 30 digits; inside, a product
-- with a number of blocks may have six more. Nothing here rounds but `share`, and that downwards.

local amount = {}

local bint = require(".bint")(256)

-- Lua's integers hold the sum of two such limbs.
local LIMB, LIMB_DIGITS = 1000000000000000000, 18
-- 10^30 units are 10^18 tokens; times 10^6 blocks it still is two limbs.
local DIGITS_MAX = 30

--- The amount that a text names, or nil: digits alone, no sign, no leading zero, at most 30.
function amount.parse(text)
  if type(text) ~= "string" or #text > DIGITS_MAX or not text:find("^%d+$") then return nil end
  if #text > 1 and text:byte(1) == 48 then return nil end
  return #text <= LIMB_DIGITS and math.tointeger(text) or text
end

--- The same above zero.
function amount.positive(text)
  local sum = amount.parse(text)
  return sum ~= 0 and sum or nil
end

--- As text.
function amount.text(a)
  return math.type(a) == "integer" and string.format("%d", a) or a
end

local function limbs(a)
  if math.type(a) == "integer" then return 0, a end
  return math.tointeger(a:sub(1, -LIMB_DIGITS - 1)), math.tointeger(a:sub(-LIMB_DIGITS))
end

local function join(high, low)
  assert(high >= 0 and high < LIMB, "an amount beyond its bounds")
  return high == 0 and low or string.format("%d%018d", high, low)
end

-- By the operator: not every `.bint` has it as a function.
local function product(a, b)
  return bint(a) * bint(b)
end

local function of_bint(x)
  local text = bint.tobase(x, 10, true)
  assert(#text <= 2 * LIMB_DIGITS, "an amount beyond its bounds")
  return #text <= LIMB_DIGITS and math.tointeger(text) or text
end

--- a + b.
function amount.add(a, b)
  local high_a, low_a = limbs(a)
  local high_b, low_b = limbs(b)
  local high, low = high_a + high_b, low_a + low_b
  if low >= LIMB then high, low = high + 1, low - LIMB end
  return join(high, low)
end

--- a - b; an error where b is more.
function amount.sub(a, b)
  local high_a, low_a = limbs(a)
  local high_b, low_b = limbs(b)
  local high, low = high_a - high_b, low_a - low_b
  if low < 0 then high, low = high - 1, low + LIMB end
  return join(high, low)
end

--- a < b.
function amount.less(a, b)
  local high_a, low_a = limbs(a)
  local high_b, low_b = limbs(b)
  if high_a ~= high_b then return high_a < high_b end
  return low_a < low_b
end

--- The smaller one.
function amount.min(a, b)
  return amount.less(a, b) and a or b
end

--- a times a number of blocks, or another plain integer from 0 up.
function amount.times(a, count)
  if count == 0 then return 0 end
  if math.type(a) == "integer" and a <= math.maxinteger // count then
    local product = a * count
    return join(product // LIMB, product % LIMB)
  end
  return of_bint(product(a, count))
end

--- a * b / c, rounded down, with a product of any length in between.
function amount.share(a, b, c)
  if math.type(a) == "integer" and math.type(b) == "integer" and math.type(c) == "integer"
    and (b == 0 or a <= math.maxinteger // b) then
    return a * b // c
  end
  return of_bint(bint.udiv(product(a, b), bint(c)))
end

return amount
