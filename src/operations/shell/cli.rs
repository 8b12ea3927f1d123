//! `cruddur db connect`.

use crate::config::Settings;
use crate::error::Result;
use crate::operations::command_context::{CommandContext, DatabaseArguments};

/// Open psql on the database.
#[derive(clap::Args)]
pub struct ConnectArguments {
    #[command(flatten)]
    database: DatabaseArguments,
    /// Arguments for psql, after `--`.
    #[arg(last = true, value_name = "PSQL_ARGUMENT")]
    arguments: Vec<String>,
}

impl ConnectArguments {
    pub(in crate::operations) async fn run(self, settings: Settings) -> Result<()> {
        let context = CommandContext::open(&self.database, settings).await?;
        context.output.heading("db-connect");
        super::open(&context.config, &context.connector, &self.arguments).await
    }
}
