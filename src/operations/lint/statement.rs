//! What the rules ask of a statement, and where a statement breaks one.

use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{self, Stmt};

/// A broken rule.
pub(super) struct Violation {
    /// The name of the rule.
    pub(super) rule: &'static str,
    /// Where the statement begins, in bytes.
    pub(super) offset: usize,
    /// What is unsafe.
    pub(super) message: String,
    /// What to write instead.
    pub(super) advice: &'static str,
}

/// The table that the statement creates.
pub(super) fn created_table(statement: &Stmt) -> Option<String> {
    let table = match statement {
        Stmt::CreateTable(create) => create.table_name(),
        Stmt::CreateTableAs(create) => create.table_name(),
        _ => None,
    };
    Some(table?.path()?.segment()?.text())
}

/// The table that an update or a deletion writes.
pub(super) fn written(relation: Option<ast::RelationName>) -> Option<String> {
    name(relation?.relation_name_ref()?.path_ref()?)
}

/// The last part of a name.
pub(super) fn name(path: ast::PathRef) -> Option<String> {
    Some(path.segment()?.text())
}

/// The tokens of a statement without comments and blanks, in lower case.
pub(super) fn words(node: &SyntaxNode) -> impl Iterator<Item = String> {
    node.descendants_with_tokens()
        .filter_map(|element| element.into_token())
        .filter(|token| !token.kind().is_trivia())
        .map(|token| token.text().to_lowercase())
}

/// Where the first token of a node begins.
pub(super) fn offset(node: &SyntaxNode) -> usize {
    let first = node
        .children_with_tokens()
        .find(|element| !element.kind().is_trivia());
    let range = first.map_or_else(|| node.text_range(), |element| element.text_range());
    range.start().into()
}
