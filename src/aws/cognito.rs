//! Questions to the user pool: who a token belongs to, and who there is. What is made of the
//! answers is decided in `users` and `ops`.

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

/// Somebody waits for this, three seconds at most.
const QUESTION_TIMEOUT: Duration = Duration::from_millis(1_500);
/// One attempt to read a page of users.
const PAGE_TIMEOUT: Duration = Duration::from_secs(10);
const PAGE_ATTEMPTS: u32 = 5;
/// Cognito gives no more at once.
const PAGE_SIZE: i32 = 60;

/// What the pool knows of somebody: `sub`, `preferred_username`, `name`, `email`, …
pub type Attributes = HashMap<String, String>;

/// A user pool. Region, credentials and endpoint are read as the AWS SDK reads them
/// (`AWS_ENDPOINT_URL` for emulators), at the first question and not before.
pub struct UserPool {
    id: String,
    region: Option<Region>,
    for_visitors: OnceCell<Client>,
    for_operators: OnceCell<Client>,
}

/// Somebody in a list of the pool's users.
pub struct PoolUser {
    pub attributes: Attributes,
    /// They have proven that the address or number is theirs, or somebody did for them.
    pub is_confirmed: bool,
}

/// Some of the pool's users, and how to ask for those after them.
pub struct UserPage {
    pub users: Vec<PoolUser>,
    pub next: Option<String>,
}

impl UserPool {
    /// Asks nothing yet.
    pub fn new(config: &CognitoConfig) -> Self {
        Self {
            id: config.user_pool_id.clone(),
            region: config.region.clone().map(Region::new),
            for_visitors: OnceCell::new(),
            for_operators: OnceCell::new(),
        }
    }

    /// Who the access token belongs to. It needs no AWS credentials, only the token's scope
    /// `aws.cognito.signin.user.admin`.
    ///
    /// # Errors
    /// Cognito refuses the token, or does not answer within a second and a half.
    pub async fn find_user(&self, access_token: &SecretString) -> Result<Attributes> {
        let client = self.for_visitors.get_or_init(|| async {
            let loader = self.loader().no_credentials();
            let loader = loader.retry_config(RetryConfig::disabled());
            client(
                loader,
                TimeoutConfig::builder().operation_timeout(QUESTION_TIMEOUT),
            )
            .await
        });
        let question = client.await.get_user();
        let answer = question
            .access_token(access_token.expose_secret())
            .send()
            .await;
        let user = answer.map_err(|error| explain("GetUser", &error))?;
        Ok(attributes(user.user_attributes))
    }

    /// A page of the pool's users, the first where nothing is named. Needs credentials that may
    /// `cognito-idp:ListUsers`.
    pub async fn list_users(&self, page: Option<String>) -> Result<UserPage> {
        let client = self.for_operators.get_or_init(|| async {
            let retries = RetryConfig::standard().with_max_attempts(PAGE_ATTEMPTS);
            let loader = self.loader().retry_config(retries);
            client(
                loader,
                TimeoutConfig::builder().operation_attempt_timeout(PAGE_TIMEOUT),
            )
            .await
        });
        let question = client
            .await
            .list_users()
            .user_pool_id(&self.id)
            .limit(PAGE_SIZE);
        let answer = question.set_pagination_token(page).send().await;
        let page = answer.map_err(|error| explain("ListUsers", &error))?;
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
            "AWS does not allow cognito-idp:{action} to us: attach the policy of docs/cognito.md"
        ),
        Some("ResourceNotFoundException") => {
            "there is no such user pool: AWS_COGNITO_USER_POOL_ID or the region is wrong".to_owned()
        }
        Some(code) => format!("Cognito refused {action}: {code}"),
        None => format!("Cognito did not answer {action}"),
    };
    Error::Operator(advice, Some(DisplayErrorContext(error).to_string().into()))
}
