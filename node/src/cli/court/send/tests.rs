//! A court's client against fake nodes that answer as they are told, or break off.

use std::collections::VecDeque;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;
use crate::cli::target::Target;
use crate::origin::messages;

/// A connection of the fake node: an answer, or none as from a node that restarts.
type Turn = Option<(u16, Value)>;

fn ok(body: Value) -> Turn {
    Some((200, body))
}

/// A fake node whose court asks this inbox fee, and that takes these turns behind the question for it.
async fn asking(fee: &str, turns: impl IntoIterator<Item = Turn>) -> CourtClient {
    let params = json!({ "Parameters": { "inbox_fee": fee } });
    node([ok(params)].into_iter().chain(turns)).await
}

/// The same where a message costs nothing.
async fn free(turns: impl IntoIterator<Item = Turn>) -> CourtClient {
    asking("0", turns).await
}

/// A fake node that takes these turns, one a connection, and then listens no more.
async fn node(turns: impl IntoIterator<Item = Turn>) -> CourtClient {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url: reqwest::Url = format!("http://{}", listener.local_addr().unwrap())
        .parse()
        .unwrap();
    let mut turns: VecDeque<Turn> = turns.into_iter().collect();
    tokio::spawn(async move {
        while let Some(turn) = turns.pop_front() {
            let (mut stream, _from) = listener.accept().await.unwrap();
            let Some((status, body)) = turn else { continue };
            let mut request = [0; 4_096];
            let _begun = stream.read(&mut request).await.unwrap();
            let body = body.to_string();
            let head = format!(
                "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            stream.write_all((head + &body).as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
            // Until the other side closes: what is closed unread takes the answer with it.
            while stream.read(&mut request).await.is_ok_and(|read| read > 0) {}
        }
    });
    let out = Output { json: true };
    CourtClient {
        http: crate::cli::client::UnitClient::new(out).unwrap(),
        target: Target {
            mu: url.clone(),
            cu: url,
            su: None,
            schedulers: vec![],
            gateway: None,
            module: None,
            scheduler: None,
            authorities: vec![],
        },
        view: "soft",
    }
}

fn item() -> VerifiedItem {
    let draft = messages::message(Id::new([1; 32]), "Withdraw");
    draft.sign(&SigningKey::ed25519([2; 32])).unwrap()
}

fn typed() -> SendArgs {
    use clap::Parser as _;
    #[derive(clap::Parser)]
    struct Typed {
        #[command(flatten)]
        send: SendArgs,
    }
    Typed::parse_from(["aosec", "--wait", "30"]).send
}

async fn deliver(court: &CourtClient) -> Result<(), CliError> {
    typed().deliver(court, &item(), Output { json: true }).await
}

#[tokio::test]
async fn a_node_that_restarts_is_asked_again() {
    let ran = json!({ "id": item().id(), "slot": 7, "height": 9, "ok": true, "messages": [] });
    let court = free([
        ok(json!({ "id": item().id() })),
        None,
        None,
        Some((503, json!({ "error": "not begun" }))),
        Some((404, json!({ "error": "has not run" }))),
        ok(ran),
        ok(json!({ "soft": 9 })),
    ]);
    deliver(&court.await).await.unwrap();
}

#[tokio::test]
async fn a_fee_is_burned_with_consent_alone() {
    let refused = deliver(&asking("10000000000", []).await).await.unwrap_err();
    assert!(matches!(&refused, CliError::Usage(_)), "{refused}");
    let said = refused.to_string();
    assert!(
        said.contains("inbox fee of 0.01 tokens") && said.contains("--yes"),
        "{said}"
    );
}

#[tokio::test]
async fn who_is_left_in_doubt_is_told_where_to_ask() {
    let asks = format!("aosec origin message {}", item().id());
    let lost_on_the_way = deliver(&free([None]).await).await.unwrap_err();
    assert!(matches!(lost_on_the_way, CliError::BrokenOff(_)));
    assert!(
        lost_on_the_way.to_string().contains(&asks),
        "{lost_on_the_way}"
    );
    let broken = [ok(json!({})), Some((500, json!({ "error": "internal" })))];
    let broken = deliver(&free(broken).await).await.unwrap_err();
    assert!(broken.to_string().contains(&asks), "{broken}");
    let never = node([]).await.awaited(item().id(), Duration::ZERO).await;
    assert!(matches!(never, Err(CliError::Unreachable(_))), "{never:?}");
}

#[tokio::test]
async fn a_refusal_is_final_and_names_its_message() {
    let refused = json!({ "ok": false, "code": "4 unripe" });
    let refused = free([ok(json!({})), ok(refused)]).await;
    let refused = deliver(&refused).await.unwrap_err().to_string();
    let names = refused.contains(&item().id().to_string());
    assert!(names && refused.contains("rule 4 (unripe)"), "{refused}");
    let unfit = free([Some((400, json!({ "error": "unfit" })))]).await;
    let unfit = deliver(&unfit).await.unwrap_err();
    assert!(matches!(&unfit, CliError::Refused(said) if !said.contains("origin message")));
}

#[tokio::test]
async fn a_second_message_that_fails_leaves_no_doubt_about_the_first() {
    let first = item();
    let draft = messages::message(Id::new([1; 32]), "Authorize");
    let items = [
        first.clone(),
        draft.sign(&SigningKey::ed25519([2; 32])).unwrap(),
    ];
    let ran = json!({ "id": first.id(), "slot": 7, "height": 9, "ok": true, "messages": [] });
    let roads: [Vec<Turn>; 4] = [
        vec![ok(json!({})), None],
        vec![ok(json!({})), Some((503, json!({ "error": "busy" })))],
        vec![ok(json!({})), Some((400, json!({ "error": "unfit" })))],
        vec![
            ok(json!({})),
            ok(json!({})),
            ok(ran),
            ok(json!({ "ok": false, "code": "4.7 count" })),
        ],
    ];
    for road in roads {
        let court = free(road).await;
        let out = Output { json: true };
        let error = typed().deliver_all(&court, &items, out).await.unwrap_err();
        let stands = format!("message {} was sent before it and stands", first.id());
        assert!(error.to_string().contains(&stands), "{error}");
    }
}
