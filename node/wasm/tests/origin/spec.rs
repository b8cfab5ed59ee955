//! Runs the specifications of the court's own parts (`contracts-lua/spec/origin_…`) inside the court: each returns a table of named
//! functions, and every one of them has to end without an error.

use crate::court::Court;

/// Runs what the spec returns, by name, and lists the failures.
const RUNNER: &str = "
local failures, count = {}, 0
for _, name in ipairs(require('.utils').keys(spec)) do
  local fine, reason = pcall(spec[name])
  count = count + 1
  if not fine then failures[#failures + 1] = name .. ': ' .. tostring(reason) end
end
assert(count > 0, 'the spec is empty')
return #failures == 0 and 'fine' or table.concat(failures, '\\n')
";

#[test]
fn amounts() {
    let spec = include_str!("../../../../contracts-lua/spec/origin_amount_spec.lua");
    let text = format!("local spec = (function() {spec}\nend)()\n{RUNNER}");
    assert_eq!(Court::unborn().probe(&text), "fine");
}
