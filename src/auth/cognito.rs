//! Verification of the access tokens of a Cognito user pool: signed with RS256 by a key of the pool, from the
//! configured issuer, for the configured client, not expired. `keys` fetches the pool's public keys.

use jsonwebtoken::{Algorithm, Validation};
use moka::sync::Cache;
use secrecy::ExposeSecret;
use serde::Deserialize;
use xxhash_rust::xxh3::xxh3_64;

use super::CurrentUser;
use super::keys::Keys;
use crate::config::CognitoConfig;
use crate::error::{Code, Result};

/// The tolerated difference between the clocks of Cognito and of this machine, in seconds.
const LEEWAY: u64 = 30;
/// A longer token is refused without parsing it. Cognito's tokens take about 1 KB, or a few KB for a user in many
/// groups.
const MAX_TOKEN_BYTES: usize = 16 * 1024;
/// The maximum number of verified tokens in the cache, which then takes about ten megabytes.
const MAX_CACHED_TOKENS: u64 = 8_192;

/// The verifier of one user pool and one of its clients.
pub(super) struct Cognito {
    keys: Keys,
    validation: Validation,
    client_id: String,
    /// Verified tokens by their hash. A hit is compared with the token itself, because hashes can be equal.
    verified: Cache<u64, Verified>,
}

#[derive(Clone)]
struct Verified {
    user: CurrentUser,
    /// The `exp` claim, in seconds since 1970.
    expires: u64,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    token_use: String,
    client_id: String,
    exp: u64,
    /// When the user signed in, in seconds since 1970.
    auth_time: Option<i64>,
    /// When the token was issued, in seconds since 1970.
    iat: Option<i64>,
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
        // Cognito's access tokens name the client in `client_id` and have no `aud`.
        validation.validate_aud = false;
        Ok(Self {
            keys: Keys::new(&config.jwks_url)?,
            validation,
            client_id: config.client_id.clone(),
            verified: Cache::new(MAX_CACHED_TOKENS),
        })
    }

    /// The user of the token. The result is cached, so the signature of a token is verified once.
    ///
    /// # Errors
    /// [`Code::Unauthenticated`] for a token that is not valid;
    /// [`Unavailable`](crate::error::Error::Unavailable) if no keys could be fetched since the start.
    pub(super) async fn verify(&self, token: &str) -> Result<CurrentUser> {
        let hash = xxh3_64(token.as_bytes());
        if let Some(user) = self.find_cached(hash, token) {
            return Ok(user);
        }
        let claims = self.decode(token).await?;
        let signed_in_at = claims.auth_time.or(claims.iat);
        let user =
            CurrentUser::with_token(claims.sub, claims.groups, token, signed_in_at, claims.exp);
        let verified = Verified {
            user: user.clone(),
            expires: claims.exp,
        };
        self.verified.insert(hash, verified);
        Ok(user)
    }

    fn find_cached(&self, hash: u64, token: &str) -> Option<CurrentUser> {
        let Verified { user, expires } = self.verified.get(&hash)?;
        if jsonwebtoken::get_current_timestamp() > expires.saturating_add(LEEWAY) {
            self.verified.invalidate(&hash);
            return None;
        }
        let is_same_token = user
            .access_token()
            .is_some_and(|known| known.expose_secret() == token);
        is_same_token.then_some(user)
    }

    async fn decode(&self, token: &str) -> Result<Claims> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(Code::Unauthenticated.into());
        }
        let refuse = |error: jsonwebtoken::errors::Error| {
            tracing::debug!(reason = %error, "a token was refused");
            Code::Unauthenticated
        };
        let header = jsonwebtoken::decode_header(token).map_err(refuse)?;
        // A token with another algorithm is refused before it can cause a fetch of keys.
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
        let is_for_this_client = claims.token_use == "access" && claims.client_id == self.client_id;
        match is_for_this_client && !claims.sub.is_empty() {
            true => Ok(claims),
            false => Err(Code::Unauthenticated.into()),
        }
    }
}
