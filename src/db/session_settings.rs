//! The settings of a session: sent as start-up options where the server applies those, else set in each transaction. A
//! setting of a whole session would stay behind in a pooler, which gives the same session to other clients.

/// Names and values of PostgreSQL's settings, for one kind of connection.
#[derive(Debug, Clone, Default)]
pub(super) struct SessionSettings {
    /// Those that a transaction can set, too.
    of_statements: Vec<(&'static str, String)>,
    /// Those of the network connection, which is the pooler's where there is one.
    of_connection: Vec<(&'static str, String)>,
}

/// The setting that shows whether the server applied the start-up options. Any server accepts a name with a dot.
pub(super) const MARKER: &str = "cruddur.options";
/// Begins a transaction at the isolation level that the statements were written for, whatever the default of the database
/// or of the account. At another one, a statement would not see what others have committed since the transaction began.
pub(super) const BEGIN: &str = "begin isolation level read committed";

impl SessionSettings {
    pub(super) fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.of_statements.push((name, value.to_string()));
        self
    }

    pub(super) fn with_network(mut self, name: &'static str, value: impl ToString) -> Self {
        self.of_connection.push((name, value.to_string()));
        self
    }

    /// The value of `options` in the start-up message, after those of the URL.
    pub(super) fn options(&self, of_url: Option<&str>) -> String {
        let mut options = of_url.unwrap_or_default().to_owned();
        let marker = (MARKER, "on".to_owned());
        let all = self.of_statements.iter().chain(&self.of_connection);
        for (name, value) in all.chain(std::iter::once(&marker)) {
            let value = value.replace('\\', "\\\\").replace(' ', "\\ ");
            options.push_str(&format!(" -c {name}={value}"));
        }
        options.trim_start().to_owned()
    }

    /// Statements that begin a transaction with these settings.
    pub(super) fn begin(&self) -> String {
        // A standby refuses it.
        let mut begin = format!("{BEGIN} read write");
        for (name, value) in &self.of_statements {
            begin.push_str(&format!("; set local {name} = '{value}'"));
        }
        begin
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_settings_are_options_of_a_session_or_of_a_transaction() {
        let settings = SessionSettings::default()
            .with("jit", "off")
            .with("default_transaction_isolation", "read committed")
            .with_network("tcp_keepalives_idle", 10);
        assert_eq!(
            settings.options(Some("-c work_mem=8MB")),
            "-c work_mem=8MB -c jit=off -c default_transaction_isolation=read\\ committed \
             -c tcp_keepalives_idle=10 -c cruddur.options=on"
        );
        assert_eq!(
            settings.begin(),
            "begin isolation level read committed read write; set local jit = 'off'; \
             set local default_transaction_isolation = 'read committed'"
        );
    }
}
