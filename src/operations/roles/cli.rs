//! `cruddur db grant`.

use super::{Program, RoleReport, SignIn};
use crate::config::Settings;
use crate::error::Result;
use crate::operations::command_context::{CommandContext, DatabaseArguments};

/// Create a role of PostgreSQL where it does not exist, and grant it what the server or the Cognito trigger needs.
#[derive(clap::Args)]
pub struct GrantArguments {
    #[command(flatten)]
    database: DatabaseArguments,
    /// The name of the role.
    role: String,
    /// The program that signs in with it.
    #[arg(long = "for", value_enum, value_name = "PROGRAM")]
    program: Program,
    /// Let the role sign in with tokens of AWS IAM, on Amazon RDS.
    #[arg(long)]
    iam: bool,
}

impl GrantArguments {
    pub(in crate::operations) async fn run(self, settings: Settings) -> Result<()> {
        let context = CommandContext::open(&self.database, settings).await?;
        context.output.heading("db-grant");
        let sign_in = if self.iam {
            SignIn::Iam
        } else {
            SignIn::Unchanged
        };
        let report = super::grant(&context.connector, &self.role, self.program, sign_in).await?;
        context.output.report(&report, describe)
    }
}

/// The statements, as an operator would type them.
fn describe(report: &RoleReport) -> Vec<String> {
    let statements = report.statements.iter();
    statements
        .map(|statement| format!("{statement};"))
        .collect()
}
