//! `cruddur users suspend`, `cruddur users reinstate` and `cruddur users suspended`.

use clap::Args;

use super::{Change, apply_by_command};
use crate::config::Settings;
use crate::db::{Health, Pool};
use crate::domain::{Cursor, timestamp};
use crate::error::{Code, Error, Result};
use crate::moderation::{self, SuspendableUser};
use crate::operations::command_context::{CommandContext, DatabaseArguments};

/// The number of users that one statement reads.
const PAGE_SIZE: i64 = 1_000;

/// Suspend a user: the user cannot write, and the profile and activities are not shown.
#[derive(Args)]
pub struct SuspendArguments {
    #[command(flatten)]
    database: DatabaseArguments,
    /// The user's handle, with or without `@`.
    handle: String,
}

/// Reinstate a suspended user.
#[derive(Args)]
pub struct ReinstateArguments {
    #[command(flatten)]
    database: DatabaseArguments,
    /// The user's handle, with or without `@`.
    handle: String,
}

/// List the suspended users, the latest suspension first.
#[derive(Args)]
pub struct SuspendedArguments {
    #[command(flatten)]
    database: DatabaseArguments,
}

impl SuspendArguments {
    pub(in crate::operations) async fn run(self, settings: Settings) -> Result<()> {
        let context = CommandContext::open(&self.database, settings).await?;
        context.output.heading("users-suspend");
        change(&context, Change::Suspend, &self.handle).await
    }
}

impl ReinstateArguments {
    pub(in crate::operations) async fn run(self, settings: Settings) -> Result<()> {
        let context = CommandContext::open(&self.database, settings).await?;
        context.output.heading("users-reinstate");
        change(&context, Change::Reinstate, &self.handle).await
    }
}

impl SuspendedArguments {
    pub(in crate::operations) async fn run(self, settings: Settings) -> Result<()> {
        let context = CommandContext::open(&self.database, settings).await?;
        let pool = pool(&context)?;
        let users = list_all(&pool).await?;
        context
            .output
            .report(&users, |users| match users.is_empty() {
                true => vec!["no user is suspended".to_owned()],
                false => users.iter().map(describe).collect(),
            })
    }
}

async fn change(context: &CommandContext, change: Change, handle: &str) -> Result<()> {
    let handle = handle.strip_prefix('@').unwrap_or(handle);
    let user = apply_by_command(&pool(context)?, change, handle)
        .await
        .map_err(|error| match error {
            Error::Refused(Code::UserNotFound) => {
                Error::Missing(format!("no user has the handle {handle}"))
            }
            error => error,
        })?;
    context.output.report(&user, |user| vec![describe(user)])
}

/// All suspended users, which it reads page by page.
async fn list_all(pool: &Pool) -> Result<Vec<SuspendableUser>> {
    let mut all = Vec::new();
    let mut next = Some(Cursor::end());
    while let Some(before) = next {
        let page = pool
            .run(async |db| moderation::list_suspended_users(db, &before, PAGE_SIZE).await)
            .await?;
        next = page.last().map(SuspendableUser::cursor);
        all.extend(page);
    }
    Ok(all)
}

fn pool(context: &CommandContext) -> Result<Pool> {
    Pool::new(&context.connector, 1, Health::unwatched())
}

fn describe(user: &SuspendableUser) -> String {
    match user.suspended_at {
        Some(since) => {
            let since = timestamp::text(&since);
            format!("@{} has been suspended since {since}", user.handle)
        }
        None => format!("@{} is not suspended", user.handle),
    }
}
