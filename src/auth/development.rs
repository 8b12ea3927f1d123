//! The development identity, for a server without a user pool: a request without a token acts as a demo user, so that a
//! fresh clone can be used without sign-up. This module decides which requests may use it.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use actix_web::HttpRequest;
use actix_web::http::Version;
use actix_web::web::Data;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use super::CurrentUser;
use super::development_key::DevelopmentKey;
use crate::config::{Environment, HttpConfig, IdentityConfig};
use crate::db::{self, Health, Pool};
use crate::error::{Code, Error, Result};

const DEFAULT_HANDLE: &str = "andrewbrown";
const ISSUER: &str = "cruddur-development";
const TOKEN_LIFETIME: Duration = Duration::from_secs(12 * 60 * 60);
/// Headers that proxies add, besides those that begin with `x-forwarded`. A request with such a header may come from
/// another machine although its peer is on loopback.
const FORWARDING_HEADERS: [&str; 7] = [
    "forwarded",
    "via",
    "x-real-ip",
    "x-client-ip",
    "x-original-host",
    "true-client-ip",
    "cf-connecting-ip",
];

/// The development identity. Requests may use it if no user pool is configured, the database is stamped
/// `development`, and either the request comes from this machine or `DEV_USER_HANDLE` is set.
pub struct Development {
    handle: String,
    /// Whether `DEV_USER_HANDLE` is set, so that requests from other machines may use the identity too.
    from_anywhere: bool,
    health: Arc<Health>,
    key: DevelopmentKey,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    iss: String,
    exp: u64,
}

impl Development {
    /// Makes the identity; `None` if no request could use it.
    pub(super) fn new(
        identity: &IdentityConfig,
        on_loopback: bool,
        health: Arc<Health>,
    ) -> Option<Self> {
        let handle = identity.dev_user_handle.as_deref();
        if identity.in_workspace {
            warn_about_forwarding(handle);
        }
        if handle.is_none() && !on_loopback {
            return None;
        }
        let from_anywhere = handle.is_some();
        let handle = handle.unwrap_or(DEFAULT_HANDLE).to_owned();
        tracing::warn!(
            acts_as = handle,
            from_anywhere,
            "DEVELOPMENT IDENTITY: on a database stamped development, requests without a token \
             act as this user, and every client can get a token for every user"
        );
        Some(Self {
            handle,
            from_anywhere,
            health,
            key: DevelopmentKey::default(),
        })
    }

    /// Whether this request may use the development identity.
    pub(super) fn admits(&self, request: &HttpRequest) -> bool {
        let stamped = self.health.state().environment == Some(Environment::Development);
        stamped && (self.from_anywhere || is_from_this_machine(request))
    }

    /// A token for the user with this `sub`, valid for twelve hours.
    ///
    /// # Errors
    /// The token cannot be signed; the database cannot be reached.
    pub async fn issue(&self, pool: &Pool, subject: &str) -> Result<String> {
        let key = self.key.read(pool).await?;
        let expires = SystemTime::now() + TOKEN_LIFETIME;
        let exp = expires
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        let claims = Claims {
            sub: subject.to_owned(),
            iss: ISSUER.to_owned(),
            exp,
        };
        let key = EncodingKey::from_secret(&key);
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key)
            .map_err(|error| Error::internal("a development token cannot be signed", error))
    }

    /// The user of a token that a server of this database has issued.
    ///
    /// # Errors
    /// [`Code::Unauthenticated`] for any other token; the database cannot be reached.
    pub(super) async fn verify(&self, pool: &Pool, token: &str) -> Result<CurrentUser> {
        if let Some(user) = user_of(token, &self.key.known(pool).await?) {
            return Ok(user);
        }
        let replacement = self.key.replacement(pool).await?;
        let user = replacement.and_then(|key| user_of(token, &key));
        user.ok_or(Code::Unauthenticated.into())
    }

    /// The user that a request without a token acts as; `None` if the database has no such user.
    pub(super) async fn default_user(&self, pool: &Pool) -> Result<Option<CurrentUser>> {
        let sql = include_str!("sql/find_subject_by_handle.sql");
        let row = pool
            .run(async |db| db::row(db, sql, &[&self.handle]).await)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let subject = row.try_get("cognito_user_id")?;
        Ok(Some(CurrentUser::without_token(subject)))
    }
}

/// Says who acts as which user through the addresses that a cloud workspace forwards.
fn warn_about_forwarding(handle: Option<&str>) {
    match handle {
        Some(handle) => tracing::warn!(
            acts_as = handle,
            "DEVELOPMENT IDENTITY BEHIND FORWARDED PORTS: DEV_USER_HANDLE is set in a cloud workspace. Every client \
             that its ports are visible to acts as this user: with public ports, that is everyone on the internet"
        ),
        None => tracing::info!(
            "requests through the workspace's forwarded ports act as no user; DEV_USER_HANDLE would change that"
        ),
    }
}

/// The user of a token that was signed with `key`.
fn user_of(token: &str, key: &[u8]) -> Option<CurrentUser> {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_issuer(&[ISSUER]);
    let key = DecodingKey::from_secret(key);
    let token = jsonwebtoken::decode::<Claims>(token, &key, &validation).ok()?;
    Some(CurrentUser::of_development(
        token.claims.sub,
        token.claims.exp,
    ))
}

/// Whether the peer and the `Host` are loopback and no proxy has forwarded the request. The check of `Host` refuses
/// requests of a web page whose host name resolves to 127.0.0.1 (DNS rebinding). In a cloud workspace, that of `Origin`
/// refuses those of a forwarded page, also if the proxy adds no header and sends `localhost` as `Host`. HTTP/1.0 is
/// refused because nginx, unless configured otherwise, forwards with it, adds no header and sends the address of its
/// upstream as `Host`.
pub(super) fn is_from_this_machine(request: &HttpRequest) -> bool {
    let is_forwarded = request.headers().keys().any(|name| {
        let name = name.as_str();
        name.starts_with("x-forwarded") || FORWARDING_HEADERS.contains(&name)
    });
    let from_loopback = request
        .peer_addr()
        .is_some_and(|peer| peer.ip().to_canonical().is_loopback());
    let text = |name: &str| {
        let value = request.headers().get(name);
        value.and_then(|value| value.to_str().ok())
    };
    let host = text("host");
    let http = request.app_data::<Data<HttpConfig>>();
    let in_workspace = http.is_some_and(|http| http.workspace.is_some());
    let origin = text("origin").and_then(|origin| origin.split_once("://"));
    let is_local_page = origin.is_some_and(|(_, host)| is_loopback_name(host));
    let is_foreign_page =
        in_workspace && request.headers().contains_key("origin") && !is_local_page;
    let is_old_protocol = request.version() < Version::HTTP_11;
    !is_forwarded
        && !is_foreign_page
        && !is_old_protocol
        && from_loopback
        && host.is_some_and(is_loopback_name)
}

fn is_loopback_name(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let literal = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || literal
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::is_loopback_name;

    #[test]
    fn only_localhost_and_loopback_addresses_are_loopback_hosts() {
        for host in [
            "localhost",
            "LOCALHOST:4567",
            "127.0.0.1:1",
            "[::1]:4567",
            "127.8.9.1",
        ] {
            assert!(is_loopback_name(host), "{host}");
        }
        for host in [
            "",
            "localhost.evil.com",
            "evil.com:4567",
            "10.0.0.1",
            "127.0.0.1.nip.io",
        ] {
            assert!(!is_loopback_name(host), "{host}");
        }
    }
}
