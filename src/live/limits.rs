//! What the handlers of streams share, and how many streams a user and a network may have open.

use std::sync::Arc;

use actix_web::HttpRequest;
use uuid::Uuid;

use super::hub::Hub;
use crate::auth;
use crate::config::{LimitsConfig, TrustedProxies};
use crate::db::Pool;
use crate::error::{Error, Result};
use crate::http::{Share, Shares};

/// The open streams of one user on one server. A browser needs one for all its tabs.
const MAX_OF_USER: usize = 10;
/// The open streams of one network on one server.
const MAX_OF_NETWORK: usize = 50;
/// In seconds.
const RETRY_AFTER: u64 = 10;

/// The streams of one server.
pub struct Live {
    /// The open streams.
    pub hub: Arc<Hub>,
    /// For the statements of the handlers.
    pub pool: Pool,
    /// `None` with `RATE_LIMIT=off`.
    shares: Option<(Arc<Shares>, Arc<Shares>)>,
    trusted_proxies: TrustedProxies,
}

impl Live {
    /// With these limits.
    pub fn new(hub: Arc<Hub>, pool: Pool, limits: &LimitsConfig) -> Self {
        let shares = (Shares::new(MAX_OF_NETWORK), Shares::new(MAX_OF_USER));
        Self {
            hub,
            pool,
            shares: limits.rates.is_some().then_some(shares),
            trusted_proxies: limits.trusted_proxies.clone(),
        }
    }

    /// The shares of a stream in those of its network and of its user.
    ///
    /// # Errors
    /// [`Error::TooMany`] if one of them has too many streams.
    pub fn share(&self, request: &HttpRequest, user: Option<Uuid>) -> Result<Vec<Share>> {
        let Some((networks, users)) = &self.shares else {
            return Ok(Vec::new());
        };
        let too_many = || {
            self.hub.count_refusal();
            Error::TooMany(RETRY_AFTER)
        };
        let network = auth::network_key(request, &self.trusted_proxies);
        let mut shares = vec![networks.add(network, 1).ok_or_else(too_many)?];
        if let Some(user) = user {
            shares.push(users.add(user.as_u128(), 1).ok_or_else(too_many)?);
        }
        Ok(shares)
    }
}
