//! Somebody who holds a snapshot and applies events by the protocol's replay rules alone, knowing nothing of `Board`.

use std::collections::BTreeMap;
use teamflow::domain::board::event::{Change, Event};
use teamflow::domain::board::model::{Column, Task};
use teamflow::domain::ids::{ColumnId, TaskId};

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Replica {
    pub tasks: BTreeMap<TaskId, Task>,
    pub columns: BTreeMap<ColumnId, Column>,
}

impl Replica {
    /// # Errors
    /// Where an event speaks of something that is not there.
    pub fn apply(&mut self, event: &Event) -> Result<(), String> {
        let missing = || format!("seq {} speaks of what is not there: {:?}", event.seq, event.change);
        match &event.change {
            Change::TaskCreated { task, ranks } | Change::TaskRestored { task, ranks } => {
                for (id, rank) in ranks {
                    self.tasks.get_mut(id).ok_or_else(missing)?.rank = rank.clone();
                }
                self.tasks.insert(task.id, (**task).clone());
            }
            Change::TaskUpdated { task_id, version, set } => {
                let task = self.tasks.get_mut(task_id).ok_or_else(missing)?;
                task.version = *version;
                task.updated_at = event.at;
                let set = set.clone();
                set.title.into_iter().for_each(|title| task.title = title);
                set.priority.into_iter().for_each(|priority| task.priority = priority);
                set.story_points.into_iter().for_each(|points| task.story_points = points);
                set.due_date.into_iter().for_each(|due| task.due_date = due);
                set.assignee_ids.into_iter().for_each(|ids| task.assignee_ids = ids.as_slice().into());
                set.label_ids.into_iter().for_each(|ids| task.label_ids = ids.as_slice().into());
            }
            Change::TaskMoved { task_id, version, from_column_id, column_id, rank, completed_at, ranks } => {
                for (id, rank) in ranks {
                    self.tasks.get_mut(id).ok_or_else(missing)?.rank = rank.clone();
                }
                let task = self.tasks.get_mut(task_id).filter(|task| task.column_id == *from_column_id);
                let task = task.ok_or_else(missing)?;
                task.version = *version;
                task.column_id = *column_id;
                task.rank = rank.clone();
                task.completed_at = *completed_at;
                task.updated_at = event.at;
            }
            Change::TaskDeleted { task_id, .. } => drop(self.tasks.remove(task_id).ok_or_else(missing)?),
            Change::ColumnCreated { column, ranks } => {
                for (id, rank) in ranks {
                    self.columns.get_mut(id).ok_or_else(missing)?.rank = rank.clone();
                }
                self.columns.insert(column.id, (**column).clone());
            }
            Change::ColumnUpdated { column_id, version, set } => {
                let column = self.columns.get_mut(column_id).ok_or_else(missing)?;
                column.version = *version;
                let set = set.clone();
                set.name.into_iter().for_each(|name| column.name = name);
                set.status.into_iter().for_each(|status| column.status = status);
                set.wip_limit.into_iter().for_each(|limit| column.wip_limit = limit);
            }
            Change::ColumnMoved { column_id, version, rank, ranks } => {
                for (id, rank) in ranks {
                    self.columns.get_mut(id).ok_or_else(missing)?.rank = rank.clone();
                }
                let column = self.columns.get_mut(column_id).ok_or_else(missing)?;
                column.version = *version;
                column.rank = rank.clone();
            }
            Change::ColumnDeleted { column_id, to_column_id, moved, .. } => {
                for moved in moved {
                    let task = self.tasks.get_mut(&moved.task_id).ok_or_else(missing)?;
                    task.version = moved.version;
                    task.column_id = to_column_id.ok_or_else(missing)?;
                    task.rank = moved.rank.clone();
                    task.completed_at = moved.completed_at;
                    task.updated_at = event.at;
                }
                self.columns.remove(column_id).ok_or_else(missing)?;
            }
        }
        Ok(())
    }
}
