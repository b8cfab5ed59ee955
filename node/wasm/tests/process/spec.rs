//! Runs the specifications of the runtime (contracts-lua/spec) inside the module: each file returns
//! a table of named functions, and every one of them has to end without an error.

use crate::harness::Process;

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

fn run(spec: &str) {
    let mut process = Process::new("");
    let text = format!("local spec = (function() {spec}\nend)()\n{RUNNER}");
    let answer = process.eval(&text);
    assert_eq!(answer, "fine");
}

macro_rules! specs {
    ($($name:ident),*) => {$(
        #[test]
        fn $name() {
            run(include_str!(concat!(
                "../../../../contracts-lua/spec/", stringify!($name), "_spec.lua"
            )));
        }
    )*};
}

specs!(bint, json, utils, handlers, library);
