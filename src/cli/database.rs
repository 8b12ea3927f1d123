//! `cruddur db …`: one call for each arm.

use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Utc};
use clap::Subcommand;

use super::print::{self, Meter};
use super::target::{DatabaseArguments, Target};
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::ops::database::{self, Place, SetupOptions};
use crate::ops::sessions::{self, Filter, Outcome, SignalReport};
use crate::ops::{backup, migrations, seeds, shell};

#[derive(Subcommand)]
pub enum DbCommand {
    /// Open psql on the database.
    Connect {
        #[command(flatten)]
        database: DatabaseArguments,
        /// For psql, after `--`.
        #[arg(last = true, value_name = "PSQL_ARGUMENT")]
        arguments: Vec<String>,
    },
    /// Make the database; one that is there is left alone.
    Create {
        #[command(flatten)]
        database: DatabaseArguments,
    },
    /// Drop the database, whoever is connected to it.
    Drop {
        #[command(flatten)]
        database: DatabaseArguments,
        #[command(flatten)]
        guard: GuardArguments,
    },
    /// Drop, create, migrate and seed.
    Setup {
        #[command(flatten)]
        database: DatabaseArguments,
        #[command(flatten)]
        guard: GuardArguments,
    },
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
    /// Write the database to a file.
    Backup {
        #[command(flatten)]
        database: DatabaseArguments,
        file: PathBuf,
    },
    /// Replace the database's contents by those of a backup.
    Restore {
        #[command(flatten)]
        database: DatabaseArguments,
        #[command(flatten)]
        guard: GuardArguments,
        file: PathBuf,
    },
    /// Show who is connected, what they do and who waits for whom.
    Sessions {
        #[command(flatten)]
        database: DatabaseArguments,
        /// Only those in this state: active, idle, "idle in transaction".
        #[arg(long)]
        state: Option<String>,
        /// Only those in their state for so long: 90s, 5m, 2h.
        #[arg(long, value_name = "AGE", default_value = "0", value_parser = sessions::parse_age)]
        min_age: Duration,
    },
    /// End the statement that a session is running.
    Cancel {
        #[command(flatten)]
        database: DatabaseArguments,
        #[command(flatten)]
        session: SessionArguments,
    },
    /// End a session.
    Terminate {
        #[command(flatten)]
        database: DatabaseArguments,
        #[command(flatten)]
        session: SessionArguments,
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
pub struct SessionArguments {
    /// The session's process_id.
    pid: i32,
    /// The session's backend_start: another process with that pid is left alone.
    #[arg(long, value_name = "TIME")]
    backend_start: Option<DateTime<Utc>>,
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

impl DbCommand {
    fn database(&self) -> &DatabaseArguments {
        match self {
            Self::Connect { database, .. }
            | Self::Create { database }
            | Self::Drop { database, .. }
            | Self::Setup { database, .. }
            | Self::Migrate { database, .. }
            | Self::Status { database }
            | Self::Seed { database, .. }
            | Self::Backup { database, .. }
            | Self::Restore { database, .. }
            | Self::Sessions { database, .. }
            | Self::Cancel { database, .. }
            | Self::Terminate { database, .. } => database,
        }
    }
}

pub async fn run(command: DbCommand, settings: Settings) -> Result<()> {
    let Target {
        config,
        connector,
        voice,
        ..
    } = &Target::open(command.database(), settings)?;
    match command {
        DbCommand::Connect { arguments, .. } => {
            voice.step("db-connect");
            shell::open(config, connector, &arguments).await
        }
        DbCommand::Create { .. } => {
            voice.step("db-create");
            let report = database::create(&Place::of_command(connector)).await?;
            voice.say(&report, print::created)
        }
        DbCommand::Drop { guard, .. } => {
            voice.step("db-drop");
            let place = Place::of_command(connector);
            let report = database::drop(&place, guard.confirm.as_deref()).await?;
            voice.say(&report, print::dropped)
        }
        DbCommand::Setup { guard, .. } => {
            voice.step("db-setup");
            let options = SetupOptions {
                environment: config.environment,
                confirm: guard.confirm.as_deref(),
            };
            let place = Place::of_command(connector);
            let report = database::setup(&place, &options, |step| voice.step(step)).await?;
            voice.say(&report, print::set_up)
        }
        DbCommand::Migrate {
            dry_run,
            target,
            expired,
            ..
        } => {
            voice.step("db-migrate");
            let options = migrations::Options {
                environment: config.environment,
                dry_run,
                target,
                expired: expired.choice(),
            };
            let report = migrations::migrate(connector, &options).await?;
            voice.say(&report, print::migrations)
        }
        DbCommand::Status { .. } => {
            let report = migrations::status(connector).await?;
            voice.say(&report, print::migrations)
        }
        DbCommand::Seed { guard, set, .. } => {
            voice.step("db-seed");
            let report = seeds::load(connector, &set, guard.confirm.as_deref()).await?;
            voice.say(&report, print::seeds)
        }
        DbCommand::Backup { file, .. } => {
            voice.step("db-backup");
            let meter = Meter::start();
            let report = backup::backup(config, connector, &file, |p| meter.show(p)).await?;
            voice.say(&report, print::backed_up)
        }
        DbCommand::Restore { guard, file, .. } => {
            voice.step("db-restore");
            let meter = Meter::start();
            let confirm = guard.confirm.as_deref();
            let report =
                backup::restore(config, connector, &file, confirm, |p| meter.show(p)).await?;
            voice.say(&report, print::restored)
        }
        DbCommand::Sessions { state, min_age, .. } => {
            voice.step("db-sessions");
            let sessions = sessions::list(connector, &Filter { state, min_age }).await?;
            voice.say(&sessions, |sessions| print::sessions(sessions))
        }
        DbCommand::Cancel { session, .. } => {
            let report = sessions::cancel(connector, session.pid, session.backend_start).await?;
            voice.say(&report, print::signalled)?;
            judge(&report)
        }
        DbCommand::Terminate { session, .. } => {
            let report = sessions::terminate(connector, session.pid, session.backend_start).await?;
            voice.say(&report, print::signalled)?;
            judge(&report)
        }
    }
}

/// A session that is still there is a command that failed.
fn judge(report: &SignalReport) -> Result<()> {
    match report.outcome {
        Outcome::Gone => Ok(()),
        Outcome::StillRunning => Err(Error::operator(
            "it has not followed the signal; look again",
        )),
        Outcome::Forbidden => Err(Error::operator(
            "the account of the connection URL may not do this",
        )),
    }
}
