--- `.bint` to text and bytes and back: added to each kind of numbers.

local use = ...
local words = use("bint-words")

-- Largest power of ten whose product with a word, plus a word, fits in 63 bits.
local TEN_DIGITS, TEN_POWER = 9, 1000000000
-- Decimal text of this length, sign included, is a Lua integer.
local INTEGER_DIGITS = 18
local DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"

local function read_decimal(x, digits)
  local first = (#digits - 1) % TEN_DIGITS + 1
  words.scale(x, 1, tonumber(digits:sub(1, first)))
  for at = first + 1, #digits, TEN_DIGITS do
    words.scale(x, TEN_POWER, tonumber(digits:sub(at, at + TEN_DIGITS - 1)))
  end
  return x
end

local function read_digits(x, digits, base)
  for at = 1, #digits do
    local digit = tonumber(digits:sub(at, at), base)
    if digit == nil then return nil end
    words.scale(x, base, digit)
  end
  return x
end

local function write_digits(x, base)
  local parts = {}
  repeat
    if base == 10 then
      parts[#parts + 1] = string.format("%09d", words.shrink(x, TEN_POWER)):reverse()
    else
      local digit = words.shrink(x, base)
      parts[#parts + 1] = DIGITS:sub(digit + 1, digit + 1)
    end
  until words.is_zero(x)
  local text = table.concat(parts):reverse():gsub("^0+", "")
  return text == "" and "0" or text
end

--- Adds the functions to the kind `bint` of `size` words; `own` makes a number of an array.
return function(bint, size, own)
  --- Text in a base of 2 to 36, with an optional sign; nil if it is none.
  function bint.frombase(text, base)
    base = base or 10
    if type(text) ~= "string" then return nil end
    if base == 10 and #text <= INTEGER_DIGITS and text:find("^[-+]?%d+$") then
      return bint.frominteger(math.tointeger(text))
    end
    if base < 2 or base > 36 then return nil end
    local sign, digits = text:lower():match("^([-+]?)(%w+)$")
    if digits == nil or (base == 10 and digits:find("%D")) then return nil end
    local x = words.filled(size, 0)
    x = base == 10 and read_decimal(x, digits) or base ~= 10 and read_digits(x, digits, base)
    if not x then return nil end
    return own(sign == "-" and words.negate(x) or x)
  end

  --- Decimal text, or hexadecimal after 0x, or binary after 0b; nil if it is none.
  function bint.fromstring(text)
    if type(text) ~= "string" then return nil end
    local sign, kind, digits = text:lower():match("^([-+]?)0([xb])(%w+)$")
    if kind == nil then return bint.frombase(text, 10) end
    return bint.frombase(sign .. digits, kind == "x" and 16 or 2)
  end

  --- Text in a base; signed in base 10 and unsigned in the others, unless said otherwise.
  function bint.tobase(x, base, unsigned)
    base = base or 10
    assert(math.type(base) == "integer" and base >= 2 and base <= 36, "a base is 2 to 36")
    if unsigned == nil then unsigned = base ~= 10 end
    local small = base == 10 and not unsigned and bint.small(x)
    if small then return string.format("%d", small) end
    local rest, sign = words.copy(bint.new(x)), ""
    if not unsigned and bint.isneg(x) then
      sign = "-"
      words.negate(rest)
    end
    return sign .. write_digits(rest, base)
  end

  --- Bytes, lowest first; what is too long is cut.
  function bint.fromle(bytes)
    bytes = bytes:sub(1, size * 4)
    bytes = bytes .. ("\0"):rep(size * 4 - #bytes)
    local x = {}
    for i = 1, size do x[i] = string.unpack("<I4", bytes, i * 4 - 3) end
    return own(x)
  end

  --- Bytes, highest first.
  function bint.frombe(bytes) return bint.fromle(bytes:reverse()) end

  --- All bytes, lowest first; without the zeros at the high end if asked.
  function bint.tole(x, trim)
    x = bint.new(x)
    local parts = {}
    for i = 1, size do parts[i] = string.pack("<I4", x[i]) end
    local bytes = table.concat(parts)
    return trim and (bytes:gsub("\0+$", "")) or bytes
  end

  --- The same, highest first.
  function bint.tobe(x, trim) return bint.tole(x, trim):reverse() end

  function bint.__tostring(x) return bint.tobase(x, 10) end
end
