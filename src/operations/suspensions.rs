//! Suspensions: an operator suspends and reinstates users, and lists the suspended ones. [`crate::moderation`] has the
//! statements.

pub mod cli;
pub mod http;

use pg_batch::Lease;
use tokio_postgres::IsolationLevel;

use super::audit;
use crate::db::{GenericClient, Pool};
use crate::error::{Code, Result};
use crate::moderation::{self, SuspendableUser};

/// What an operator does with a user.
#[derive(Debug, Clone, Copy)]
pub enum Change {
    /// Suspends the user.
    Suspend,
    /// Ends the user's suspension.
    Reinstate,
}

/// Suspends or reinstates the user with the handle. A change that was made before changes nothing.
///
/// # Errors
/// [`Code::UserNotFound`] when no user has the handle or the user has deleted the account; the statement fails.
pub async fn apply(
    db: &impl GenericClient,
    change: Change,
    handle: &str,
) -> Result<SuspendableUser> {
    let user = match change {
        Change::Suspend => moderation::insert_suspension(db, handle).await?,
        Change::Reinstate => moderation::delete_suspension(db, handle).await?,
    };
    user.ok_or(Code::UserNotFound.into())
}

/// Like [`apply`] for a command: the same transaction also records the route that makes the change, because no route
/// records a command.
///
/// # Errors
/// Those of [`apply`].
pub async fn apply_by_command(
    pool: &Pool,
    change: Change,
    handle: &str,
) -> Result<SuspendableUser> {
    let mut lease = Lease::acquire(pool).await?;
    let transaction = lease
        .connection_mut()
        .build_transaction()
        .isolation_level(IsolationLevel::ReadCommitted)
        .start()
        .await?;
    let user = apply(&transaction, change, handle).await?;
    let method = match change {
        Change::Suspend => "PUT",
        Change::Reinstate => "DELETE",
    };
    let path = format!("/admin/users/@{}/suspend", user.handle);
    audit::insert_command(&transaction, method, &path).await?;
    transaction.commit().await?;
    lease.release(Ok(user))
}
