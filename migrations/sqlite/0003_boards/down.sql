drop table op_log;
drop table task_labels;
drop table task_assignees;
drop table tasks;
drop table columns;
drop table heads;
drop table boards;
