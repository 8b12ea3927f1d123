//! How clients are identified: `AWS_COGNITO_USER_POOL_ID`, `AWS_COGNITO_USER_POOL_CLIENT_ID`,
//! `AWS_DEFAULT_REGION`, `COGNITO_ISSUER`, `COGNITO_JWKS_URL`, `COGNITO_DOMAIN`,
//! `COGNITO_REDIRECT_URI`, `DEV_USER_HANDLE`. `auth` verifies tokens.

use super::{Settings, Workspace};

/// How clients are identified: by Cognito where a user pool is configured, else by the development identity.
#[derive(Debug, Clone)]
pub struct IdentityConfig {
    /// `None` without a user pool.
    pub cognito: Option<CognitoConfig>,
    /// `DEV_USER_HANDLE`: the user that requests without a token act as, from any address.
    pub dev_user_handle: Option<String>,
    /// Whether the program runs in a cloud workspace, which forwards its port.
    pub in_workspace: bool,
}

/// The Cognito user pool and its tokens.
#[derive(Debug, Clone)]
pub struct CognitoConfig {
    /// The id of the user pool.
    pub user_pool_id: String,
    /// The id of the app client.
    pub client_id: String,
    /// `None` only where `COGNITO_ISSUER` is set.
    pub region: Option<String>,
    /// The issuer of the access tokens.
    pub issuer: String,
    /// The address of the keys that sign access tokens.
    pub jwks_url: String,
    /// Domain of the hosted sign-in page.
    pub domain: Option<String>,
    /// The address that the hosted sign-in page returns to.
    pub redirect_uri: Option<String>,
}

impl IdentityConfig {
    /// Reads the user pool and the development identity.
    pub fn read(settings: &mut Settings) -> Self {
        let cognito = CognitoConfig::read(settings);
        let dev_user_handle = settings.text("DEV_USER_HANDLE");
        if cognito.is_some() && dev_user_handle.is_some() {
            settings.problem(
                "DEV_USER_HANDLE",
                "must not be set together with AWS_COGNITO_USER_POOL_ID: every \
                 client could act as that user",
            );
        }
        Self {
            cognito,
            dev_user_handle,
            in_workspace: Workspace::read(settings).is_some(),
        }
    }
}

impl CognitoConfig {
    fn read(settings: &mut Settings) -> Option<Self> {
        let pool = settings.text("AWS_COGNITO_USER_POOL_ID");
        let client = settings.text("AWS_COGNITO_USER_POOL_CLIENT_ID");
        let issuer = settings.text("COGNITO_ISSUER");
        let jwks_url = settings.text("COGNITO_JWKS_URL");
        let region = settings.text("AWS_DEFAULT_REGION");
        let domain = settings.text("COGNITO_DOMAIN");
        let redirect_uri = settings.text("COGNITO_REDIRECT_URI");
        let (user_pool_id, client_id) = match (pool, client) {
            (None, None) => return None,
            (Some(pool), Some(client)) => (pool, client),
            (Some(_), None) => {
                settings.problem(
                    "AWS_COGNITO_USER_POOL_CLIENT_ID",
                    "must be set together with AWS_COGNITO_USER_POOL_ID",
                );
                return None;
            }
            (None, Some(_)) => {
                settings.problem(
                    "AWS_COGNITO_USER_POOL_ID",
                    "must be set together with AWS_COGNITO_USER_POOL_CLIENT_ID",
                );
                return None;
            }
        };
        // A pool's id begins with its region: `us-east-1_AbCdEf`.
        let region = region.or_else(|| user_pool_id.split_once('_').map(|(r, _)| r.to_owned()));
        if region.is_none() && issuer.is_none() {
            settings.problem(
                "AWS_DEFAULT_REGION",
                "must be set to the user pool's region",
            );
        }
        let issuer = issuer.unwrap_or_else(|| {
            let region = region.as_deref().unwrap_or_default();
            format!("https://cognito-idp.{region}.amazonaws.com/{user_pool_id}")
        });
        let jwks_url = jwks_url.unwrap_or_else(|| format!("{issuer}/.well-known/jwks.json"));
        Some(Self {
            user_pool_id,
            client_id,
            region,
            issuer,
            jwks_url,
            domain,
            redirect_uri,
        })
    }
}
