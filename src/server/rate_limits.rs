//! Rate limits: reads by client address, writes by user, and no limit for an operator. Each client has a bucket that
//! holds a burst of requests and is refilled at a steady rate (GCRA). The headers of every response contain the number
//! of requests left, as in draft-ietf-httpapi-ratelimit-headers-10.

use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use bytes::Bytes;
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use xxhash_rust::xxh3::xxh3_128;

use super::metrics::LimitMetrics;
use super::response_body::{SLICE, sliced};
use crate::auth::{self, AdminGuard, Authenticator};
use crate::config::{LimitsConfig, Rate, Rates, TrustedProxies};
use crate::db::Job;
use crate::error::Error;
use crate::http::{Share, Shares};

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// The time between two sweeps. A sweep drops every bucket that is full again, so memory is bounded by the number of
/// clients that send requests within the time in which a bucket fills.
pub const SWEEP: Duration = Duration::from_secs(10);
/// The bytes of long responses that the server holds for one network, until the kernel has taken them for sending. The
/// kernel takes the first 128 KiB of a response at once. A client that reads nothing is disconnected after 10 seconds.
const MAX_UNSENT: usize = 8 * 1024 * 1024;
/// The searches of one network at the same time. They share four connections with those of all other networks.
const MAX_SEARCHES: usize = 8;
const SEARCH: &str = "/api/activities/search";
/// In seconds: a client that reads nothing is disconnected within this time, and its bytes are free again.
const RETRY_UNSENT: u64 = 10;
/// In seconds: most searches take less.
const RETRY_SEARCH: u64 = 1;

/// The buckets of all clients.
pub struct RateLimits {
    /// The policies for reads and for writes; `None` with `RATE_LIMIT=off`.
    policies: Option<(Policy, Policy)>,
    /// The bytes of long responses that wait to be sent.
    unsent: Arc<Shares>,
    /// The searches that run or wait for a connection.
    searches: Arc<Shares>,
    trusted_proxies: TrustedProxies,
    refusals: LimitMetrics,
}

/// The limit of reads or of writes, with a bucket for each client.
pub struct Policy {
    name: &'static str,
    buckets: RateLimiter<u128, DashMapStateStore<u128>, DefaultClock, StateInformationMiddleware>,
    /// The value of `RateLimit-Policy`: the burst, and the number of seconds in which the bucket fills.
    description: HeaderValue,
}

/// The number of requests left in a bucket, or the time until the next one is allowed.
pub type Decision = Result<u32, Duration>;

impl RateLimits {
    /// Starts with full buckets of the configured rates.
    pub fn new(config: &LimitsConfig, refusals: LimitMetrics) -> Self {
        let policies = |rates: Rates| {
            (
                Policy::new("read", rates.reads),
                Policy::new("write", rates.writes),
            )
        };
        Self {
            policies: config.rates.map(policies),
            unsent: Shares::new(MAX_UNSENT),
            searches: Shares::new(MAX_SEARCHES),
            trusted_proxies: config.trusted_proxies.clone(),
            refusals,
        }
    }

    /// Drops buckets that are full again, every ten to fifteen seconds, until the task is aborted.
    pub async fn sweep_forever(&self, job: Job) {
        job.repeat_forever(async || {
            if let Some((reads, writes)) = &self.policies {
                for buckets in [&reads.buckets, &writes.buckets] {
                    buckets.retain_recent();
                    buckets.shrink_to_fit();
                }
            }
            Ok(())
        })
        .await;
    }

    /// Takes the request from its client's bucket; `None` if the request has no limit.
    pub async fn decide(&self, request: &ServiceRequest) -> Option<(&Policy, Decision)> {
        let (reads, writes) = self.policies.as_ref()?;
        if is_exempt(request.path()) {
            return None;
        }
        if is_of_operator(request).await {
            return None;
        }
        let address = self.key_of_address(request.request());
        let (policy, key) = match *request.method() {
            Method::GET | Method::HEAD => (reads, address),
            // Boxed, because this future would otherwise enlarge the future of every read.
            _ => (
                writes,
                Box::pin(key_of_user(request)).await.unwrap_or(address),
            ),
        };
        let decision = policy.take(key);
        if decision.is_err() {
            self.refusals.count(policy.name);
        }
        Some((policy, decision))
    }

