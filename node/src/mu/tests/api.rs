//! The unit's routes as old clients use them.

use aosec_wire::{Tags, VerifiedItem};
use axum::body::Body;
use axum::http::{Method, Request};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;

use super::fakes::{ALPHA, Around, BETA, Node, message, user};
use super::scheduler::Mood;
use crate::mu::fees::Policy;

async fn ask(node: &Node, method: Method, path: &str, body: Vec<u8>) -> (u16, String) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .body(Body::from(body))
        .unwrap();
    let response = crate::routes::mu::router(node.handle.clone(), None)
        .oneshot(request)
        .await
        .unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

async fn post(node: &Node, path: &str, item: &VerifiedItem) -> (u16, Value) {
    let (status, text) = ask(node, Method::POST, path, item.bytes().to_vec()).await;
    (
        status,
        serde_json::from_str(&text).unwrap_or(Value::String(text)),
    )
}

#[tokio::test]
async fn a_message_is_taken_shown_and_traced_to_its_children() {
    let (around, dir) = (Around::new().await, tempfile::tempdir().unwrap());
    let node = around.node(dir.path()).await;
    let sent = message(ALPHA, "Greet");
    let (status, body) = post(&node, "/", &sent).await;
    let id = sent.id().to_string();
    assert_eq!(
        (status, body["message"].as_str(), body["id"].as_str()),
        (202, Some("Processing DataItem"), Some(id.as_str()))
    );
    node.ended(sent.id()).await;
    let (status, text) = ask(&node, Method::GET, &format!("/status/{id}"), vec![]).await;
    let shown: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (status, &shown["state"], &shown["slot"]),
        (200, &"done".into(), &0.into())
    );
    assert!(shown["receipt"].is_string());
    assert_eq!(shown["children"].as_array().unwrap().len(), 2);
    assert_eq!(shown["children"][0]["process"], BETA.to_string());
    node.stop().await;
}

#[tokio::test]
async fn an_assignment_needs_both_words_and_no_body() {
    let (around, dir) = (Around::new().await, tempfile::tempdir().unwrap());
    let node = around.node(dir.path()).await;
    let sent = message(ALPHA, "Quiet");
    post(&node, "/", &sent).await;
    let path = format!("/?process-id={BETA}&assign={}&exclude=Data", sent.id());
    let (status, text) = ask(&node, Method::POST, &path, vec![]).await;
    assert_eq!(status, 202, "{text}");
    for half in [
        format!("/?process-id={BETA}"),
        format!("/?assign={}", sent.id()),
        "/?process-id=x&assign=y".into(),
    ] {
        assert_eq!(
            ask(&node, Method::POST, &half, vec![]).await.0,
            400,
            "{half}"
        );
    }
    node.stop().await;
}

#[tokio::test]
async fn what_is_no_message_is_refused_before_anything_is_kept() {
    let (around, dir) = (Around::new().await, tempfile::tempdir().unwrap());
    let node = around.node(dir.path()).await;
    let mut forged = message(ALPHA, "Quiet").bytes().to_vec();
    *forged.last_mut().unwrap() ^= 1;
    let untyped = aosec_wire::Draft::default()
        .sign(&user())
        .unwrap()
        .bytes()
        .to_vec();
    for body in [vec![], b"hello".to_vec(), forged, untyped] {
        let (status, text) = ask(&node, Method::POST, "/", body).await;
        assert_eq!(status, 400, "{text}");
        assert!(text.starts_with("{\"error\":"), "{text}");
    }
    assert_eq!(around.scheduled().len(), 0);
    node.stop().await;
}

