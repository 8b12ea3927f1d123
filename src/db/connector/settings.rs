//! The settings of each kind of connection.

use std::sync::Arc;
use std::time::Duration;

use super::Connector;
use crate::db::pooler::Pooler;
use crate::db::session_settings::SessionSettings;

/// Shorter than the deadline of a request, so that the server cancels the statement first.
pub(in crate::db) const STATEMENT_TIMEOUT: Duration = Duration::from_millis(2_500);
/// The server ends a session that is idle in a transaction for longer.
const IDLE_IN_TRANSACTION_TIMEOUT: Duration = Duration::from_secs(5);

impl Connector {
    /// This connector for requests: the server cancels a statement after [`STATEMENT_TIMEOUT`], runs each statement at the
    /// isolation level that it was written for, whatever the default of the database or of the account, and does not use
    /// JIT compilation, which takes longer than reading a page.
    pub(in crate::db) fn for_requests(&self) -> Self {
        self.for_server().with_settings(|settings| {
            settings
                .with("statement_timeout", STATEMENT_TIMEOUT.as_millis())
                .with(
                    "idle_in_transaction_session_timeout",
                    IDLE_IN_TRANSACTION_TIMEOUT.as_millis(),
                )
                .with("default_transaction_isolation", "read committed")
                .with("jit", "off")
        })
    }

    /// This connector for statements whose best plan does not depend on their parameters: planning them each time
    /// costs more than running them. Sequential scans are off, because a cached plan from the time when the tables
    /// were small would scan them for up to a minute while they grow.
    pub(in crate::db) fn with_generic_plans(self) -> Self {
        self.with_settings(|settings| settings.with("plan_cache_mode", "force_generic_plan"))
            .without_sequential_scans()
    }

    /// This connector for statements that must not scan a table, even if PostgreSQL keeps a plan from when it was empty.
    pub(in crate::db) fn without_sequential_scans(self) -> Self {
        self.with_settings(|settings| settings.with("enable_seqscan", "off"))
    }

    /// This connector for reports, each of whose statements PostgreSQL cancels after `timeout`. A pooler does not pass
    /// the limit on; then the caller's own limit counts.
    pub fn for_reports(&self, timeout: Duration) -> Self {
        self.clone()
            .with_settings(|settings| settings.with("statement_timeout", timeout.as_millis()))
    }

    /// This connector, with settings that each transaction sets, for connections that work of several kinds shares.
    pub(in crate::db) fn with_settings_in_transactions(self) -> Self {
        Self {
            begins_always: true,
            ..self
        }
    }

    pub(super) fn with_settings(
        mut self,
        add: impl FnOnce(SessionSettings) -> SessionSettings,
    ) -> Self {
        self.settings = add(self.settings);
        self.begin = self.settings.begin().into();
        self
    }

    /// The statements that begin a transaction with the settings of this connector, where the session does not have them.
    pub(in crate::db) fn begin(&self) -> Option<Arc<str>> {
        (self.begins_always || self.pooler.is_found()).then(|| self.begin.clone())
    }

    /// The pooler in front of the database, if a connection has found one.
    pub fn pooler(&self) -> Option<Pooler> {
        self.pooler.find()
    }
}
