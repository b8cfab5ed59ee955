//! What the module calculates and spells, against Rust: big integers and JSON over many cases from
//! one seed.

use serde_json::{Map, Value, json};

use crate::harness::Process;

/// A small generator; its seed is printed by a failing assertion's case.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: u64) -> u64 {
        self.roll() % end
    }

    /// A number of any length up to 126 bits, often at an edge of a word.
    fn number(&mut self) -> i128 {
        let wide = i128::from(self.roll()) << 63 ^ i128::from(self.roll());
        let cut = (wide & i128::MAX) >> (1 + self.below(126));
        let edged = match self.below(4) {
            0 => (1 << self.below(126)) - 1,
            1 => 1 << self.below(126),
            _ => cut,
        };
        if self.below(2) == 0 { edged } else { -edged }
    }
}

/// Sums, products, quotients and comparisons of one pair, as the module prints them.
const CALCULATE: &str = "
local bint = require('.bint')(256)
local function calculate(a, b)
  local x, y = bint(a), bint(b)
  local q, r = bint.tdivmod(x, y)
  local fq, fr = x // y, x % y
  return table.concat({ tostring(x + y), tostring(x - y), tostring(q), tostring(r), tostring(fq),
    tostring(fr), tostring(x < y), tostring((x * y) // y), tostring(x * y % bint(1000000007)) }, ' ')
end
";

fn calculated(a: i128, b: i128) -> String {
    let (quotient, rest) = floor_division(a, b);
    let modulus = 1_000_000_007;
    let product = (a.rem_euclid(modulus) * b.rem_euclid(modulus)).rem_euclid(modulus);
    let [sum, difference] = [a + b, a - b];
    let less = a < b;
    format!(
        "{sum} {difference} {} {} {quotient} {rest} {less} {a} {product}",
        a / b,
        a % b
    )
}

fn floor_division(a: i128, b: i128) -> (i128, i128) {
    let down = a % b != 0 && (a < 0) != (b < 0);
    if down {
        (a / b - 1, a % b + b)
    } else {
        (a / b, a % b)
    }
}

#[test]
fn big_integers_agree_with_rust() {
    let mut dice = Dice(0x5eed_0001);
    let pairs: Vec<(i128, i128)> = (0..600)
        .map(|_| (dice.number(), dice.number()))
        .filter(|(_, b)| *b != 0)
        .collect();
    let mut process = Process::new("");
    for chunk in pairs.chunks(100) {
        let calls: Vec<String> = chunk
            .iter()
            .map(|(a, b)| format!("print(calculate('{a}', '{b}'))"))
            .collect();
        let printed = process.eval(&format!("{CALCULATE}{}", calls.join("\n")));
        for ((a, b), line) in chunk.iter().zip(printed.lines()) {
            assert_eq!(line, calculated(*a, *b), "{a} and {b}");
        }
    }
}

fn text(dice: &mut Dice) -> String {
    let alphabet = [
        "a", "Z", "9", " ", "\"", "\\", "/", "\n", "\u{1}", "é", "€", "😀", "\u{7f}", "\0",
    ];
    (0..dice.below(8))
        .map(|_| alphabet[dice.below(alphabet.len() as u64) as usize])
        .collect()
}

/// Any JSON but null, which Lua tables cannot hold, and empty objects, which are empty arrays there.
fn value(dice: &mut Dice, depth: u64) -> Value {
    match dice.below(if depth == 0 { 4 } else { 6 }) {
        0 => json!(dice.below(2) == 0),
        1 => json!(dice.roll() as i64 >> dice.below(64)),
        2 => json!((dice.below(2_000_001) as f64 - 1_000_000.0) / 64.0 + 0.015_625),
        3 => json!(text(dice)),
        4 => (0..dice.below(5)).map(|_| value(dice, depth - 1)).collect(),
        _ => {
            let mut fields = Map::new();
            for index in 0..=dice.below(20) {
                fields.insert(format!("{}{index}", text(dice)), value(dice, depth - 1));
            }
            Value::Object(fields)
        }
    }
}

#[test]
fn json_agrees_with_serde() {
    let mut dice = Dice(0x5eed_0002);
    let mut process = Process::new("");
    for case in 0..300 {
        let value = value(&mut dice, 4);
        let input = if case % 2 == 0 {
            value.to_string()
        } else {
            format!("{value:#}")
        };
        let message = process.next().tag("Action", "Eval").data(&format!(
            "local value = json.decode([==[\n{input}]==]) return json.encode(value)"
        ));
        let answer = process.send(message);
        let output = answer["Output"]["data"].as_str().expect("text");
        let back: Value = serde_json::from_str(output).expect("JSON");
        assert!(
            same(&back, &value),
            "case {case}: {input} came back as {output}"
        );
    }
}

/// Equal, where a whole float may have become an integer.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => x == y || x.as_f64() == y.as_f64(),
        (Value::Array(x), Value::Array(y)) => {
            x.len() == y.len() && x.iter().zip(y).all(|(x, y)| same(x, y))
        }
        (Value::Object(x), Value::Object(y)) => {
            x.len() == y.len()
                && x.iter()
                    .all(|(key, x)| y.get(key).is_some_and(|y| same(x, y)))
        }
        _ => a == b,
    }
}
