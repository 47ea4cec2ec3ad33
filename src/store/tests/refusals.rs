//! One op that the database refuses, and the others that must not suffer for it.

use super::sheet::Sheet;
use super::{Fresh, on_both};
use crate::domain::board::commit::{Finding, Outcome};
use crate::domain::board::model::TaskField;
use crate::domain::ids::LabelId;
use crate::store::{Store, StoreConfig, StoreError};

on_both! { only_the_culprit_is_refused, a_label_that_is_gone_refuses_nothing }

/// NUL, which PostgreSQL's text can't hold and our checks on SQLite don't let in, gets here only past the domain.
async fn only_the_culprit_is_refused(fresh: Fresh) {
    let mut sheet = Sheet::new(&fresh).await;
    let id = sheet.create("victim").await;
    let mut steps: Vec<_> = (0..30).map(|i| sheet.creating(&format!("task {i}"))).collect();
    let mut poisoned = sheet.updating(id, TaskField::Description, |_| {});
    poisoned.1.description = Some("a\0b".into());
    steps.insert(17, poisoned);
    let batch = sheet.batch(steps);
    let other = Sheet::with(&fresh.store, &sheet.committer).await;
    let innocent = other.batch(vec![other.creating("innocent")]);
    let (refused, committed) = tokio::join!(sheet.submit(&batch), other.submit(&innocent));
    assert_eq!(refused.outcome, Outcome::NotApplied(vec![Finding::Refused(batch.commit.ops[17].event.op_id)]));
    assert_eq!(committed.outcome, Outcome::Committed);
    sheet.agree().await;
    let steps = (0..30).map(|i| sheet.creating(&format!("task {i}"))).collect();
    sheet.commit(steps).await;
    sheet.agree().await;
}

async fn a_label_that_is_gone_refuses_nothing(fresh: Fresh) {
    let mut sheet = Sheet::new(&fresh).await;
    let id = sheet.create("labelled").await;
    let never_there = LabelId(super::fresh_id());
    let step = sheet.updating(id, TaskField::LabelIds, |task| task.label_ids = [never_there].into());
    sheet.commit(vec![step]).await;
    sheet.agree().await;
}

/// A full disk is nobody's fault: not applied, and applied when there is room again.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_unavailable() {
    let fresh = Fresh::sqlite().await;
    let mut sheet = Sheet::new(&fresh).await;
    fresh.sql("pragma max_page_count = 1").await;
    let steps: Vec<_> = (0..300).map(|i| sheet.creating(&format!("task {i}"))).collect();
    let batch = sheet.batch(steps);
    assert_eq!(sheet.submit(&batch).await.outcome, Outcome::Unavailable);
    sheet.agree().await;
    fresh.sql("pragma max_page_count = 1000000").await;
    let answer = sheet.submit(&batch).await;
    assert_eq!(answer.outcome, Outcome::Committed);
    sheet.remember(&batch, &answer);
    sheet.agree().await;
}

/// A server that would forget what it has acknowledged is not worked with, and an unreachable one is no mystery.
#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_trusted_is_refused_at_the_start() {
    let fresh = Fresh::postgres().await;
    let database = fresh.url.rsplit('/').next().unwrap();
    fresh.sql(format!("alter database {database} set synchronous_commit = off")).await;
    let refused = Store::open(StoreConfig::new(fresh.url.as_str())).await.err().unwrap();
    assert!(matches!(&refused, StoreError::Setup(text) if text.contains("synchronous_commit = off")), "{refused}");

    let nowhere = Store::open(StoreConfig::new("postgres://ada:sesame@127.0.0.1:1/teamflow")).await.err().unwrap();
    assert!(nowhere.is_unavailable() && nowhere.is_surely_not_applied(), "{nowhere}");
    assert!(!format!("{nowhere} {nowhere:?}").contains("sesame"));

    for url in ["mysql://localhost/teamflow", "sqlite://", "sqlite://:memory:", "postgres://[", ""] {
        let refused = Store::open(StoreConfig::new(url)).await.err().unwrap();
        assert!(matches!(refused, StoreError::Setup(_)), "{url}: {refused}");
    }
}
