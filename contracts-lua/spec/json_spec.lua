--- `json`: what goes in, what comes out, and what is refused.

local json = require("json")

local function same(have, want)
  if have ~= want then error("have " .. tostring(have) .. ", want " .. tostring(want), 2) end
end

local function refuses(text)
  local fine, reason = pcall(json.decode, text)
  if fine then error("was taken: " .. text, 2) end
  assert(reason:find("invalid JSON at byte", 1, true), reason)
end

return {
  ["one spelling for each value"] = function()
    same(json.encode({ b = 1, a = 2, B = 3, [""] = 4 }), '{"":4,"B":3,"a":2,"b":1}')
    same(json.encode({}), "[]")
    same(json.encode({ 1, { 2 }, {} }), "[1,[2],[]]")
    same(json.encode(1e15), "1e+15")
    same(json.encode(5.0), "5")
    same(json.encode(0.1), "0.1")
    same(json.encode(-0.0), "-0")
    same(json.encode(9007199254740993), "9007199254740993")
    same(json.encode(math.mininteger), "-9223372036854775808")
    same(json.encode(nil), "null")
    same(json.encode('a"\\/\n\t\1\127é'), '"a\\"\\\\/\\n\\t\\u0001\127é"')
  end,

  ["what has no spelling is refused"] = function()
    local loop = {}
    loop.loop = loop
    for _, bad in ipairs({ { 1, 2, [4] = 4 }, { 1, a = 2 }, { [2] = 1 }, { [1.5] = 1 }, { [true] = 1 },
      { print }, { 0 / 0 }, { 1 / 0 }, { coroutine.create(print) }, loop }) do
      assert(not pcall(json.encode, bad))
    end
  end,

  ["numbers keep their kind"] = function()
    same(math.type(json.decode("12")), "integer")
    same(math.type(json.decode("12.0")), "float")
    same(math.type(json.decode("1e2")), "float")
    same(json.decode("9223372036854775807"), math.maxinteger)
    same(math.type(json.decode("9223372036854775808")), "float")
    same(json.decode("-0"), 0)
    same(json.decode("0.1"), 0.1)
    same(json.decode("-12.5e-1"), -1.25)
  end,

  ["text is unescaped"] = function()
    same(json.decode('"a\\u00e9\\u20ac\\ud83d\\ude00\\n\\/\\""'), 'aé€😀\n/"')
    same(json.decode('"\\ud83d"'), "\u{FFFD}")
    same(json.decode('"\\udc00x"'), "\u{FFFD}x")
    same(json.decode('"\\ud83d\\u0041"'), "\u{FFFD}A")
    same(json.decode('"\\u0000"'), "\0")
  end,

  ["tables come back"] = function()
    local value = json.decode(' { "a" : [ 1 , null , true , false ] , "b" : { } , "a2" : "x" } ')
    same(#value.a >= 1 and value.a[1], 1)
    same(value.a[2], nil)
    same(value.a[3], true)
    same(value.a[4], false)
    same(next(value.b), nil)
    same(json.decode('{"a":1,"a":2}').a, 2)
    same(json.encode(json.decode('{"z":[{"y":1}],"a":"b"}')), '{"a":"b","z":[{"y":1}]}')
  end,

  ["what is no JSON is refused"] = function()
    for _, text in ipairs({ "", " ", "{", "[", "[1", "[1,]", "[,1]", "{,}", '{"a"}', '{"a":}', '{"a":1,}',
      "{a:1}", "nul", "tru", "01", "1.", ".5", "+1", "1e", "--1", "0x10", "NaN", "Infinity", '"', '"\\x"',
      '"\\u12"', '"\\u12g4"', "'a'", "[1] 2", '"\n"', "[1}", '{"a":1]' }) do
      refuses(text)
    end
    refuses(("["):rep(129) .. ("]"):rep(129))
    assert(json.decode(("["):rep(128) .. ("]"):rep(128)))
    assert(not pcall(json.decode, nil))
  end,
}
