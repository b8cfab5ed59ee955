//! The queries that real clients send, and the limits.

use aosec_wire::{Draft, Id, SigningKey, Tags, VerifiedItem};
use serde_json::{Value, json};

use crate::arweave::devchain::loopback::Loopback;

fn item(kind: &str, name: &str) -> VerifiedItem {
    let tags = Tags::new()
        .with("Data-Protocol", "ao")
        .with("Type", kind)
        .with("Name", name)
        .with("Url", "http://127.0.0.1:1");
    let draft = Draft {
        target: Some(Id::new([4; 32])),
        anchor: None,
        tags,
        data: "x".into(),
    };
    draft.sign(&SigningKey::ed25519([1; 32])).unwrap()
}

async fn house() -> Loopback {
    let house = Loopback::start(vec![item("Module", "lua"), item("Process", "one")]).await;
    house.chain.hold(item("Process", "two")).await.unwrap();
    house.chain.mine(1).await.unwrap();
    house.chain.hold(item("Process", "three")).await.unwrap();
    house
}

fn names(answer: &Value) -> Vec<String> {
    assert!(answer["errors"].is_null(), "{answer}");
    let edges = answer["data"]["transactions"]["edges"].as_array().unwrap();
    let name = |edge: &Value| {
        let tags = edge["node"]["tags"].as_array().unwrap();
        tags.iter()
            .find(|tag| tag["name"] == "Name")
            .map_or("-", |tag| tag["value"].as_str().unwrap())
            .to_owned()
    };
    edges.iter().map(name).collect()
}

