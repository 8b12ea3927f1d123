//! Whether the account may read what the other parts need.

use super::super::commands::Commands;
use super::super::report::{Line, Section};
use super::super::server::Server;
use crate::operations::verdict::Verdict;

/// Without `pg_monitor`, sessions and statements of other accounts are hidden, and settings are missing.
pub(in super::super) fn judge(server: &Server, commands: &Commands) -> Section {
    let account = &server.account;
    let line = match server.may_monitor {
        true => Line::fine(account, "may read all statistics"),
        false => Line::judged(
            account,
            "may not read the statistics of other accounts: the report is incomplete",
            Verdict::Look,
            commands.sql(&format!("grant pg_monitor to {account}")),
        ),
    };
    Section::of("account", vec![line])
}
