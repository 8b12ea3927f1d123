//! Access tokens of a Cognito user pool: RS256, signed by a key of the pool, made by our issuer for
//! our client, in their time. Where the keys come from is `keys`' business.

use jsonwebtoken::{Algorithm, Validation};
use moka::sync::Cache;
use secrecy::ExposeSecret;
use serde::Deserialize;
use xxhash_rust::xxh3::xxh3_64;

use super::CurrentUser;
use super::keys::Keys;
use crate::config::CognitoConfig;
use crate::error::{Code, Result};

/// Seconds by which the clocks of Cognito and of this machine may differ.
const LEEWAY: u64 = 30;
/// Cognito's tokens have about 1 KB, and a few more with many groups.
const MAX_TOKEN_BYTES: usize = 16 * 1024;
/// Tokens remembered: some ten megabytes at most.
const REMEMBERED: u64 = 8_192;

/// The verifier of one user pool and one of its clients.
pub(super) struct Cognito {
    keys: Keys,
    validation: Validation,
    client_id: String,
    /// By the hash of the token; who finds one compares the token itself.
    remembered: Cache<u64, Remembered>,
}

#[derive(Clone)]
struct Remembered {
    user: CurrentUser,
    /// Seconds since 1970.
    expires: u64,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    token_use: String,
    client_id: String,
    exp: u64,
    #[serde(rename = "cognito:groups", default)]
    groups: Vec<String>,
}

impl Cognito {
    pub(super) fn new(config: &CognitoConfig) -> Result<Self> {
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_issuer(&[&config.issuer]);
        validation.set_required_spec_claims(&["exp", "iss", "sub"]);
        validation.leeway = LEEWAY;
        validation.validate_nbf = true;
        // An access token says whom it is for in `client_id`, and has no `aud`.
        validation.validate_aud = false;
        Ok(Self {
            keys: Keys::new(&config.jwks_url)?,
            validation,
            client_id: config.client_id.clone(),
            remembered: Cache::new(REMEMBERED),
        })
    }

    /// Whom the token proves. One that was seen before costs a look into a table.
    ///
    /// # Errors
    /// [`Code::Unauthenticated`] for a token that proves nothing;
    /// [`Unavailable`](crate::error::Error::Unavailable) while the keys are away and none were
    /// ever known.
    pub(super) async fn verify(&self, token: &str) -> Result<CurrentUser> {
        let hash = xxh3_64(token.as_bytes());
        if let Some(user) = self.recall(hash, token) {
            return Ok(user);
        }
        let claims = self.judge(token).await?;
        let user = CurrentUser::with_token(claims.sub, claims.groups, token);
        let remembered = Remembered {
            user: user.clone(),
            expires: claims.exp,
        };
        self.remembered.insert(hash, remembered);
        Ok(user)
    }

    fn recall(&self, hash: u64, token: &str) -> Option<CurrentUser> {
        let Remembered { user, expires } = self.remembered.get(&hash)?;
        if jsonwebtoken::get_current_timestamp() > expires.saturating_add(LEEWAY) {
            self.remembered.invalidate(&hash);
            return None;
        }
        let is_the_same = user
            .access_token()
            .is_some_and(|known| known.expose_secret() == token);
        is_the_same.then_some(user)
    }

    async fn judge(&self, token: &str) -> Result<Claims> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(Code::Unauthenticated.into());
        }
        let refuse = |error: jsonwebtoken::errors::Error| {
            tracing::debug!(reason = %error, "a token was refused");
            Code::Unauthenticated
        };
        let header = jsonwebtoken::decode_header(token).map_err(refuse)?;
        // Nobody can make us fetch keys with a token that no key could make good.
        if header.alg != Algorithm::RS256 {
            return Err(Code::Unauthenticated.into());
        }
        let key_id = header.kid.ok_or(Code::Unauthenticated)?;
        let key = self
            .keys
            .find(&key_id)
            .await?
            .ok_or(Code::Unauthenticated)?;
        let claims = jsonwebtoken::decode::<Claims>(token, &key, &self.validation)
            .map_err(refuse)?
            .claims;
        let is_ours = claims.token_use == "access" && claims.client_id == self.client_id;
        match is_ours && !claims.sub.is_empty() {
            true => Ok(claims),
            false => Err(Code::Unauthenticated.into()),
        }
    }
}
