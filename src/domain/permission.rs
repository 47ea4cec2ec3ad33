//! Who may do what: one table, and the view of a workspace that it is asked with.

use super::ids::{LabelId, ProjectId, UserId, WorkspaceId};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::fmt;

/// A member's role in a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Owner,
    Admin,
    Member,
    Viewer,
}

impl Role {
    pub const ALL: [Self; 4] = [Self::Owner, Self::Admin, Self::Member, Self::Viewer];

    pub fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Member => "member",
            Self::Viewer => "viewer",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What somebody wants to do in a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    WorkspaceRead,
    WorkspaceUpdate,
    MemberManage,
    /// Giving, changing or taking away the role of owner.
    OwnerManage,
    ProjectCreate,
    ProjectRead,
    ProjectUpdate,
    ColumnManage,
    TaskCreate,
    TaskRead,
    TaskUpdate,
    TaskDelete,
    LabelManage,
}

/// Who beyond the roles of a row may do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Also {
    Nobody,
    /// An assignee of the task, whatever the role.
    Assignee,
    /// The creator of the task, whatever the role.
    Creator,
}

/// The answer of the table to (action, role).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Right {
    Always,
    Never,
    /// Only where the caller is what [`Also`] names.
    If(Also),
}

/// The table: action, owner, admin, member, viewer, and who else.
pub const TABLE: [(Action, [bool; 4], Also); 13] = {
    use Action::*;
    const Y: bool = true;
    const N: bool = false;
    [
        //                 owner admin member viewer
        (WorkspaceRead, [Y, Y, Y, Y], Also::Nobody),
        (WorkspaceUpdate, [Y, N, N, N], Also::Nobody),
        (MemberManage, [Y, Y, N, N], Also::Nobody),
        (OwnerManage, [Y, N, N, N], Also::Nobody),
        (ProjectCreate, [Y, Y, Y, N], Also::Nobody),
        (ProjectRead, [Y, Y, Y, Y], Also::Nobody),
        (ProjectUpdate, [Y, Y, N, N], Also::Nobody),
        (ColumnManage, [Y, Y, N, N], Also::Nobody),
        (TaskCreate, [Y, Y, Y, N], Also::Nobody),
        (TaskRead, [Y, Y, Y, Y], Also::Nobody),
        (TaskUpdate, [Y, Y, Y, N], Also::Assignee),
        (TaskDelete, [Y, Y, N, N], Also::Creator),
        (LabelManage, [Y, Y, Y, N], Also::Nobody),
    ]
};

/// What `role` may do, by the table.
pub fn right(action: Action, role: Role) -> Right {
    let Some((_, roles, also)) = TABLE.iter().find(|row| row.0 == action) else { return Right::Never };
    match (roles[role as usize], also) {
        (true, _) => Right::Always,
        (false, Also::Nobody) => Right::Never,
        (false, also) => Right::If(*also),
    }
}

/// Whether `role` alone allows it, without a look at any one task.
pub fn allows(action: Action, role: Role) -> bool {
    right(action, role) == Right::Always
}

/// Who belongs to a workspace, and which labels its projects have, as of one moment.
///
/// Never changed, only replaced: an op is judged by the newest one at hand when it reaches its board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    pub workspace_id: WorkspaceId,
    /// Grows with every change of members or labels.
    pub version: i64,
    pub members: HashMap<UserId, Role>,
    pub labels: HashSet<(ProjectId, LabelId)>,
}

impl Access {
    pub fn role(&self, user: UserId) -> Option<Role> {
        self.members.get(&user).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `domain.md` section 6, cell by cell: `y` always, `-` never, `a` an assignee, `c` the creator.
    #[test]
    fn every_cell_of_the_matrix() {
        let matrix = [
            (Action::WorkspaceRead, "yyyy"),
            (Action::WorkspaceUpdate, "y---"),
            (Action::MemberManage, "yy--"),
            (Action::OwnerManage, "y---"),
            (Action::ProjectCreate, "yyy-"),
            (Action::ProjectRead, "yyyy"),
            (Action::ProjectUpdate, "yy--"),
            (Action::ColumnManage, "yy--"),
            (Action::TaskCreate, "yyy-"),
            (Action::TaskRead, "yyyy"),
            (Action::TaskUpdate, "yyya"),
            (Action::TaskDelete, "yycc"),
            (Action::LabelManage, "yyy-"),
        ];
        assert_eq!(matrix.len(), TABLE.len());
        for (action, cells) in matrix {
            for (role, cell) in Role::ALL.into_iter().zip(cells.chars()) {
                let expected = match cell {
                    'y' => Right::Always,
                    'a' => Right::If(Also::Assignee),
                    'c' => Right::If(Also::Creator),
                    _ => Right::Never,
                };
                assert_eq!(right(action, role), expected, "{action:?} {role}");
            }
        }
    }
}
