//! The figures of the house, each beside the limit or the peer measured in the same run. It measures and judges nothing: shared
//! machines are noisy, so ratios count and no test depends on them.
//!
//! `cargo run --release -p aosec-tests --bin bench` runs all; words after `--` choose among `su`, `module` and
//! `replay`.

mod cpu;
mod generator;
mod kept_alive;
mod limits;
mod module;
mod product;
mod published;
mod replay;
mod su;
mod table;

use table::Table;

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|word| word == name);
    let mut table = Table::default();
    if is_wanted("module") {
        module::measure(&mut table);
    }
    if is_wanted("su") {
        product::build();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(su::measure(&mut table));
    }
    if is_wanted("replay") {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(replay::measure(&mut table));
    }
    println!("\n{table}");
}
