//! Lies of transport: redirects, refusals, bodies and heads that are too long, too slow, or not HTTP at all.

use std::sync::atomic::Ordering;

use tokio::time::timeout;

use super::liar::{Then, broken, liar};
use super::lies::*;
use super::*;

#[tokio::test]
async fn refusals_and_redirects_are_no_answers() {
    let house = house().await;
    let canary = Arc::new(AtomicUsize::new(0));
    let hits = Arc::clone(&canary);
    let trap = liar(&house.house, move |_path| {
        hits.fetch_add(1, Ordering::Relaxed);
        None
    })
    .await;
    let targets = [
        trap.as_str().to_owned(),
        "http://169.254.169.254/latest/meta-data/".into(),
        "file:///etc/passwd".into(),
        "//127.0.0.1:1/".into(),
    ];
    for target in targets {
        for code in ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"] {
            let head = format!(
                "HTTP/1.1 {code}\r\nLocation: {target}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
            let (url, _) = broken(head, Then::Close).await;
            judge(&format!("{code} to {target}"), &house, &url, STATUS).await;
        }
    }
    assert_eq!(canary.load(Ordering::Relaxed), 0, "a redirect was followed");
    for code in [
        "429 Slow Down\r\nRetry-After: 99999999999",
        "500 Oops",
        "503 Busy",
        "401 No",
        "100000 What",
    ] {
        let head = format!("HTTP/1.1 {code}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        let (url, _) = broken(head, Then::Close).await;
        let expected: Expected = |fault| STATUS(fault) || REQUEST(fault);
        judge(code, &house, &url, expected).await;
    }
}

#[tokio::test]
async fn broken_and_slow_transport_ends_in_time_and_takes_bounded_memory() {
    let house = house().await;
    for (name, head, then, expected) in broken_transport() {
        let (url, poured) = broken(head, then).await;
        judge(name, &house, &url, expected).await;
        let (poured, questions) = (poured.load(Ordering::Relaxed), 8);
        // What sockets hold beside what is read: a few MiB each.
        let most = questions * (BODY_BYTES_MAX + 8 * 1024 * 1024);
        assert!(poured < most, "{name}: {poured} bytes went through");
    }
}

#[tokio::test]
async fn a_short_answer_is_read_no_further_than_its_kind_is_long() {
    let (url, poured) = broken("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", Then::Pour).await;
    let gateway = gateways(vec![url]);
    let balance = gateway.balance(wallet().address()).await;
    assert!(matches!(balance, Err(GatewayError::Unanswered { faults }) if TOO_LONG(&faults[0])));
    assert!(poured.load(Ordering::Relaxed) < 16 * 1024 * 1024);
}

#[tokio::test]
async fn the_second_question_does_not_wait_for_the_gateway_that_failed_the_first() {
    let house = house().await;
    let (silent, _) = broken("", Then::Hang).await;
    let gateway = gateways(vec![silent, house.house.url.clone()]);
    assert!(gateway.transaction(house.one.id()).await.unwrap().is_some());
    let quick = timeout(QUICK.head / 2, gateway.block(1)).await;
    assert_eq!(quick.expect("it waited").unwrap().unwrap().height, 1);
}

/// A name, the first bytes, what comes then, and the fault that it should be.
type Broken = (&'static str, Vec<u8>, Then, Expected);

fn broken_transport() -> Vec<Broken> {
    let ok = "HTTP/1.1 200 OK\r\nConnection: close\r\n";
    let bomb = [&b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 20\r\nConnection: close\r\n\r\n\x1f\x8b\x08"[..], &[0; 17]].concat();
    let any: Expected =
        |fault| REQUEST(fault) || UNREADABLE(fault) || TOO_LONG(fault) || FORGED(fault);
    vec![
        (
            "a huge body by its length",
            format!("{ok}Content-Length: 10737418240\r\n\r\n").into(),
            Then::Pour,
            TOO_LONG,
        ),
        (
            "an endless body",
            format!("{ok}\r\n").into(),
            Then::Pour,
            any,
        ),
        (
            "endless chunks",
            format!("{ok}Transfer-Encoding: chunked\r\n\r\nffffff\r\n").into(),
            Then::Pour,
            any,
        ),
        (
            "a slow drip",
            format!("{ok}\r\n").into(),
            Then::Drip,
            REQUEST,
        ),
        (
            "a slow head",
            b"HTTP/1.1 200 OK\r\nX: ".to_vec(),
            Then::Drip,
            REQUEST,
        ),
        (
            "an endless head",
            b"HTTP/1.1 200 OK\r\nX: ".to_vec(),
            Then::Pour,
            REQUEST,
        ),
        ("silence", Vec::new(), Then::Hang, REQUEST),
        ("an end at once", Vec::new(), Then::Close, REQUEST),
        (
            "a body shorter than its length",
            format!("{ok}Content-Length: 900\r\n\r\n{{}}").into(),
            Then::Close,
            REQUEST,
        ),
        (
            "a body longer than its length",
            format!("{ok}Content-Length: 2\r\n\r\n{{}}{{}}{{}}").into(),
            Then::Close,
            UNREADABLE,
        ),
        ("compressed bytes", bomb, Then::Close, UNREADABLE),
        (
            "no HTTP at all",
            b"SSH-2.0-OpenSSH_9.6\r\n".to_vec(),
            Then::Close,
            REQUEST,
        ),
    ]
}
