//! Large data, chunk by chunk, both ways.

use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use serde_json::json;

use super::liar::liar;
use super::*;
use crate::arweave::transaction::Transaction;

fn data() -> Vec<u8> {
    (0..700_000_u32).map(|at| (at % 251) as u8).collect()
}

async fn mined(house: &Loopback) -> Transaction {
    let sent = house.transaction(Format::Two, data(), &[]).await;
    house.chain.submit(sent.clone()).await.unwrap();
    house.chain.mine(1).await.unwrap();
    sent
}

/// Any road to data but chunks.
fn is_data(path: &str) -> bool {
    path.starts_with("/raw/") || path.ends_with("/data") || is_road(path, "/")
}

/// Under `/tx/` the data as text, under `/` whatever has an id.
fn is_road(path: &str, road: &str) -> bool {
    match road {
        "/tx/" => path.ends_with("/data"),
        _ => path.trim_start_matches('/').parse::<Id>().is_ok(),
    }
}

fn nowhere() -> axum::response::Response {
    StatusCode::NOT_FOUND.into_response()
}

#[tokio::test]
async fn data_is_read_by_chunks_where_a_gateway_has_no_other_road() {
    let house = Loopback::start(vec![]).await;
    let sent = mined(&house).await;
    let plain = |asked: &str| is_data(asked).then(nowhere);
    let chunks_alone = Gateway::new(vec![liar(&house, plain).await]).unwrap();
    assert_eq!(
        chunks_alone.transaction(sent.id()).await.unwrap(),
        Some(sent.clone())
    );
    // One road alone is enough: text, or the id.
    for road in ["/tx/", "/"] {
        let others = move |asked: &str| (is_data(asked) && !is_road(asked, road)).then(nowhere);
        let one_road = Gateway::new(vec![liar(&house, others).await]).unwrap();
        let found = one_road.transaction(sent.id()).await.unwrap();
        assert_eq!(found, Some(sent.clone()), "{road}");
    }
    // A large gateway sends browsers from the id to elsewhere: no road, and no fault either.
    let elsewhere = |asked: &str| match is_road(asked, "/") {
        true => Some((StatusCode::FOUND, [("location", "http://elsewhere/")]).into_response()),
        false => is_data(asked).then(nowhere),
    };
    let sends_elsewhere = Gateway::new(vec![liar(&house, elsewhere).await]).unwrap();
    let found = sends_elsewhere.transaction(sent.id()).await.unwrap();
    assert_eq!(found, Some(sent.clone()));
    house.post(&format!("/hide/{}", sent.id()), "").await;
    assert_eq!(chunks_alone.transaction(sent.id()).await.unwrap(), None);
}

#[tokio::test]
async fn chunks_without_their_proof_are_forged() {
    let house = Loopback::start(vec![]).await;
    let sent = mined(&house).await;
    let (_, chunk) = house.get("/chunk/300000").await;
    let chunk: Value = serde_json::from_str(&chunk).unwrap();
    let cut = |field: &str| {
        let mut chunk = chunk.clone();
        let text = chunk[field].as_str().unwrap().to_owned();
        chunk[field] = text[..text.len() - 4].into();
        chunk
    };
    let lies = [
        ("/chunk/", json!({ "chunk": "AAAA", "data_path": "AAAA" })),
        ("/chunk/", cut("chunk")),
        ("/chunk/", cut("data_path")),
        // The right chunk of another place, for ever.
        ("/chunk/", chunk.clone()),
        ("/tx/off", json!({ "size": "5", "offset": "700000" })),
        ("/tx/off", json!({ "size": "700000", "offset": "3" })),
        (
            "/tx/off",
            json!({ "size": "700000", "offset": "18446744073709551615" }),
        ),
        ("/tx/off", json!({ "size": 700_000, "offset": -1 })),
    ];
    for (path, lie) in lies {
        let body = lie.to_string();
        let answer = move |asked: &str| {
            let plain = is_data(asked);
            let hit = asked.starts_with(path) || (path == "/tx/off" && asked.ends_with("/offset"));
            match (plain, hit) {
                (true, _) => Some(nowhere()),
                (_, true) => Some(body.clone().into_response()),
                _ => None,
            }
        };
        let lying = liar(&house, answer).await;
        let both = Gateway::new(vec![lying.clone(), house.url.clone()]).unwrap();
        let right = both.transaction(sent.id()).await.unwrap();
        assert!(right.as_ref() == Some(&sent), "{lie}");
        let alone = Gateway::new(vec![lying]).unwrap();
        let refused = alone.transaction(sent.id()).await;
        assert!(
            matches!(refused, Err(GatewayError::Unanswered { .. })) || matches!(refused, Ok(None)),
            "{lie}: {refused:?}"
        );
        assert!(!matches!(refused, Ok(Some(_))), "{lie}");
    }
}

#[tokio::test]
async fn what_is_too_long_for_the_door_goes_in_chunks() {
    let house = Loopback::start(vec![]).await;
    let sent = house.transaction(Format::Two, data(), &[]).await;
    let narrow = liar_with_a_narrow_door(&house).await;
    Gateway::new(vec![narrow])
        .unwrap()
        .post(&sent)
        .await
        .unwrap();
    house.chain.mine(1).await.unwrap();
    assert_eq!(
        house.gateway().transaction(sent.id()).await.unwrap(),
        Some(sent)
    );
}

/// Refuses bodies over 100 KiB at `/tx`, as some gateways do.
async fn liar_with_a_narrow_door(house: &Loopback) -> Url {
    use axum::extract::DefaultBodyLimit;
    use axum::routing::post;
    use tower::ServiceExt as _;
    let honest = crate::arweave::devchain::server::router(house.chain.clone());
    let take = move |body: bytes::Bytes| async move {
        let request = axum::http::Request::post("/tx").body(axum::body::Body::from(body));
        honest.oneshot(request.unwrap()).await.unwrap()
    };
    let router = Router::new()
        .route("/tx", post(take))
        .layer(DefaultBodyLimit::max(100 * 1024))
        .fallback_service(crate::arweave::devchain::server::router(
            house.chain.clone(),
        ));
    super::liar::url(serve(router, &Shutdown::new()).await)
}

#[tokio::test]
async fn data_over_the_base_layers_door_goes_in_chunks_at_once() {
    let house = Loopback::start(vec![]).await;
    let long: Vec<u8> = (0..14 * 1024 * 1024_u32)
        .map(|at| (at % 253) as u8)
        .collect();
    let sent = house.transaction(Format::Two, long, &[]).await;
    house.gateway().post(&sent).await.unwrap();
    // Again: nothing is sent twice that is there, and it is no error.
    house.gateway().post(&sent).await.unwrap();
    house.chain.mine(1).await.unwrap();
    let found = house.gateway().transaction(sent.id()).await.unwrap();
    assert!(found == Some(sent), "14 MiB came back otherwise");
}
