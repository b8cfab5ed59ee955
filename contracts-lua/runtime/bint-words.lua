--- Arithmetic on arrays of 32-bit words, lowest first: what `.bint` is made of.
--
-- All arrays of one calculation have the same length; what goes beyond it is lost. Signs are two's
-- complement and known to `negate` alone: everything else is unsigned.

local WORD_BITS = 32
local WORD_MASK = 0xffffffff

local words = { MASK = WORD_MASK }

-- One array a length and value: a copy of it has its final size at once.
local templates = {}

--- `size` words of one value.
function words.filled(size, value)
  local key = size << 32 | value
  local template = templates[key]
  if template == nil then
    template = {}
    for i = 1, size do template[i] = value end
    templates[key] = template
  end
  return { table.unpack(template, 1, size) }
end

function words.copy(x)
  return { table.unpack(x, 1, #x) }
end

function words.is_zero(x)
  for i = 1, #x do
    if x[i] ~= 0 then return false end
  end
  return true
end

function words.equal(x, y)
  for i = 1, #x do
    if x[i] ~= y[i] then return false end
  end
  return true
end

function words.below(x, y)
  for i = #x, 1, -1 do
    if x[i] ~= y[i] then return x[i] < y[i] end
  end
  return false
end

--- x = -x, in place.
function words.negate(x)
  local carry = 1
  for i = 1, #x do
    local sum = (~x[i] & WORD_MASK) + carry
    x[i], carry = sum & WORD_MASK, sum >> 32
  end
  return x
end

--- x = x * factor + add, in place; both below 2^31.
function words.scale(x, factor, add)
  for i = 1, #x do
    local sum = x[i] * factor + add
    x[i], add = sum & WORD_MASK, sum >> 32
  end
end

--- x = x // divisor, in place; gives the remainder. The divisor is below 2^31.
function words.shrink(x, divisor)
  local rest = 0
  for i = #x, 1, -1 do
    local part = rest << 32 | x[i]
    x[i], rest = part // divisor, part % divisor
  end
  return rest
end

function words.add(x, y)
  local result, carry = words.copy(x), 0
  for i = 1, #x do
    local sum = x[i] + y[i] + carry
    result[i], carry = sum & WORD_MASK, sum >> 32
  end
  return result
end

function words.sub(x, y)
  local result, borrow = words.copy(x), 0
  for i = 1, #x do
    local rest = x[i] - y[i] - borrow
    result[i], borrow = rest & WORD_MASK, rest >> 63
  end
  return result
end

function words.mul(x, y)
  local size = #x
  local result = words.filled(size, 0)
  for i = 1, size do
    local factor, carry = x[i], 0
    if factor ~= 0 then
      for at = i, size do
        -- (2^32 - 1)^2 + 2 (2^32 - 1) is 2^64 - 1: the sum fits, and >> takes it as unsigned.
        local sum = factor * y[at - i + 1] + result[at] + carry
        result[at], carry = sum & WORD_MASK, sum >> 32
      end
    end
  end
  return result
end

--- Left by 0 or more bits.
function words.shl(x, by)
  local result = words.filled(#x, 0)
  local whole, rest = by // WORD_BITS, by % WORD_BITS
  for i = #x, whole + 1, -1 do
    local low = x[i - whole - 1] or 0
    result[i] = (x[i - whole] << rest | low >> WORD_BITS - rest) & WORD_MASK
  end
  return result
end

--- Right by 0 or more bits.
function words.shr(x, by)
  local result = words.filled(#x, 0)
  local whole, rest = by // WORD_BITS, by % WORD_BITS
  for i = 1, #x - whole do
    local high = x[i + whole + 1] or 0
    result[i] = (x[i + whole] >> rest | high << WORD_BITS - rest) & WORD_MASK
  end
  return result
end

--- The number's 16-bit digits, lowest first, and how many count.
local function halves(x)
  local digits, count = {}, 0
  for i = 1, #x do
    digits[2 * i - 1], digits[2 * i] = x[i] & 0xffff, x[i] >> 16
  end
  for i = 1, #digits do
    if digits[i] ~= 0 then count = i end
  end
  return digits, count
end

local function join(digits, size)
  local x = {}
  for i = 1, size do x[i] = (digits[2 * i - 1] or 0) | (digits[2 * i] or 0) << 16 end
  return x
end

--- top -= guess * bottom at one place; gives what is short at the end.
local function subtract_at(top, bottom, count, at, guess)
  local carry, borrow = 0, 0
  for i = 1, count do
    carry = carry + guess * bottom[i]
    local rest = top[at + i - 1] - (carry & 0xffff) - borrow
    top[at + i - 1], borrow, carry = rest & 0xffff, rest >> 63, carry >> 16
  end
  local rest = top[at + count] - carry - borrow
  top[at + count] = rest & 0xffff
  return rest
end

local function add_at(top, bottom, count, at)
  local carry = 0
  for i = 1, count do
    local sum = top[at + i - 1] + bottom[i] + carry
    top[at + i - 1], carry = sum & 0xffff, sum >> 16
  end
  top[at + count] = top[at + count] + carry & 0xffff
  return carry
end

--- One digit of the schoolbook division: guessed from the first two, then put right.
local function divide_at(top, bottom, count, at)
  local head = top[at + count] << 16 | top[at + count - 1]
  local guess = math.min(head // bottom[count], 0xffff)
  local rest = subtract_at(top, bottom, count, at, guess)
  while rest < 0 do
    guess = guess - 1
    rest = rest + add_at(top, bottom, count, at)
  end
  return guess
end

local function divide_long(x, y)
  local digits, count = halves(y)
  -- The divisor's first digit gets its top bit, so that each guess is at most two too high.
  local shift = 0
  while digits[count] << shift < 0x8000 do shift = shift + 1 end
  local bottom = halves(words.shl(y, shift))
  local top, length = halves(x)
  local carry = 0
  for i = 1, #top do
    local part = top[i] << shift | carry
    top[i], carry = part & 0xffff, part >> 16
  end
  top[#top + 1] = carry
  local quotient = {}
  for at = length - count + 1, 1, -1 do
    quotient[at] = divide_at(top, bottom, count, at)
  end
  return join(quotient, #x), words.shr(join(top, #x), shift)
end

--- Quotient and remainder; the divisor is not zero.
function words.divide(x, y)
  if words.below(x, y) then return words.filled(#x, 0), words.copy(x) end
  local _, count = halves(y)
  if count > 1 then return divide_long(x, y) end
  local quotient, rest = words.copy(x), words.filled(#x, 0)
  rest[1] = words.shrink(quotient, y[1])
  return quotient, rest
end

return words
