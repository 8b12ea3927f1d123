//! `cruddur users …`: one call for each arm.

use clap::Subcommand;
use indicatif::ProgressBar;

use super::print;
use super::target::{DatabaseArguments, Target};
use crate::config::{IdentityConfig, Settings};
use crate::db::{Health, Pool};
use crate::error::Result;
use crate::ops::users;

#[derive(Subcommand)]
pub enum UsersCommand {
    /// Make a row for everybody in the Cognito user pool who has none here.
    Sync {
        #[command(flatten)]
        database: DatabaseArguments,
        /// Only say what would be done.
        #[arg(long)]
        dry_run: bool,
    },
}

pub async fn run(command: UsersCommand, mut settings: Settings) -> Result<()> {
    let UsersCommand::Sync { database, dry_run } = command;
    let identity = IdentityConfig::read(&mut settings);
    let on = Target::open(&database, settings)?;
    on.voice.step("users-sync");
    let pool = Pool::new(&on.connector, 1, Health::unwatched())?;
    // It shows itself on a terminal only.
    let bar = ProgressBar::new_spinner().with_message("users of the pool seen");
    let options = users::Options { dry_run };
    let progress = |seen: usize| bar.set_message(format!("{seen} users of the pool seen"));
    let report = users::sync(&identity, &pool, &options, progress).await?;
    bar.finish_and_clear();
    on.voice.say(&report, print::users)
}
