//! Samples of A2 to A5: who signs, who knows whom, who opens what.

use super::{bad, must_fail, must_pass};
use crate::rules::{doors, staircase};

#[test]
fn signatures_beside_the_guard_are_found() {
    must_fail(&[
        bad(
            staircase::guard_alone_signs,
            &[(
                "node/src/su/publish.rs",
                "fn f() {\n  record.sign(&key);\n}",
            )],
            ("node/src/su/publish.rs", 2),
        ),
        bad(
            staircase::guard_alone_signs,
            &[(
                "node/src/locate.rs",
                "let x = draft\n  .sign(&keys.scheduler);",
            )],
            ("node/src/locate.rs", 2),
        ),
        bad(
            staircase::guard_alone_signs,
            &[(
                "node/src/chaos/signer.rs",
                "//! x\nfn new(key: SigningKey) -> Self {}",
            )],
            ("node/src/chaos/signer.rs", 2),
        ),
        bad(
            staircase::guard_alone_signs,
            &[(
                "node/src/chaos/mod.rs",
                "//! x\nplan.sign(&keys.scheduler);",
            )],
            ("node/src/chaos/mod.rs", 2),
        ),
    ]);
    must_pass(
        staircase::guard_alone_signs,
        &[
            &[("node/src/su/guard.rs", "plan.sign(&self.scheduler);")],
            &[(
                "node/src/chaos/signer.rs",
                "let scheduler = devnet::node(3)?.scheduler; plan.sign(&scheduler);",
            )],
            &[("node/src/su/guard_file.rs", "plan.sign(&key);")],
            &[("node/src/mu/push.rs", "draft.sign(&self.authority);")],
            &[(
                "node/src/su/actor.rs",
                "self.guard\n  .sign(batch); self.sign(batch);",
            )],
            &[(
                "node/src/su/actor.rs",
                "#[cfg(test)]\nmod tests { fn f() { plan.sign(&key); } }",
            )],
        ],
    );
}

#[test]
fn climbing_units_are_found() {
    const SU: &str = "node/src/su/actor.rs";
    must_fail(&[
        bad(
            staircase::imports,
            &[(SU, "//! x\nuse crate::cu::Handle;")],
            ("node/src/su/actor.rs", 2),
        ),
        bad(
            staircase::imports,
            &[(
                "node/src/su/actor.rs",
                "use crate::{\n  store::{a, b}, mu::Handle,\n};",
            )],
            ("node/src/su/actor.rs", 1),
        ),
        bad(
            staircase::imports,
            &[(
                "node/src/cu/source.rs",
                "let x = super::super::mu::accept();",
            )],
            ("node/src/cu/source.rs", 1),
        ),
    ]);
    must_pass(
        staircase::imports,
        &[
            &[("node/src/mu/actor.rs", "use crate::{cu, su::Handle};")],
            &[(SU, "use crate::store::cu_looks::mu;")],
        ],
    );
}

#[test]
fn open_doors_are_found() {
    must_fail(&[
        bad(
            doors::sockets_and_files,
            &[(
                "node/wasm/src/engine.rs",
                "use std::{collections::BTreeMap, fs};",
            )],
            ("node/wasm/src/engine.rs", 1),
        ),
        bad(
            doors::sockets_and_files,
            &[(
                "node/wire/src/id.rs",
                "\nlet s = std::net::TcpStream::connect(a);",
            )],
            ("node/wire/src/id.rs", 2),
        ),
        bad(
            doors::status_codes,
            &[("node/src/http/su.rs", "use axum::http::StatusCode;")],
            ("node/src/http/su.rs", 1),
        ),
        bad(
            doors::sql,
            &[("node/src/su/actor.rs", "sqlx::query(q)")],
            ("node/src/su/actor.rs", 1),
        ),
        bad(
            doors::unsafe_code,
            &[("node/wasm/src/host.rs", "#![allow(unsafe_code)]")],
            ("node/wasm/src/host.rs", 1),
        ),
        bad(
            doors::unsafe_code,
            &[
                ("node/wire/src/keys/rsa/a.rs", "#![allow(unsafe_code)]"),
                ("node/wire/src/keys/rsa/b.rs", "#![allow(unsafe_code)]"),
            ],
            ("node/wire/src/keys/rsa/b.rs", 1),
        ),
    ]);
    must_pass(
        doors::sockets_and_files,
        &[&[("node/src/su/guard.rs", "use std::fs::File;")]],
    );
    must_pass(
        doors::status_codes,
        &[&[("node/src/http/error.rs", "use axum::http::StatusCode;")]],
    );
    must_pass(
        doors::sql,
        &[&[("node/src/store/item.rs", "sqlx::query(q)")]],
    );
    must_pass(
        doors::unsafe_code,
        &[&[
            ("node/wire/src/keys/rsa.rs", "#![allow(unsafe_code)]"),
            ("node/wasm/src/sealed.rs", "#![allow(unsafe_code)]"),
        ]],
    );
}
