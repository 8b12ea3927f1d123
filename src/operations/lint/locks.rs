//! The rule that no statement takes as long as a table is large while its file holds a lock.

use std::collections::BTreeSet;

use squawk_syntax::SourceFile;
use squawk_syntax::ast::{self, AstNode, Stmt};

use super::statement::{Violation, name, offset, words, written};

/// Statements that take as long as a table is large, while the file holds a lock that requests wait for.
pub(super) fn check(file: &SourceFile, created: &BTreeSet<String>, found: &mut Vec<Violation>) {
    let mut locked = None;
    for statement in file.stmts() {
        if let Some(table) = &locked
            && is_bulk(&statement, created)
        {
            found.push(Violation {
                rule: "data-under-lock",
                offset: offset(statement.syntax()),
                message: format!(
                    "this may take long, and the file has locked {table} until its end"
                ),
                advice: "Move rows in a file of their own.",
            });
        }
        locked = locked.or_else(|| locked_table(&statement, created));
    }
}

/// The existing table that the statement locks against writes until the end of the file.
fn locked_table(statement: &Stmt, created: &BTreeSet<String>) -> Option<String> {
    let table = match statement {
        Stmt::AlterTable(alter) => {
            let is_weak = |action| matches!(action, ast::AlterTableAction::ValidateConstraint(_));
            if alter.actions().all(is_weak) {
                return None;
            }
            name(alter.table_relation_name()?.table_name_ref()?.path_ref()?)
        }
        Stmt::CreateIndex(create) if create.concurrently_token().is_none() => {
            name(create.table_relation_name()?.table_name_ref()?.path_ref()?)
        }
        Stmt::CreateTrigger(create) => name(create.on_relation()?.relation_name_ref()?.path_ref()?),
        Stmt::Lock(lock) => Some(
            lock.relation_list()?
                .syntax()
                .text()
                .to_string()
                .trim()
                .to_owned(),
        ),
        Stmt::CreateTable(create) => {
            let referenced = create
                .syntax()
                .descendants()
                .filter_map(ast::Constraint::cast);
            return referenced
                .filter_map(|constraint| match constraint {
                    ast::Constraint::ForeignKeyConstraint(key) => key.table_name_ref(),
                    ast::Constraint::ReferencesConstraint(key) => key.table(),
                    _ => None,
                })
                .filter_map(|table| name(table.path_ref()?))
                .find(|table| !created.contains(table));
        }
        _ => None,
    };
    table.filter(|table| !created.contains(table))
}

/// Whether the statement reads or writes as many rows as there are.
fn is_bulk(statement: &Stmt, created: &BTreeSet<String>) -> bool {
    let is_old = |table: Option<String>| table.is_none_or(|table| !created.contains(&table));
    match statement {
        Stmt::Do(_) | Stmt::Refresh(_) | Stmt::CreateTableAs(_) => true,
        Stmt::Insert(insert) => words(insert.syntax()).any(|word| word == "from"),
        Stmt::Update(update) => is_old(written(update.relation_name())),
        Stmt::Delete(delete) => is_old(written(delete.relation_name())),
        _ => false,
    }
}