#[tokio::test]
async fn a_silent_scheduler_and_a_refusing_one_are_told_apart() {
    let (around, dir) = (Around::new().await, tempfile::tempdir().unwrap());
    let node = around.node(dir.path()).await;
    around.scheduler.be(Mood::Refuses);
    let (status, body) = post(&node, "/", &message(ALPHA, "Quiet")).await;
    assert_eq!(
        (status, &body["error"]),
        (400, &"the scheduler refused it: not today".into())
    );
    around.scheduler.be(Mood::Down);
    let sent = message(ALPHA, "Other");
    let (status, body) = post(&node, "/", &sent).await;
    assert_eq!((status, &body["id"]), (504, &sent.id().to_string().into()));
    let (_, text) = ask(
        &node,
        Method::GET,
        &format!("/status/{}", sent.id()),
        vec![],
    )
    .await;
    assert!(text.contains("\"unassigned\""), "{text}");
    node.stop().await;
}

#[tokio::test]
async fn monitoring_takes_the_owners_word_alone() {
    let (around, dir) = (Around::new().await, tempfile::tempdir().unwrap());
    let node = around.node(dir.path()).await;
    let wish = |key: &aosec_wire::SigningKey, data: &'static [u8]| {
        let draft = aosec_wire::Draft {
            target: Some(ALPHA),
            data: data.into(),
            ..Default::default()
        };
        draft.sign(key).unwrap().bytes().to_vec()
    };
    let path = format!("/monitor/{ALPHA}");
    let stranger = aosec_wire::SigningKey::ed25519([66; 32]);
    assert_eq!(
        ask(&node, Method::POST, &path, wish(&stranger, b" "))
            .await
            .0,
        403
    );
    assert_eq!(
        ask(
            &node,
            Method::POST,
            &format!("/monitor/{BETA}"),
            wish(&user(), b" ")
        )
        .await
        .0,
        400
    );
    assert_eq!(
        ask(&node, Method::POST, &path, wish(&user(), b" ")).await.0,
        200
    );
    assert!(node.handle.is_watched(ALPHA).await.unwrap());
    assert_eq!(
        ask(&node, Method::DELETE, &path, wish(&user(), b" "))
            .await
            .0,
        400
    );
    assert_eq!(
        ask(&node, Method::DELETE, &path, wish(&user(), b"stop"))
            .await
            .0,
        200
    );
    assert!(!node.handle.is_watched(ALPHA).await.unwrap());
    node.stop().await;
}

/// What an owner has said to his process is public, and says nothing of monitoring, whoever sends it again.
#[tokio::test]
async fn an_ordinary_message_of_the_owner_is_no_word_on_monitoring() {
    let (around, dir) = (Around::new().await, tempfile::tempdir().unwrap());
    let node = around.node(dir.path()).await;
    let path = format!("/monitor/{ALPHA}");
    let signed = |tags: &[(&str, &str)], data: Vec<u8>| {
        let draft = aosec_wire::Draft {
            target: Some(ALPHA),
            tags: tags
                .iter()
                .fold(Tags::new(), |tags, (name, value)| tags.with(*name, *value)),
            data: data.into(),
            ..Default::default()
        };
        draft.sign(&user()).unwrap().bytes().to_vec()
    };
    let watch = signed(&[("Monitor", "watch")], b" ".to_vec());
    assert_eq!(ask(&node, Method::POST, &path, watch.clone()).await.0, 200);
    let spoken = [
        message(ALPHA, "Greet").bytes().to_vec(),
        signed(&[("Type", "Message")], vec![]),
        signed(&[("type", "Message")], vec![]),
        signed(&[("Data-Protocol", "ao")], vec![]),
        signed(&[], vec![b' '; 8_192]),
    ];
    for item in spoken {
        for method in [Method::DELETE, Method::POST] {
            let (status, text) = ask(&node, method, &path, item.clone()).await;
            assert_eq!(status, 400, "{text}");
        }
    }
    // A wish that says which one it is cannot be sent as the other, not even to a node that has not seen it.
    let stop = signed(&[("Monitor", "stop")], b" ".to_vec());
    for (method, wish) in [(Method::DELETE, watch), (Method::POST, stop.clone())] {
        let (status, text) = ask(&node, method, &path, wish).await;
        assert_eq!(status, 400, "{text}");
    }
    assert!(node.handle.is_watched(ALPHA).await.unwrap());
    assert_eq!(ask(&node, Method::DELETE, &path, stop).await.0, 200);
    assert!(!node.handle.is_watched(ALPHA).await.unwrap());
    node.stop().await;
}

