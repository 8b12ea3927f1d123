//! The rules that Squawk does not have.

use std::collections::BTreeSet;

use squawk_syntax::SourceFile;
use squawk_syntax::ast::{self, AstNode, Stmt};

use super::locks;
use super::statement::{Violation, created_table, offset, words, written};
use crate::operations::migrations::head::Head;

/// A table of one row, which a migration that contracts the schema updates.
const ONE_ROW: &str = "needed_release";

/// Every line of the file that breaks one of these rules.
pub(super) fn check(file: &SourceFile, text: &str, head: &Head) -> Vec<Violation> {
    let created: BTreeSet<String> = file.stmts().filter_map(|it| created_table(&it)).collect();
    let mut found = Vec::new();
    if !head.has_comment {
        found.push(Violation {
            rule: "head-comment",
            offset: 0,
            message: "the file does not say what it is for".to_owned(),
            advice: "Begin it with a comment.",
        });
    }
    if let Some(offset) = text.find("squawk-ignore") {
        found.push(Violation {
            rule: "squawk-comment",
            offset,
            message: "exceptions have one form here, with a reason".to_owned(),
            advice: "Write `-- cruddur: allow RULE: reason` at the head of the file.",
        });
    }
    check_transaction(file, head, &mut found);
    locks::check(file, &created, &mut found);
    for statement in file.stmts() {
        check_statement(&statement, &created, &mut found);
    }
    for constraint in file
        .syntax()
        .descendants()
        .filter_map(ast::Constraint::cast)
    {
        if !is_named(&constraint) {
            found.push(Violation {
                rule: "unnamed-constraint",
                offset: offset(constraint.syntax()),
                message: "PostgreSQL chooses the name of this constraint".to_owned(),
                advice: "Name it `<table>_<columns>_<kind>`: the program knows constraints by their names.",
            });
        }
    }
    found
}

/// Only some statements run outside a transaction, alone in their file, and `db migrate` repairs what an interrupted run
/// of them leaves.
fn check_transaction(file: &SourceFile, head: &Head, found: &mut Vec<Violation>) {
    let mut add = |offset, message: &str, advice| {
        found.push(Violation {
            rule: "no-transaction",
            offset,
            message: message.to_owned(),
            advice,
        });
    };
    let statements: Vec<Stmt> = file.stmts().collect();
    if !head.no_transaction {
        for statement in statements.iter().filter(|it| runs_outside(it)) {
            add(
                offset(statement.syntax()),
                "PostgreSQL does not run this statement in a transaction",
                "Give it a file of its own with `-- cruddur: no transaction` at its head.",
            );
        }
        return;
    }
    match &statements[..] {
        [Stmt::CreateIndex(create)] if create.concurrently_token().is_some() => {
            if create.if_not_exists().is_some() {
                add(
                    offset(create.syntax()),
                    "`if not exists` takes an invalid index, which an interrupted run leaves, for a complete one",
                    "Remove it: `db migrate` drops an invalid index of that name before it tries again.",
                );
            }
        }
        [Stmt::DropIndex(drop)] if drop.concurrently_token().is_some() => {
            if drop.if_exists().is_none() {
                add(
                    offset(drop.syntax()),
                    "a run that was interrupted after the drop cannot be repeated",
                    "Write `drop index concurrently if exists`.",
                );
            }
        }
        [other] => add(
            offset(other.syntax()),
            "the file runs outside a transaction, and nothing repairs what an interrupted run of this statement leaves",
            "Remove `-- cruddur: no transaction`, or use it for `create index concurrently` or `drop index concurrently`.",
        ),
        all => add(
            all.get(1).map_or(0, |second| offset(second.syntax())),
            "a file that runs outside a transaction has one statement, so that it is done or not done",
            "Give each statement a file of its own.",
        ),
    }
}

fn runs_outside(statement: &Stmt) -> bool {
    match statement {
        Stmt::CreateIndex(create) => create.concurrently_token().is_some(),
        Stmt::DropIndex(drop) => drop.concurrently_token().is_some(),
        Stmt::Vacuum(_)
        | Stmt::AlterSystem(_)
        | Stmt::CreateDatabase(_)
        | Stmt::DropDatabase(_)
        | Stmt::CreateTablespace(_)
        | Stmt::DropTablespace(_) => true,
        Stmt::Reindex(_) | Stmt::AlterTable(_) => {
            words(statement.syntax()).any(|w| w == "concurrently")
        }
        _ => false,
    }
}

