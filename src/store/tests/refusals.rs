//! One op that the database refuses, and the others that must not suffer for it.

use super::sheet::Sheet;
use super::{Fresh, on_both};
use crate::domain::board::commit::{Finding, Outcome};
use crate::domain::board::model::TaskField;
use crate::domain::ids::LabelId;

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
