--- First text that runs: loads the runtime, sets what a process sees as globals, and returns the
--- function that takes each message. It does not look at any message itself.
--
-- `sources` maps a part's name to its text. A part gets the function `use` as its only argument
-- and so reaches the other parts; a process reaches the public ones through `require`.

local sources = ...

local PUBLIC = { ".utils", ".bint", ".handlers", "ao" }

local parts = {}

local function use(name)
  if parts[name] == nil then
    local text = assert(sources[name], "the bundle has no part " .. name)
    parts[name] = assert(load(text, "=aosec/" .. name:gsub("^%.", ""), "t"))(use)
  end
  return parts[name]
end

package = { loaded = { json = json }, preload = {} }

--- What a bundle put into package.preload, or one of the five parts that a process may name.
-- @tparam string name
function require(name)
  if package.loaded[name] == nil then
    local loader = package.preload[name]
    if type(loader) ~= "function" then
      error("module '" .. tostring(name) .. "' is not part of this runtime: there are json, "
        .. ".utils, .bint, .handlers and ao", 2)
    end
    package.loaded[name] = loader(name) or true
  end
  return package.loaded[name]
end

for _, name in ipairs(PUBLIC) do
  package.loaded[name] = use(name)
end

ao = use("ao")
Handlers = use(".handlers")
Inbox = {}
use("globals")()

local handle = use("process")
sources = nil
return handle
