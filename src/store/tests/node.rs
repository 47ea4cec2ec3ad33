//! Which node may take which board, by the database.

use super::sheet::Sheet;
use super::{Fresh, enter, on_both};
use crate::domain::ids::Incarnation;
use crate::store::conn::{Conn, query};
use crate::store::queries::board::Claim;
use crate::store::queries::node::Pulse;
use crate::store::schema::heads;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use std::time::Duration;

on_both![
    a_live_owner_is_never_robbed,
    one_of_many_takes_a_board,
    a_board_that_was_let_go_is_anybodys,
    who_was_taken_for_dead_takes_nothing,
    nodes_that_can_not_work_together_are_told_so,
    who_leaves_lets_all_boards_go,
];

fn pulse(incarnation: Incarnation, judges: bool) -> Pulse {
    Pulse { incarnation, draining: false, bus: Some("ok"), sessions: 3, judges }
}

fn taken(claim: Claim) -> crate::store::queries::board::Activation {
    match claim {
        Claim::Taken(activation) => activation,
        other => panic!("not taken: {other:?}"),
    }
}

async fn a_live_owner_is_never_robbed(fresh: Fresh) {
    let sheet = Sheet::new(&fresh).await;
    let (store, board) = (&fresh.store, sheet.board);
    store.bury_other_nodes().await.unwrap();
    let (one, other) = (enter(store).await, enter(store).await);
    let first = taken(store.claim(board, one).await.unwrap());
    assert_eq!(store.claim(board, other).await.unwrap(), Claim::Held);
    assert_eq!(store.look(board).await.unwrap().unwrap().1, Some(one));
    let again = taken(store.claim(board, one).await.unwrap());
    assert_eq!(again.epoch, first.epoch + 1);
    // Its beats stop.
    fresh.sql("update nodes set beat_at = started_at").await;
    std::thread::sleep(Duration::from_millis(2_100));
    let beat = store.beat(pulse(other, true)).await.unwrap().unwrap();
    assert_eq!(beat.died.iter().map(|row| row.incarnation).collect::<Vec<_>>(), [one]);
    assert_eq!(beat.live.iter().map(|row| row.incarnation).collect::<Vec<_>>(), [other]);
    assert_eq!(store.look(board).await.unwrap().unwrap().1, None);
    assert_eq!(taken(store.claim(board, other).await.unwrap()).epoch, again.epoch + 1);
}

/// After a death, survivors go for its boards at the same moment.
async fn one_of_many_takes_a_board(fresh: Fresh) {
    let sheet = Sheet::new(&fresh).await;
    let store = &fresh.store;
    store.bury_other_nodes().await.unwrap();
    let mut nodes = Vec::new();
    for _ in 0..8 {
        nodes.push(enter(store).await);
    }
    // They wait in one line for the board's row.
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let hold = async move |mut conn: Conn| {
        conn.tx(async |conn| {
            let row = diesel::update(heads::table.find(sheet.board)).set(heads::head.eq(heads::head));
            query!(conn, |c| row.execute(c).await)?;
            begun.send(()).unwrap();
            tokio::time::sleep(Duration::from_millis(200)).await;
            Ok(())
        })
        .await
    };
    let holder = tokio::spawn({
        let store = store.clone();
        async move { store.write(hold).await.unwrap() }
    });
    has_begun.await.unwrap();
    let mut claims = tokio::task::JoinSet::new();
    for node in nodes {
        let store = store.clone();
        claims.spawn(async move { store.claim(sheet.board, node).await.unwrap() });
    }
    let taken = claims.join_all().await.into_iter().filter(|claim| matches!(claim, Claim::Taken(_))).count();
    assert_eq!(taken, 1);
    holder.await.unwrap();
}

async fn a_board_that_was_let_go_is_anybodys(fresh: Fresh) {
    let sheet = Sheet::new(&fresh).await;
    let (store, board) = (&fresh.store, sheet.board);
    store.bury_other_nodes().await.unwrap();
    let (one, other) = (enter(store).await, enter(store).await);
    let first = taken(store.claim(board, one).await.unwrap());
    assert!(!store.release(board, other, first.epoch).await.unwrap());
    assert!(!store.release(board, one, first.epoch - 1).await.unwrap());
    assert!(store.release(board, one, first.epoch).await.unwrap());
    assert_eq!(taken(store.claim(board, other).await.unwrap()).epoch, first.epoch + 2);
    assert!(!store.release(board, one, first.epoch).await.unwrap());
}

async fn who_was_taken_for_dead_takes_nothing(fresh: Fresh) {
    let sheet = Sheet::new(&fresh).await;
    let store = &fresh.store;
    let node = enter(store).await;
    store.bury_other_nodes().await.unwrap();
    assert_eq!(store.beat(pulse(node, false)).await.unwrap(), None);
    assert_eq!(store.claim(sheet.board, node).await.unwrap(), Claim::Held);
}

async fn nodes_that_can_not_work_together_are_told_so(fresh: Fresh) {
    let store = &fresh.store;
    let enter = async |name: &str, bus| {
        let incarnation = Incarnation(super::fresh_id());
        store.register_node(incarnation, name.to_owned(), "test", bus).await.unwrap().map_err(|other| other.node_id)
    };
    assert_eq!(enter("a", Some("ok")).await, Ok(()));
    assert_eq!(enter("b", Some("ok")).await, Ok(()));
    assert_eq!(enter("b", Some("ok")).await, Err("b".to_owned()));
    assert!(enter("c", None).await.is_err(), "one without Redis beside others");
    store.bury_other_nodes().await.unwrap();
    assert_eq!(enter("c", None).await, Ok(()));
    assert_eq!(enter("d", Some("ok")).await, Err("c".to_owned()));
}

async fn who_leaves_lets_all_boards_go(fresh: Fresh) {
    let sheet = Sheet::new(&fresh).await;
    let (store, board) = (&fresh.store, sheet.board);
    store.bury_other_nodes().await.unwrap();
    let (one, other) = (enter(store).await, enter(store).await);
    let first = taken(store.claim(board, one).await.unwrap());
    let nodes = store.nodes(60_000).await.unwrap();
    assert!(nodes.iter().any(|(row, boards)| row.incarnation == one && *boards == 1), "{nodes:?}");
    assert_eq!(store.leave(one).await.unwrap(), 1);
    assert_eq!(taken(store.claim(board, other).await.unwrap()).epoch, first.epoch + 2);
    assert_eq!(store.beat(pulse(one, false)).await.unwrap(), None);
}
