//! `cruddur db …`: one call for each arm.

use clap::Subcommand;

use super::print;
use super::target::{DatabaseArguments, Target};
use crate::config::Settings;
use crate::error::Result;
use crate::ops::{guard, migrations, seeds};

#[derive(Subcommand)]
pub enum DbCommand {
    /// Apply the pending migrations.
    Migrate {
        #[command(flatten)]
        database: DatabaseArguments,
        /// Only say what is pending.
        #[arg(long)]
        dry_run: bool,
        /// The last version to apply.
        #[arg(long, value_name = "VERSION")]
        target: Option<i32>,
        #[command(flatten)]
        expired: ExpiredArguments,
    },
    /// Show which migrations are applied.
    Status {
        #[command(flatten)]
        database: DatabaseArguments,
    },
    /// Load a set of example data.
    Seed {
        #[command(flatten)]
        database: DatabaseArguments,
        #[command(flatten)]
        guard: GuardArguments,
        #[arg(default_value = seeds::DEMO)]
        set: String,
    },
}

/// What a guard asks for.
#[derive(clap::Args)]
pub struct GuardArguments {
    /// Repeat the database's name, where it is not stamped `development`.
    #[arg(long, value_name = "DATABASE_NAME")]
    confirm: Option<String>,
}

#[derive(clap::Args)]
pub struct ExpiredArguments {
    /// Carry the prototype's expired activities over, without an expiry.
    #[arg(long, conflicts_with = "purge_expired")]
    keep_expired: bool,
    /// Leave the prototype's expired activities behind.
    #[arg(long)]
    purge_expired: bool,
}

impl ExpiredArguments {
    fn choice(&self) -> Option<migrations::Expired> {
        match (self.keep_expired, self.purge_expired) {
            (true, _) => Some(migrations::Expired::Keep),
            (_, true) => Some(migrations::Expired::Purge),
            _ => None,
        }
    }
}

pub async fn run(command: DbCommand, settings: Settings) -> Result<()> {
    match command {
        DbCommand::Migrate {
            database,
            dry_run,
            target,
            expired,
        } => {
            let on = Target::open(&database, settings)?;
            let options = migrations::Options {
                environment: on.config.environment,
                dry_run,
                target,
                expired: expired.choice(),
            };
            on.voice.step("db-migrate");
            let report = migrations::migrate(&on.connector, &options).await?;
            on.voice.say(&report, print::migrations)
        }
        DbCommand::Status { database } => {
            let on = Target::open(&database, settings)?;
            let report = migrations::status(&on.connector).await?;
            on.voice.say(&report, print::migrations)
        }
        DbCommand::Seed {
            database,
            guard,
            set,
        } => {
            let on = Target::open(&database, settings)?;
            on.voice.step("db-seed");
            guard::permit(&on.connector, "seed", guard.confirm.as_deref()).await?;
            let report = seeds::load(&on.connector, &set).await?;
            on.voice.say(&report, print::seeds)
        }
    }
}
