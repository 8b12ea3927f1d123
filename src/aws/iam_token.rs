//! IAM authentication tokens for RDS. A new connection sends one instead of a password, within fifteen minutes after it
//! was signed. `db::connector` sends them.
//!
//! The SDK's `aws_sdk_rds::auth_token` does not fit: it does not encode the user's name, panics if the host is not
//! valid in a URL, and loads credentials for every token.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use secrecy::SecretString;
use tokio::sync::{Mutex, OnceCell};

use crate::config::{AwsConfig, DatabaseAuth, DatabaseConfig};
use crate::error::{Error, Result};

/// The lifetime of a token, the longest that RDS accepts.
const LIFETIME: Duration = Duration::from_secs(15 * 60);
/// Cached credentials that expire within this time are loaded again.
const MARGIN: Duration = Duration::from_secs(5 * 60);

type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// Signs tokens for one user of one database server. It caches the credentials until shortly before they expire.
pub struct TokenSigner {
    host: String,
    port: u16,
    user: String,
    aws: AwsConfig,
    clock: Clock,
    loaded: OnceCell<SdkConfig>,
    credentials: Mutex<Option<Credentials>>,
}

impl TokenSigner {
    /// Makes a signer; the first token loads the AWS configuration.
    pub fn new(host: &str, port: u16, user: &str, aws: AwsConfig) -> Self {
        Self {
            host: host.to_owned(),
            port,
            user: user.to_owned(),
            aws,
            clock: Arc::new(SystemTime::now),
            loaded: OnceCell::new(),
            credentials: Mutex::new(None),
        }
    }

    /// The signer for a database whose connections sign in with IAM. A token is for the server's own name and port, also
    /// through a tunnel.
    pub fn for_database(database: &DatabaseConfig) -> Option<Self> {
        let DatabaseAuth::Iam(aws) = &database.auth else {
            return None;
        };
        let url = database.url()?;
        let server = url.server()?;
        let user = url.config.get_user().unwrap_or_default();
        Some(Self::new(&server.name, server.port, user, aws.clone()))
    }

    /// Replaces the system clock, for tests.
    #[must_use]
    pub fn with_clock(self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self {
            clock: Arc::new(clock),
            ..self
        }
    }

    /// Uses a configuration that is loaded already.
    #[must_use]
    pub fn with_config(self, config: SdkConfig) -> Self {
        Self {
            loaded: OnceCell::new_with(Some(config)),
            ..self
        }
    }

    /// Signs a new token.
    ///
    /// # Errors
    /// No region or no credentials are configured.
    pub async fn sign(&self) -> Result<SecretString> {
        let config = self
            .loaded
            .get_or_try_init(|| super::load(&self.aws))
            .await?;
        let now = (self.clock)();
        let credentials = self.credentials(config, now).await?;
        // The host name contains the database's region, which may differ from the configured one.
        let region = region_of(&self.host)
            .or_else(|| config.region().map(AsRef::as_ref))
            .unwrap_or_default();
        let query: String = form_urlencoded::Serializer::new(String::new())
            .append_pair("Action", "connect")
            .append_pair("DBUser", &self.user)
            .finish()
            .replace('+', "%20");
        let request = format!("{}:{}/?{query}", self.host, self.port);
        signed(&request, credentials, region, now)
            .map_err(|cause| Error::internal("the database token cannot be signed", cause))
    }

    async fn credentials(&self, config: &SdkConfig, now: SystemTime) -> Result<Credentials> {
        let mut kept = self.credentials.lock().await;
        if let Some(credentials) = &*kept
            && credentials.expiry().is_none_or(|end| end > now + MARGIN)
        {
            return Ok(credentials.clone());
        }
        let missing = |cause| {
            let advice = "DATABASE_AUTH=iam needs AWS credentials: set AWS_ACCESS_KEY_ID and \
                          AWS_SECRET_ACCESS_KEY, or AWS_PROFILE";
            Error::Operator(advice.to_owned(), cause)
        };
        let provider = config.credentials_provider().ok_or_else(|| missing(None))?;
        let found = provider.provide_credentials().await;
        let credentials = found.map_err(|error| missing(Some(error.into())))?;
        Ok(kept.insert(credentials).clone())
    }
}

