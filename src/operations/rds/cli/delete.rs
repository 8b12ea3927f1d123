//! `cruddur rds delete`.

use clap::Args;

use super::WaitArguments;
use crate::aws::{DbInstance, Instances};
use crate::error::Result;
use crate::operations::rds::{DeletionReport, FinalSnapshot, delete, wait_until_gone};
use crate::operations::terminal::{Output, ProgressSpinner};

/// Delete an instance, with a final snapshot.
#[derive(Args)]
pub struct DeleteArguments {
    #[command(flatten)]
    pub(super) wait: WaitArguments,
    /// The name of the instance, repeated: without it nothing is deleted.
    #[arg(long, value_name = "NAME")]
    confirm: Option<String>,
    /// The name of the final snapshot [default: the instance's name and the time].
    #[arg(long, value_name = "NAME", conflicts_with = "skip_final_snapshot")]
    final_db_snapshot_identifier: Option<String>,
    /// Take no final snapshot: the data is lost.
    #[arg(long)]
    skip_final_snapshot: bool,
}

impl DeleteArguments {
    pub(super) async fn run(self, instances: &Instances, output: Output) -> Result<()> {
        let snapshot = match (self.final_db_snapshot_identifier, self.skip_final_snapshot) {
            (Some(name), _) => FinalSnapshot::Named(name),
            (None, true) => FinalSnapshot::Skipped,
            (None, false) => FinalSnapshot::Generated,
        };
        let identifier = &self.wait.instance.db_instance_identifier;
        let mut report = delete(instances, identifier, self.confirm.as_deref(), snapshot).await?;
        if self.wait.wait {
            let mut spinner = ProgressSpinner::start();
            let observe = |found: &DbInstance| spinner.show(&found.identifier, &found.status);
            wait_until_gone(instances, identifier, observe).await?;
            "deleted".clone_into(&mut report.status);
        }
        output.report(&report, describe)
    }
}

fn describe(report: &DeletionReport) -> Vec<String> {
    let snapshot = match &report.final_snapshot {
        Some(name) => format!("snapshot        {name}, which RDS keeps until you delete it"),
        None => "snapshot        none".to_owned(),
    };
    vec![
        format!("instance        {}", report.identifier),
        format!("status          {}", report.status),
        snapshot,
    ]
}
