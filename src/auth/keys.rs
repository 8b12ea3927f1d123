//! The public keys of the user pool, fetched when a token names an unknown key. `cognito` verifies the token.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, JwkSet};
use tokio::sync::{Mutex, watch};

use crate::error::{Cause, Error, Result, chain};

/// Shorter than the deadline of a request, which is three seconds, so that the request gets a precise error.
const FETCH_TIMEOUT: Duration = Duration::from_secs(2);
/// The minimum time between two fetches, because a client can invent any number of key ids.
const FETCH_INTERVAL: Duration = Duration::from_secs(10);

type KeysById = HashMap<String, Arc<DecodingKey>>;

/// The pool's keys by their id (`kid`). A failed fetch leaves the known keys in use.
pub(super) struct Keys {
    shared: Arc<Shared>,
}

struct Shared {
    url: String,
    client: reqwest::Client,
    known: watch::Sender<KeysById>,
    /// When the last fetch began. It is locked during a fetch, so only one runs at a time.
    last_fetch: Mutex<Option<Instant>>,
}

impl Keys {
    /// Starts without keys; the first token causes the first fetch.
    ///
    /// # Errors
    /// The HTTP client cannot be built.
    pub(super) fn new(url: &str) -> Result<Self> {
        let client = reqwest::Client::builder()
            .timeout(FETCH_TIMEOUT)
            .build()
            .map_err(|error| {
                Error::internal(
                    "the HTTP client for the user pool's keys cannot be built",
                    error,
                )
            })?;
        Ok(Self {
            shared: Arc::new(Shared {
                url: url.to_owned(),
                client,
                known: watch::Sender::new(KeysById::new()),
                last_fetch: Mutex::new(None),
            }),
        })
    }

    /// The key with this id; `None` if the pool has no such key.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if no key could be fetched since the start.
    pub(super) async fn find(&self, id: &str) -> Result<Option<Arc<DecodingKey>>> {
        if let Some(key) = self.shared.known(id) {
            return Ok(Some(key));
        }
        let (shared, id) = (self.shared.clone(), id.to_owned());
        // A separate task, so that the fetch goes on for other requests if this client closes its connection.
        let key = tokio::spawn(async move { shared.find_or_fetch(&id).await })
            .await
            .map_err(|error| Error::internal("the task that fetches the keys panicked", error))?;
        if key.is_none() && self.shared.known.borrow().is_empty() {
            return Err(Error::Unavailable(
                "the user pool's keys could not be fetched",
                None,
            ));
        }
        Ok(key)
    }
}

impl Shared {
    fn known(&self, id: &str) -> Option<Arc<DecodingKey>> {
        self.known.borrow().get(id).cloned()
    }

    async fn find_or_fetch(&self, id: &str) -> Option<Arc<DecodingKey>> {
        let mut last_fetch = self.last_fetch.lock().await;
        if let Some(key) = self.known(id) {
            return Some(key);
        }
        if last_fetch.is_some_and(|at| at.elapsed() < FETCH_INTERVAL) {
            return None;
        }
        *last_fetch = Some(Instant::now());
        match self.fetch().await {
            Ok(keys) => {
                tracing::info!(keys = keys.len(), "fetched the user pool's keys");
                self.known.send_replace(keys);
            }
            Err(error) => tracing::warn!(
                error = chain(&*error),
                "the user pool's keys could not be fetched; the known keys stay in use"
            ),
        }
        self.known(id)
    }

    async fn fetch(&self) -> Result<KeysById, Cause> {
        let response = self.client.get(&self.url).send().await?;
        let set: JwkSet = response.error_for_status()?.json().await?;
        let keys: KeysById = set
            .keys
            .into_iter()
            .filter(|key| matches!(key.algorithm, AlgorithmParameters::RSA(_)))
            .filter_map(|key| {
                let decoding_key = DecodingKey::from_jwk(&key).ok()?;
                Some((key.common.key_id?, Arc::new(decoding_key)))
            })
            .collect();
        match keys.is_empty() {
            true => Err("the response holds no RSA key".into()),
            false => Ok(keys),
        }
    }
}