#[tokio::test]
async fn the_queries_of_real_clients_are_answered() {
    let house = house().await;
    let signer = SigningKey::ed25519([1; 32]).address().clone();
    // aoconnect, before a spawn.
    let query = "query GetTransactions ($transactionIds: [ID!]!) { transactions(ids: $transactionIds) { edges { node {
        owner { address } tags { name value } block { id height timestamp } } } } }";
    let answer = house
        .graphql(
            query,
            json!({ "transactionIds": [item("Module", "lua").id()] }),
        )
        .await;
    assert_eq!(names(&answer), ["lua"]);
    assert_eq!(
        answer["data"]["transactions"]["edges"][0]["node"]["block"]["height"],
        1
    );
    // aos, looking for a process by its name.
    let query = r#"query ($owners: [String!]!) { transactions(first: 10, owners: $owners, tags: [
        { name: "Data-Protocol", values: ["ao"] }, { name: "Type", values: ["Process"]}, { name: "Name", values: ["two"]} ]) {
        edges { node { id tags { name value } } } } }"#;
    assert_eq!(
        names(
            &house
                .graphql(query, json!({ "owners": [signer, ""] }))
                .await
        ),
        ["two"]
    );
    assert_eq!(
        names(&house.graphql(query, json!({ "owners": [""] })).await),
        Vec::<String>::new()
    );
    // ao-scheduler-utils, looking for a location; with a comment inside.
    let query = r#"query GetSchedulerLocation ($owner: String!) { transactions ( owners: [$owner] tags: [
        { name: "Data-Protocol", values: ["ao"] }, { name: "Type", values: ["Process"] } ]
        # Only need the most recent
        sort: HEIGHT_DESC first: 1 ) { edges { node { tags { name value } } } } }"#;
    assert_eq!(
        names(&house.graphql(query, json!({ "owner": signer })).await),
        ["three"]
    );
    // By GET, with variables.
    let query =
        "query($n:Int){transactions(first:$n,sort:HEIGHT_ASC){edges{node{tags{name value}}}}}";
    let url = reqwest::Url::parse_with_params(
        "http://x/graphql",
        [("query", query), ("variables", r#"{"n":null}"#)],
    )
    .unwrap();
    let answer = house
        .get_json(&format!("/graphql?{}", url.query().unwrap()))
        .await;
    assert_eq!(names(&answer), ["-", "lua", "one", "-", "two", "three"]);
}

#[tokio::test]
async fn filters_and_pages_work_together() {
    let house = house().await;
    let cases = [
        (
            r#"tags: [{ name: "Type", values: ["Module", "Process"], op: EQ }]"#,
            vec!["three", "two", "one", "lua"],
        ),
        (
            r#"tags: [{ name: "Type", values: ["Module"], op: NEQ }], recipients: ["BAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ"]"#,
            vec!["three", "two", "one"],
        ),
        (
            r#"tags: [{ name: "Type", values: ["Process"] }], block: { min: 2 }"#,
            vec!["two"],
        ),
        (
            r#"tags: [{ name: "Type", values: ["Process"] }], block: { min: 1, max: 1 }"#,
            vec!["one"],
        ),
        (
            r#"tags: [{ name: "Type", values: ["Process"] }], sort: HEIGHT_ASC, first: 2"#,
            vec!["one", "two"],
        ),
        (r#"ids: ["not an id"]"#, vec![]),
    ];
    for (arguments, expected) in cases {
        let query = format!(
            "{{ transactions({arguments}) {{ edges {{ node {{ tags {{ name value }} }} }} }} }}"
        );
        assert_eq!(
            names(&house.graphql(&query, json!({})).await),
            expected,
            "{arguments}"
        );
    }
    let query = r#"query ($after: String) { transactions(after: $after, first: 1, tags: [{ name: "Data-Protocol", values: ["ao"] }]) {
        pageInfo { hasNextPage } edges { cursor node { tags { name value } } } } }"#;
    let (mut after, mut found) = (Value::Null, Vec::new());
    loop {
        let answer = house.graphql(query, json!({ "after": after })).await;
        found.extend(names(&answer));
        after = answer["data"]["transactions"]["edges"][0]["cursor"].clone();
        if answer["data"]["transactions"]["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(found, ["three", "two", "one", "lua"]);
}

#[tokio::test]
async fn blocks_are_found() {
    let house = house().await;
    let heights = async |arguments: &str| {
        let query = format!(
            "{{ blocks({arguments}) {{ pageInfo {{ hasNextPage }} edges {{ cursor node {{ id height timestamp previous }} }} }} }}"
        );
        let answer = house.graphql(&query, json!({})).await;
        let edges = answer["data"]["blocks"]["edges"]
            .as_array()
            .unwrap()
            .clone();
        edges
            .iter()
            .map(|edge| edge["node"]["height"].as_u64().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(heights("first: 5").await, [2, 1, 0]);
    assert_eq!(heights("sort: HEIGHT_ASC, first: 2").await, [0, 1]);
    assert_eq!(heights(r#"sort: HEIGHT_ASC, after: "0""#).await, [1, 2]);
    assert_eq!(heights(r#"after: "1""#).await, [0]);
    assert_eq!(heights(r#"after: "0""#).await, Vec::<u64>::new());
    assert_eq!(heights("height: { min: 1, max: 1 }").await, [1]);
    assert_eq!(heights("height: { min: 7 }").await, Vec::<u64>::new());
    let id = house.get_json("/block/height/1").await["indep_hash"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        heights(&format!(r#"ids: ["{id}", "x", "{id}"]"#)).await,
        [1]
    );
    let answer = house
        .graphql(
            &format!(
                r#"{{ a: block(id: "{id}") {{ height }} b: block(height: 0) {{ previous }} }}"#
            ),
            json!({}),
        )
        .await;
    assert_eq!(
        answer["data"],
        json!({ "a": { "height": 1 }, "b": { "previous": "" } })
    );
}

#[tokio::test]
async fn what_the_schema_does_not_know_is_an_error() {
    let house = house().await;
    let many: String = (0..20)
        .map(|at| format!("a{at}: transactions {{ edges {{ cursor }} }} "))
        .collect();
    let list = vec!["\"x\""; 1_001].join(",");
    let cases = [
        "{ transactions(flavour: 1) { edges { cursor } } }".to_owned(),
        "{ transactions { edges { node { colour } } } }".into(),
        "{ transactions(first: 0) { edges { cursor } } }".into(),
        "{ transactions(first: 1001) { edges { cursor } } }".into(),
        r#"{ transactions(after: "zzz") { edges { cursor } } }"#.into(),
        r#"{ transactions(tags: [{ name: "x" }]) { edges { cursor } } }"#.into(),
        r#"{ blocks(after: "zzz") { edges { cursor } } }"#.into(),
        "{ block { height } }".into(),
        "{".into(),
        format!("{{ transactions(owners: [{list}]) {{ edges {{ cursor }} }} }}"),
        format!("{{ {many} }}"),
        format!("{}{}", "{ a ".repeat(40), "}".repeat(40)),
        "mutation { mine }".into(),
    ];
    for query in cases {
        let answer = house.graphql(&query, json!({})).await;
        assert!(
            answer["errors"][0]["message"].is_string(),
            "{query}: {answer}"
        );
    }
}
