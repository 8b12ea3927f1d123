//! Just-in-time provisioning: inserts a user who has a valid access token but no row, because Cognito's
//! post-confirmation trigger has not run or has failed. The token contains no name, so the server reads the user's
//! attributes from the user pool.

use crate::auth::CurrentUser;
use crate::aws::UserPool;
use crate::config::IdentityConfig;
use crate::db::Pool;
use crate::error::{Code, Error, Result, chain};

use super::model::NewUser;
use super::store;

/// Inserts users on their first write, or when they first read their own profile, as a client does after a sign-in. A
/// handler passes the work of an authenticated user to this type. The work returns [`Code::CognitoUserIdBlank`] when
/// no user has the Cognito id of the token:
///
/// ```ignore
/// let insert = async || batches.insert_activity(None, &user, new.clone()).await;
/// let activity = provisioner.provision_if_missing(&user, insert).await?;
/// ```
///
/// The work of a user who has a row needs no additional statement.
pub struct Provisioner {
    pool: Pool,
    /// `None` if no user pool is configured; requests then use the development identity.
    user_pool: Option<UserPool>,
}

impl Provisioner {
    /// Makes a provisioner for the configured user pool.
    pub fn new(identity: &IdentityConfig, pool: Pool) -> Self {
        Self {
            pool,
            user_pool: identity.cognito.as_ref().map(UserPool::new),
        }
    }

    /// Calls `work`. If the token's user has no row, inserts the user and calls `work` again.
    ///
    /// # Errors
    /// The errors of `work`; [`Code::AccountDeleted`] if the user has deleted the account and has not signed in since;
    /// [`Code::CognitoUserIdBlank`] if the user pool does not return the user of the token.
    pub async fn provision_if_missing<T>(
        &self,
        user: &CurrentUser,
        work: impl AsyncFn() -> Result<T>,
    ) -> Result<T> {
        match work().await {
            Err(Error::Refused(Code::CognitoUserIdBlank)) => {}
            outcome => return outcome,
        }
        self.register(user).await?;
        work().await
    }

    async fn register(&self, user: &CurrentUser) -> Result<()> {
        let deleted_at = self
            .pool
            .run(async |db| store::find_deletion(db, user.subject()).await)
            .await?;
        if deleted_at.is_some_and(|time| user.signed_in_at().is_none_or(|sign_in| sign_in <= time))
        {
            return Err(Code::AccountDeleted.into());
        }
        let new = self.find_in_user_pool(user).await.map_err(|error| {
            tracing::warn!(
                error = chain(&error),
                "the user of a valid access token has no row, and the user pool did not return the user's attributes"
            );
            Code::CognitoUserIdBlank
        })?;
        self.pool
            .run(async |db| store::register(db, &new).await)
            .await?;
        tracing::info!("inserted a user of the user pool, because the trigger had not");
        Ok(())
    }

    async fn find_in_user_pool(&self, user: &CurrentUser) -> Result<NewUser> {
        let (Some(user_pool), Some(token)) = (&self.user_pool, user.access_token()) else {
            return Err(Error::operator("no user pool is configured"));
        };
        let attributes = user_pool.find_user(token).await?;
        let new = NewUser::from_attributes(|name| attributes.get(name).map(String::as_str))?;
        match new.subject == user.subject() {
            true => Ok(new),
            false => Err(Error::operator(
                "the user pool returned another user for the token",
            )),
        }
    }
}
