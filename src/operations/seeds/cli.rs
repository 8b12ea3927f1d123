//! `cruddur db seed`.

use super::{DEMO, SeedReport};
use crate::config::Settings;
use crate::error::Result;
use crate::operations::command_context::{CommandContext, ConfirmArguments, DatabaseArguments};

/// Load a set of example data.
#[derive(clap::Args)]
pub struct SeedArguments {
    #[command(flatten)]
    database: DatabaseArguments,
    #[command(flatten)]
    confirm: ConfirmArguments,
    /// The name of the seed set.
    #[arg(default_value = DEMO)]
    set: String,
}

impl SeedArguments {
    pub(in crate::operations) async fn run(self, settings: Settings) -> Result<()> {
        let context = CommandContext::open(&self.database, settings).await?;
        context.output.heading("db-seed");
        let confirm = self.confirm.confirm.as_deref();
        let report = super::load(&context.connector, &self.set, confirm).await?;
        context.output.report(&report, describe)
    }
}

/// One line: the set, the database and the files.
pub(in crate::operations) fn describe(report: &SeedReport) -> Vec<String> {
    let files = report.files.join(", ");
    vec![format!(
        "loaded {} into {}: {files}",
        report.set, report.database
    )]
}
