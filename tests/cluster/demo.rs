//! The demonstration on several nodes: one of them has its colleagues at work, and another when that one is gone.

use crate::support::fleet::{Fleet, Plan};
use crate::support::world::Population;
use crate::support::*;
use std::collections::BTreeSet;
use std::time::Duration;

#[test]
fn one_node_has_the_colleagues() {
    block_on(async {
        let population = Population { users: 2, workspaces: 1, boards: 1, tasks: 1, token_ttl: "24h" };
        let env = vec![("TEAMFLOW__DEMO__ENABLED", "on".to_owned())];
        let mut fleet = Fleet::planned(Plan { nodes: 2, population, env, ..Plan::default() }).await;
        let guest = fleet.rest(1).post("/auth/demo", "", json!({})).await.ok(201);
        let room = format!("board:{}", text(&guest, "board_id"));
        let mut client = Client::connect(&fleet.nodes[1].server.address(), text(&guest, "access_token")).await;
        until("four colleagues are there, each once", async || {
            let subscribed = client.subscribe(&room).await;
            let present: Vec<_> = list(&subscribed, "presence").iter().map(|one| text(&one["user"], "id")).collect();
            present.len() == 5 && present.iter().collect::<BTreeSet<_>>().len() == 5
        })
        .await;
        client.event(&room).await;

        // Whichever had them.
        fleet.nodes[0].server.kill();
        client.listen(3_000).await;
        client.take_events(&room);
        let deadline = tokio::time::Instant::now() + Duration::from_secs(90);
        while client.take_events(&room).is_empty() {
            assert!(tokio::time::Instant::now() < deadline, "the colleagues never came back");
            assert!(client.listen(500).await, "the connection has ended");
        }
    });
}
