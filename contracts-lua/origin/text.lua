--- What texts from outside must look like: addresses, ids, counts.

local text = {}

-- Digits of a height, a slot or an epoch that is read from text: below 2^63 for sure.
local COUNT_DIGITS_MAX = 15
-- Bytes of an operator's url.
local URL_BYTES_MAX = 256

--- 43 characters of base64url: an id, a chain, or the address of any key but Ethereum's.
function text.is_id(value)
  return type(value) == "string" and #value == 43 and value:find("^[%w_-]+$") ~= nil
end

--- An address that can own a balance: an id, or 0x and 40 hexadecimal digits.
function text.is_address(value)
  return text.is_id(value)
    or type(value) == "string" and #value == 42 and value:find("^0x%x+$") ~= nil
end

--- A decimal integer from 0 up, without sign or leading zeros, below 10^15; else nil.
function text.count(value)
  if type(value) ~= "string" or #value > COUNT_DIGITS_MAX or not value:find("^%d+$") then return nil end
  if #value > 1 and value:byte(1) == 48 then return nil end
  return math.tointeger(value)
end

--- A web address as an operator gives it: http or https, at most 256 printable characters, no space.
function text.is_url(value)
  return type(value) == "string" and #value <= URL_BYTES_MAX
    and value:find("^https?://[!-~]+$") ~= nil
end

return text