    /// The share of the request in its network's searches; other requests need none.
    ///
    /// # Errors
    /// [`Error::TooMany`] if the network has too many.
    pub fn begin_search(&self, request: &ServiceRequest) -> Result<Option<Share>, Error> {
        if self.policies.is_none() || request.path() != SEARCH {
            return Ok(None);
        }
        let share = self.searches.add(self.key_of_address(request.request()), 1);
        share.map(Some).ok_or_else(|| {
            self.refusals.count("search");
            Error::TooMany(RETRY_SEARCH)
        })
    }

    /// The key of the client's network.
    fn key_of_address(&self, request: &HttpRequest) -> u128 {
        auth::network_key(request, &self.trusted_proxies)
    }
}

/// The key of the request's user; `None` without a valid token, since invented tokens would otherwise each get a new
/// bucket.
async fn key_of_user(request: &ServiceRequest) -> Option<u128> {
    if !request.headers().contains_key(header::AUTHORIZATION) {
        return None;
    }
    let authenticator = request.app_data::<Data<Authenticator>>()?;
    let user = authenticator.identify(request.request()).await.ok()??;
    Some(xxh3_128(user.subject().as_bytes()))
}

/// Whether the path has no rate limit: probes and metrics must work under load.
fn is_exempt(path: &str) -> bool {
    matches!(
        path,
        "/livez" | "/readyz" | "/metrics" | "/api/health-check"
    )
}

/// Whether this is a request to `/admin` by an operator, who must get through while the clients of the same network
/// have used up its bucket.
async fn is_of_operator(request: &ServiceRequest) -> bool {
    let path = request.path();
    if path != "/admin" && !path.starts_with("/admin/") {
        return false;
    }
    match request.app_data::<Data<AdminGuard>>() {
        // Boxed, because this future would otherwise enlarge the future of every read.
        Some(guard) => Box::pin(guard.is_operator(request.request())).await,
        None => false,
    }
}

impl Policy {
    fn new(name: &'static str, rate: Rate) -> Self {
        let quota = Quota::per_second(rate.per_second).allow_burst(rate.burst);
        let window = rate.burst.get().div_ceil(rate.per_second.get());
        let description = format!("\"{name}\";q={};w={window}", rate.burst);
        Self {
            name,
            buckets: RateLimiter::dashmap(quota).with_middleware(),
            description: HeaderValue::from_str(&description)
                .unwrap_or_else(|_| HeaderValue::from_static(name)),
        }
    }

    fn take(&self, key: u128) -> Decision {
        match self.buckets.check_key(&key) {
            Ok(state) => Ok(state.remaining_burst_capacity()),
            Err(not_until) => Err(not_until.wait_time_from(DefaultClock::default().now())),
        }
    }

    /// Adds the state of the bucket to the headers of a response.
    pub fn describe(&self, decision: Decision, headers: &mut HeaderMap) {
        headers.insert(RATE_LIMIT_POLICY, self.description.clone());
        let state = match decision {
            Ok(left) => format!("\"{}\";r={left}", self.name),
            Err(wait) => {
                let seconds = whole_seconds(wait);
                headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
                format!("\"{}\";r=0;t={seconds}", self.name)
            }
        };
        if let Ok(value) = HeaderValue::try_from(state) {
            headers.insert(RATE_LIMIT, value);
        }
    }
}

/// Rounded up, so that a client that waits this long is not refused again.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

/// The response with these bytes as its body, or 429 if the clients of the network leave too many bytes unread.
pub fn send(request: &HttpRequest, response: HttpResponse<()>, bytes: Bytes) -> HttpResponse {
    let limits = request.app_data::<Data<RateLimits>>();
    let limits = limits.filter(|limits| limits.policies.is_some() && bytes.len() > SLICE);
    let add = |limits: &Data<RateLimits>| {
        let unsent = limits
            .unsent
            .add(limits.key_of_address(request), bytes.len());
        if unsent.is_none() {
            limits.refusals.count("unsent");
        }
        unsent
    };
    match limits.map(add) {
        Some(None) => Error::TooMany(RETRY_UNSENT).error_response(),
        unsent => response.set_body(sliced(bytes, unsent.flatten())),
    }
}
