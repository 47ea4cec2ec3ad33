//! Guests of the demonstration who have gone.

use super::*;
use crate::api::guest::sweep;
use crate::auth::now;

const HOUR_MS: i64 = 3_600 * 1_000;

#[actix_web::test]
async fn who_has_gone_is_cleaned_up_after() {
    let node = Node::start().await;
    let ada = node.person("Ada").await;
    let visit = node.send(Method::POST, "auth/demo", &[], None).await;
    assert_eq!(visit.status, 201, "{}", visit.body);
    let id = visit.body["user"]["id"].as_str().unwrap().parse().unwrap();
    let token = visit.body["access_token"].as_str().unwrap().to_owned();
    let guest = Person { id, email: String::new(), token };
    let own = node.post(&guest, "workspaces", json!({"name": "Mine"})).await.id();
    let shared = visit.body["workspaces"][0]["id"].as_str().unwrap().to_owned();
    let members = async || {
        let owner = node.app.store.access(shared.parse().unwrap()).await.unwrap().unwrap();
        owner.members.len()
    };
    assert_eq!(members().await, 5);

    sweep(&node.app, now().plus_millis(HOUR_MS)).await.unwrap();
    assert_eq!(node.get(&guest, "auth/me").await.status, 200, "an hour is a long look");
    sweep(&node.app, now().plus_millis(3 * HOUR_MS)).await.unwrap();
    assert_eq!(node.get(&guest, "auth/me").await.status, 401);
    assert_eq!(members().await, 4, "the colleagues stay");
    assert!(node.app.store.access(own.parse().unwrap()).await.unwrap().is_none());
    assert_eq!(node.get(&ada, "auth/me").await.status, 200);
    sweep(&node.app, now().plus_millis(3 * HOUR_MS)).await.unwrap();
}