#[tokio::test]
async fn who_has_a_process_monitored_is_told_when_it_wakes() {
    let (around, dir) = (Around::new().await, tempfile::tempdir().unwrap());
    let node = around.node(dir.path()).await;
    let watch = |process| {
        let draft = aosec_wire::Draft {
            target: Some(process),
            data: b" "[..].into(),
            ..Default::default()
        };
        (format!("/monitor/{process}"), draft.sign(&user()).unwrap())
    };
    let told = async |process| {
        let (path, wish) = watch(process);
        ask(&node, Method::POST, &path, wish.bytes().to_vec()).await
    };
    let (status, text) = told(ALPHA).await;
    assert!(
        status == 200 && text.contains("this node wakes it"),
        "{text}"
    );
    *around.reads_blocks.lock().unwrap() = true;
    let (status, text) = told(ALPHA).await;
    assert!(
        status == 200 && text.contains("settled on the base layer"),
        "{text}"
    );
    let (status, text) = told(BETA).await;
    assert!(status == 422 && text.contains("Cron-Interval"), "{text}");
    node.stop().await;
}

#[tokio::test]
async fn the_plain_routes_answer() {
    let (around, dir) = (Around::new().await, tempfile::tempdir().unwrap());
    let node = around.node(dir.path()).await;
    for path in ["/", "/health"] {
        assert_eq!(ask(&node, Method::GET, path, vec![]).await.0, 200);
    }
    assert_eq!(
        ask(&node, Method::GET, &format!("/status/{ALPHA}"), vec![])
            .await
            .0,
        404
    );
    assert_eq!(
        ask(&node, Method::GET, "/status/short", vec![]).await.0,
        400
    );
    node.stop().await;
}

#[tokio::test]
async fn a_fee_is_shown_before_it_is_asked_and_its_refusal_says_everything() {
    let (around, dir) = (Around::new().await, tempfile::tempdir().unwrap());
    let free = around.node(dir.path()).await;
    let (status, text) = ask(&free, Method::GET, "/fees?bytes=9", vec![]).await;
    let told: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (status, told["policy"].as_str(), told["price"].as_str()),
        (200, Some("free"), Some("0"))
    );
    free.stop().await;
    around.till.ask(Policy::PerKib(7));
    let node = around.node(dir.path()).await;
    let mine = user().address().clone();
    let path = format!("/fees/{mine}?bytes=1025");
    let (_status, text) = ask(&node, Method::GET, &path, vec![]).await;
    let told: Value = serde_json::from_str(&text).unwrap();
    for (name, value) in [
        ("policy", "kib"),
        ("fee", "7"),
        ("price", "14"),
        ("credit", "0"),
        ("least_first_payment", "700"),
    ] {
        assert_eq!(told[name], value, "{told}");
    }
    assert_eq!(told["pay_to"], super::till::payee().as_str());
    let (status, body) = post(&node, "/", &message(ALPHA, "Greet")).await;
    assert_eq!(
        (status, &body["price"], &body["credit"]),
        (402, &"7".into(), &"0".into())
    );
    assert_eq!(body["address"], mine.as_str());
    assert_eq!(body["court"], super::till::COURT.to_string());
    let said = body["error"].as_str().unwrap();
    assert!(
        said.contains("aosec fees pay") && said.contains(super::till::payee().as_str()),
        "{said}"
    );
    let assign = format!("/?process-id={BETA}&assign={ALPHA}");
    assert_eq!(ask(&node, Method::POST, &assign, vec![]).await.0, 403);
    for bad in ["/fees/nobody", "/fees?bytes=x"] {
        assert_eq!(ask(&node, Method::GET, bad, vec![]).await.0, 400, "{bad}");
    }
    node.stop().await;
}