fn check_statement(statement: &Stmt, created: &BTreeSet<String>, found: &mut Vec<Violation>) {
    let is_old = |table: Option<String>| {
        table.is_none_or(|table| !created.contains(&table) && table != ONE_ROW)
    };
    let (rule, message, advice) = match statement {
        Stmt::Do(_) => (
            "do-block",
            "no rule looks into a block",
            "Write plain statements, or say in an exception why the block is safe.",
        ),
        Stmt::Update(update)
            if update.where_clause_or_current_of().is_none()
                && is_old(written(update.relation_name())) =>
        {
            (
                "whole-table-write",
                "this writes every row in one transaction: requests wait for the rows, and the table doubles",
                "Write in portions, with a task of the program.",
            )
        }
        Stmt::Delete(delete)
            if delete.where_clause_or_current_of().is_none()
                && is_old(written(delete.relation_name())) =>
        {
            (
                "whole-table-write",
                "this deletes every row in one transaction, and requests wait for the rows",
                "Delete in portions, with a task of the program.",
            )
        }
        Stmt::Truncate(_) => (
            "truncate",
            "this deletes every row, and blocks reads until the end of the file",
            "Stop using the table in one release, and drop it in the next one.",
        ),
        Stmt::Lock(_) => (
            "table-lock",
            "requests wait for this lock until the end of the file",
            "Find a statement that needs no lock of the whole table.",
        ),
        Stmt::Set(_) | Stmt::Select(_)
            if words(statement.syntax())
                .any(|w| w.contains("lock_timeout") || w.contains("statement_timeout")) =>
        {
            (
                "own-time-out",
                "`db migrate` sets the time-outs, and tries again where a lock is not free",
                "Remove the statement.",
            )
        }
        Stmt::Grant(_)
        | Stmt::Revoke(_)
        | Stmt::CreateRole(_)
        | Stmt::AlterRole(_)
        | Stmt::SetRole(_)
        | Stmt::CreateSchema(_) => (
            "role-or-schema",
            "schemas, owners and roles differ between databases",
            "Leave them to the operator: the search path decides.",
        ),
        Stmt::CreateIndex(create) if create.index().is_none() => (
            "unnamed-index",
            "PostgreSQL chooses the name of this index",
            "Name it `<table>_<columns>_idx`.",
        ),
        Stmt::Cluster(_) => REWRITE,
        Stmt::AlterTable(alter) if alter.actions().any(|action| rewrites(&action)) => REWRITE,
        _ => return,
    };
    found.push(Violation {
        rule,
        offset: offset(statement.syntax()),
        message: message.to_owned(),
        advice,
    });
}

const REWRITE: (&str, &str, &str) = (
    "table-rewrite",
    "this writes the whole table anew, and blocks reads meanwhile",
    "Make a new table, and move the rows with a task of the program.",
);

fn rewrites(action: &ast::AlterTableAction) -> bool {
    use ast::AlterTableAction as Action;
    matches!(
        action,
        Action::SetLogged(_)
            | Action::SetUnlogged(_)
            | Action::SetTablespace(_)
            | Action::SetAccessMethod(_)
    )
}

fn is_named(constraint: &ast::Constraint) -> bool {
    let clause = match constraint {
        ast::Constraint::CheckConstraint(it) => it.constraint_name_clause(),
        ast::Constraint::UniqueConstraint(it) => it.constraint_name_clause(),
        ast::Constraint::PrimaryKeyConstraint(it) => it.constraint_name_clause(),
        ast::Constraint::ReferencesConstraint(it) => it.constraint_name_clause(),
        ast::Constraint::ForeignKeyConstraint(it) => it.constraint_name_clause(),
        ast::Constraint::ExcludeConstraint(it) => it.constraint_name_clause(),
        _ => return true,
    };
    clause.is_some()
}
