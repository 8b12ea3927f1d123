//! `cruddur rds reset-password`.

use clap::Args;

use super::WaitArguments;
use crate::aws::{DbInstance, Instances};
use crate::error::Result;
use crate::operations::rds::{PasswordChange, PasswordReport, reset_password, wait_until_active};
use crate::operations::terminal::{Output, ProgressSpinner};

/// Let AWS generate a new password of the master user and keep it in a secret.
#[derive(Args)]
pub struct ResetPasswordArguments {
    #[command(flatten)]
    pub(super) wait: WaitArguments,
}

impl ResetPasswordArguments {
    pub(super) async fn run(self, instances: &Instances, output: Output) -> Result<()> {
        let identifier = &self.wait.instance.db_instance_identifier;
        let mut report = reset_password(instances, identifier).await?;
        if self.wait.wait {
            let mut spinner = ProgressSpinner::start();
            let observe = |found: &DbInstance| {
                let status = found.secret_status.as_deref().unwrap_or("no secret yet");
                spinner.show(&found.identifier, status);
            };
            let instance = wait_until_active(instances, identifier, observe).await?;
            report.secret = instance.secret;
            report.secret_status = instance.secret_status;
        }
        output.report(&report, describe)
    }
}

fn describe(report: &PasswordReport) -> Vec<String> {
    let change = match report.change {
        PasswordChange::Managed => "AWS generates it and keeps it in a secret from now on",
        PasswordChange::Rotated => "AWS generates a new one in the same secret",
    };
    let mut lines = vec![
        format!("instance        {}", report.identifier),
        format!("password        {change}; the old one stops working"),
    ];
    if let Some(secret) = &report.secret {
        let status = report.secret_status.as_deref().unwrap_or("unknown");
        lines.push(format!("secret          {secret} ({status})"));
        lines.push(format!(
            "to read it      aws secretsmanager get-secret-value --secret-id {secret}"
        ));
    }
    lines
}
