//! Reads users of a Cognito user pool: the user of an access token, or a page of all users. `users` and `operations`
//! decide what to store.

use std::collections::HashMap;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region};
use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_cognitoidentityprovider::types::{AttributeType, UserStatusType, UserType};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::OnceCell;

use crate::config::CognitoConfig;
use crate::error::{Error, Result};

/// The time-out of `GetUser`: half of the deadline of a request, since a write may wait for it.
const GET_USER_TIMEOUT: Duration = Duration::from_millis(1_500);
/// The time-out of one attempt to read a page of users.
const PAGE_TIMEOUT: Duration = Duration::from_secs(10);
const PAGE_ATTEMPTS: u32 = 5;
/// The largest page that Cognito returns.
const PAGE_SIZE: i32 = 60;

/// The attributes of a user of the pool: `sub`, `preferred_username`, `name`, `email`, …
pub type Attributes = HashMap<String, String>;

/// A user pool. The AWS SDK reads region, credentials and endpoint (`AWS_ENDPOINT_URL` for emulators) at the first
/// call.
pub struct UserPool {
    id: String,
    region: Option<Region>,
    without_credentials: OnceCell<Client>,
    with_credentials: OnceCell<Client>,
}

/// A user of the pool.
pub struct PoolUser {
    /// The attributes of the user.
    pub attributes: Attributes,
    /// Whether the user's e-mail address or phone number is confirmed.
    pub is_confirmed: bool,
}

/// A page of the pool's users.
pub struct UserPage {
    /// At most 60 users.
    pub users: Vec<PoolUser>,
    /// The token of the next page, if there is one.
    pub next: Option<String>,
}

impl UserPool {
    /// Makes the client's configuration; sends nothing to AWS yet.
    pub fn new(config: &CognitoConfig) -> Self {
        Self {
            id: config.user_pool_id.clone(),
            region: config.region.clone().map(Region::new),
            without_credentials: OnceCell::new(),
            with_credentials: OnceCell::new(),
        }
    }

    /// The attributes of the access token's user (`GetUser`). It needs no AWS credentials, but the scope
    /// `aws.cognito.signin.user.admin` in the token.
    ///
    /// # Errors
    /// Cognito refuses the token, or does not answer within a second and a half.
    pub async fn find_user(&self, access_token: &SecretString) -> Result<Attributes> {
        let client = self.without_credentials.get_or_init(|| async {
            let loader = self.loader().no_credentials();
            let loader = loader.retry_config(RetryConfig::disabled());
            client(
                loader,
                TimeoutConfig::builder().operation_timeout(GET_USER_TIMEOUT),
            )
            .await
        });
        let request = client.await.get_user();
        let response = request
            .access_token(access_token.expose_secret())
            .send()
            .await;
        let user = response.map_err(|error| explain("GetUser", &error))?;
        Ok(attributes(user.user_attributes))
    }

    /// The page of the pool's users with this pagination token, or the first page (`ListUsers`).
    ///
    /// # Errors
    /// The credentials are missing or do not permit `cognito-idp:ListUsers`; Cognito does not answer.
    pub async fn list_users(&self, page: Option<String>) -> Result<UserPage> {
        let client = self.with_credentials.get_or_init(|| async {
            let retries = RetryConfig::standard().with_max_attempts(PAGE_ATTEMPTS);
            let loader = self.loader().retry_config(retries);
            client(
                loader,
                TimeoutConfig::builder().operation_attempt_timeout(PAGE_TIMEOUT),
            )
            .await
        });
        let request = client
            .await
            .list_users()
            .user_pool_id(&self.id)
            .limit(PAGE_SIZE);
        let response = request.set_pagination_token(page).send().await;
        let page = response.map_err(|error| explain("ListUsers", &error))?;
        Ok(UserPage {
            users: page
                .users
                .unwrap_or_default()
                .into_iter()
                .map(pool_user)
                .collect(),
            next: page.pagination_token,
        })
    }

    fn loader(&self) -> ConfigLoader {
        aws_config::defaults(BehaviorVersion::latest()).region(self.region.clone())
    }
}

async fn client(
    loader: ConfigLoader,
    timeouts: aws_config::timeout::TimeoutConfigBuilder,
) -> Client {
    Client::new(&loader.timeout_config(timeouts.build()).load().await)
}

fn pool_user(user: UserType) -> PoolUser {
    PoolUser {
        is_confirmed: user.user_status != Some(UserStatusType::Unconfirmed),
        attributes: attributes(user.attributes.unwrap_or_default()),
    }
}

fn attributes(list: Vec<AttributeType>) -> Attributes {
    list.into_iter()
        .filter_map(|attribute| Some((attribute.name, attribute.value?)))
        .collect()
}

fn explain<E, R>(action: &str, error: &SdkError<E, R>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
{
    let advice = match error
        .as_service_error()
        .and_then(ProvideErrorMetadata::code)
    {
        Some("AccessDeniedException") => format!(
            "AWS does not allow cognito-idp:{action} with these credentials: attach the policy of docs/guide/cognito.md"
        ),
        Some("ResourceNotFoundException") => {
            "the user pool does not exist: AWS_COGNITO_USER_POOL_ID or the region is wrong"
                .to_owned()
        }
        Some(code) => format!("Cognito refused {action}: {code}"),
        None => format!("Cognito did not answer {action}"),
    };
    Error::Operator(advice, Some(DisplayErrorContext(error).to_string().into()))
}