fn signed(
    request: &str,
    credentials: Credentials,
    region: &str,
    now: SystemTime,
) -> Result<SecretString, crate::error::Cause> {
    let mut settings = SigningSettings::default();
    settings.expires_in = Some(LIFETIME);
    settings.signature_location = SignatureLocation::QueryParams;
    let identity = credentials.into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("rds-db")
        .time(now)
        .settings(settings)
        .build()?
        .into();
    let url = format!("https://{request}");
    let signable = SignableRequest::new("GET", &url, std::iter::empty(), SignableBody::empty())?;
    let (instructions, _) = sign(signable, &parameters)?.into_parts();
    let query = request.find('?').map_or(request.len(), |mark| mark + 1);
    let mut token = form_urlencoded::Serializer::for_suffix(request.to_owned(), query);
    // In the order that AWS documents: the signed parameters, then the signature.
    let (signature, signed): (Vec<_>, Vec<_>) = instructions
        .params()
        .iter()
        .partition(|(name, _)| *name == "X-Amz-Signature");
    for (name, value) in signed.into_iter().chain(signature) {
        token.append_pair(name, value);
    }
    Ok(token.finish().into())
}

/// The region in a host name of RDS, such as `us-east-1` in `name.abc123.us-east-1.rds.amazonaws.com`.
fn region_of(host: &str) -> Option<&str> {
    let name = host
        .strip_suffix(".rds.amazonaws.com")
        .or_else(|| host.strip_suffix(".rds.amazonaws.com.cn"))?;
    name.rsplit('.').next()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use aws_credential_types::provider::SharedCredentialsProvider;
    use secrecy::ExposeSecret;

    use super::*;

    const HOST: &str = "cruddur-db.cabc123xyz.us-east-1.rds.amazonaws.com";

    fn signer() -> (TokenSigner, Arc<AtomicU64>) {
        let credentials = Credentials::new(
            "AKIAIOSFODNN7EXAMPLE",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            Some("a/session+token=".to_owned()),
            None,
            "test",
        );
        let config = SdkConfig::builder()
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build();
        let seconds = Arc::new(AtomicU64::new(1_767_225_600));
        let clock = seconds.clone();
        let signer = TokenSigner::new(HOST, 5432, "cruddur app", AwsConfig::default())
            .with_config(config)
            .with_clock(move || {
                SystemTime::UNIX_EPOCH + Duration::from_secs(clock.load(Ordering::Relaxed))
            });
        (signer, seconds)
    }

    #[tokio::test]
    async fn a_token_is_byte_for_byte_what_botocore_signs() {
        let (signer, _) = signer();
        let token = signer.sign().await.expect("a token");
        assert_eq!(
            token.expose_secret(),
            include_str!("testdata/iam_token.txt").trim_end()
        );
    }

    #[tokio::test]
    async fn a_token_signed_fifteen_minutes_later_has_a_later_date() {
        let (signer, seconds) = signer();
        let first = signer.sign().await.expect("a token");
        seconds.fetch_add(LIFETIME.as_secs(), Ordering::Relaxed);
        let second = signer.sign().await.expect("a token");
        assert!(
            first
                .expose_secret()
                .contains("X-Amz-Date=20260101T000000Z&X-Amz-Expires=900")
        );
        assert!(
            second
                .expose_secret()
                .contains("X-Amz-Date=20260101T001500Z&X-Amz-Expires=900")
        );
    }

    #[test]
    fn the_region_is_read_from_the_host_name_of_rds() {
        assert_eq!(region_of(HOST), Some("us-east-1"));
        assert_eq!(region_of("db.example"), None);
    }
}
