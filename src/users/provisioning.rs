//! People with a valid token whom nobody here knows yet, because the trigger has not run or has
//! failed. An access token holds no name, so the user pool is asked, with that very token.

use crate::auth::CurrentUser;
use crate::aws::UserPool;
use crate::config::IdentityConfig;
use crate::db::Pool;
use crate::error::{Code, Error, Result, chain};

use super::model::NewUser;
use super::store;

/// Lets provisioner in. A slice wraps every write of a signed-in user, whose store function answers
/// [`Code::CognitoUserIdBlank`] when its join on `users.cognito_user_id` finds nobody:
///
/// ```ignore
/// let insert = async || batches.insert_activity(None, &user, new.clone()).await;
/// let activity = provisioner.provision_if_missing(&user, insert).await?;
/// ```
///
/// A user who is known costs nothing more.
pub struct Provisioner {
    pool: Pool,
    /// `None` without a user pool; the development identity knows no provisioner.
    user_pool: Option<UserPool>,
}

impl Provisioner {
    pub fn new(identity: &IdentityConfig, pool: Pool) -> Self {
        Self {
            pool,
            user_pool: identity.cognito.as_ref().map(UserPool::new),
        }
    }

    /// Does `write`; where it finds nobody behind the token, makes them known here and does it once
    /// more.
    ///
    /// # Errors
    /// Those of `write`; [`Code::CognitoUserIdBlank`] where the user pool does not vouch for them.
    pub async fn provision_if_missing<T>(
        &self,
        user: &CurrentUser,
        write: impl AsyncFn() -> Result<T>,
    ) -> Result<T> {
        match write().await {
            Err(Error::Refused(Code::CognitoUserIdBlank)) => {}
            outcome => return outcome,
        }
        self.register(user).await?;
        write().await
    }

    async fn register(&self, user: &CurrentUser) -> Result<()> {
        let new = self.ask_user_pool(user).await.map_err(|error| {
            tracing::warn!(
                error = chain(&error),
                "a token's user is not known here, and the user pool does not say who it is"
            );
            Code::CognitoUserIdBlank
        })?;
        self.pool
            .run(async |db| store::register(&*db, &new).await)
            .await?;
        tracing::info!("made a user known whom the trigger has missed");
        Ok(())
    }

    async fn ask_user_pool(&self, user: &CurrentUser) -> Result<NewUser> {
        let (Some(user_pool), Some(token)) = (&self.user_pool, user.access_token()) else {
            return Err(Error::operator("no user pool is configured"));
        };
        let attributes = user_pool.find_user(token).await?;
        let new = NewUser::from_attributes(|name| attributes.get(name).map(String::as_str))?;
        match new.subject == user.subject() {
            true => Ok(new),
            false => Err(Error::operator(
                "the user pool knows the token as another's",
            )),
        }
    }
}
