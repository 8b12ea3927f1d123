//! What came of work on a database, and how far it is.
#![expect(clippy::print_stdout, reason = "this is the command line's voice")]

use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

use crate::ops::backup::{BackupReport, Progress, RestoreReport};
use crate::ops::database::{CreateReport, DropReport, SetupReport};
use crate::ops::{migrations, seeds};

pub fn created(report: &CreateReport) {
    match report.created {
        true => println!("created {}", report.database),
        false => println!("{} is there already", report.database),
    }
}

pub fn dropped(report: &DropReport) {
    match report.dropped {
        true => println!("dropped {}", report.database),
        false => println!("there is no {}", report.database),
    }
}

pub fn set_up(report: &SetupReport) {
    dropped(&report.drop);
    created(&report.create);
    migrations(&report.migrations);
    seeds(&report.seeds);
}

pub fn backed_up(report: &BackupReport) {
    println!(
        "wrote {} to {} ({})",
        report.database,
        report.file.display(),
        HumanBytes(report.bytes)
    );
}

pub fn restored(report: &RestoreReport) {
    let stamp = report
        .environment
        .map_or_else(|| "not stamped".to_owned(), |stamp| stamp.to_string());
    println!(
        "restored {} from {}: {} objects ({stamp})",
        report.database,
        report.file.display(),
        report.objects
    );
}

/// On a terminal, how far a backup or a restore is; elsewhere nothing.
pub struct Meter(ProgressBar);

impl Meter {
    pub fn start() -> Self {
        let bar = ProgressBar::new_spinner();
        let line = ProgressStyle::with_template("{spinner} {elapsed} {prefix} {wide_msg}");
        bar.set_style(line.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        bar.enable_steady_tick(std::time::Duration::from_millis(100));
        Self(bar)
    }

    pub fn show(&self, progress: Progress<'_>) {
        match progress {
            Progress::Doing(what) => {
                let what = what.split_once(": ").map_or(what, |(_program, what)| what);
                self.0.set_message(what.to_owned());
            }
            Progress::Written(bytes) => self.0.set_prefix(HumanBytes(bytes).to_string()),
            Progress::Restored(done, all) => self.0.set_prefix(format!("{done}/{all}")),
        }
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

pub fn migrations(report: &migrations::MigrationReport) {
    let environment = report
        .environment
        .map_or_else(|| "not stamped yet".to_owned(), |stamp| stamp.to_string());
    println!("database {} ({environment})", report.database);
    for migration in &report.migrations {
        let state = match &migration.applied_on {
            _ if migration.diverged => "DIVERGED: applied with another text".to_owned(),
            _ if migration.needs_repair => "needs repair: applied with an earlier text".to_owned(),
            None => "pending".to_owned(),
            Some(_) if report.repaired_now.contains(&migration.version) => {
                "repaired now: had been applied with an earlier text".to_owned()
            }
            Some(_) if report.applied_now.contains(&migration.version) => "applied now".to_owned(),
            Some(time) => format!("applied {time}"),
        };
        println!("  V{}  {:32} {state}", migration.version, migration.name);
    }
    for count in &report.takeover {
        println!("  prototype: {:28} {}", count.outcome, count.rows);
    }
}

pub fn seeds(report: &seeds::Report) {
    println!(
        "loaded {} into {}: {}",
        report.set,
        report.database,
        report.files.join(", ")
    );
}
