//! The commands that the report names as remedies.

use chrono::{DateTime, Utc};

/// Writes commands for one database.
pub(super) struct Commands {
    /// Whether the database is that of `PROD_CONNECTION_URL`.
    pub(super) is_prod: bool,
    /// Whether the server is one of Amazon RDS, where settings are those of a parameter group.
    pub(super) is_rds: bool,
}

impl Commands {
    /// Runs a statement.
    pub(super) fn sql(&self, statement: &str) -> String {
        let prod = self.prod();
        let quoted = statement.replace('\'', r"'\''");
        format!("cruddur db connect{prod} -- -c '{quoted}'")
    }

    /// Changes a setting that the server reads without a restart.
    pub(super) fn set(&self, name: &str, value: &str) -> String {
        match self.is_rds {
            true => parameter_group(name, value, "immediate"),
            false => {
                self.sql(&format!("alter system set {name} = '{value}'"))
                    + " -c 'select pg_reload_conf()'"
            }
        }
    }

    /// Changes a setting that the server reads when it starts.
    pub(super) fn set_at_start(&self, name: &str, value: &str) -> String {
        match self.is_rds {
            true => parameter_group(name, value, "pending-reboot"),
            false => {
                self.sql(&format!("alter system set {name} = '{value}'"))
                    + "  # then restart PostgreSQL"
            }
        }
    }

    /// Lists the sessions in a state.
    pub(super) fn list_sessions(&self, state: &str) -> String {
        format!("cruddur db sessions{} --state '{state}'", self.prod())
    }

    /// Ends a session, unless its process id is another one's by then.
    pub(super) fn terminate(&self, pid: i32, backend_start: Option<DateTime<Utc>>) -> String {
        let prod = self.prod();
        let start = backend_start.map_or_else(String::new, |start| {
            format!(
                " --backend-start {}",
                start.format("%Y-%m-%dT%H:%M:%S%.6fZ")
            )
        });
        format!("cruddur db terminate{prod} {pid}{start}")
    }

    fn prod(&self) -> &'static str {
        match self.is_prod {
            true => " --prod",
            false => "",
        }
    }
}

fn parameter_group(name: &str, value: &str, when: &str) -> String {
    format!(
        "aws rds modify-db-parameter-group --db-parameter-group-name GROUP \
         --parameters ParameterName={name},ParameterValue={value},ApplyMethod={when}"
    )
}

/// A value as a literal of SQL.
pub(super) fn literal(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}
