//! The public keys of the user pool, fetched when a token names one that is not known yet. Judging
//! the token is `cognito`'s.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, JwkSet};
use tokio::sync::{Mutex, watch};

use crate::error::{Cause, Error, Result, chain};

/// A request waits three seconds at most, and has more to do than this.
const FETCH_TIMEOUT: Duration = Duration::from_secs(2);
/// After a fetch that did not bring the key that was asked for, nobody fetches for so long: anyone
/// can make up key ids.
const FLOOR: Duration = Duration::from_secs(10);

type KeysById = HashMap<String, Arc<DecodingKey>>;

/// The pool's keys by their id (`kid`). The last ones serve for as long as no others are to be had.
pub(super) struct Keys {
    shared: Arc<Shared>,
}

struct Shared {
    url: String,
    client: reqwest::Client,
    known: watch::Sender<KeysById>,
    /// Held during a fetch, so that there is one at a time; when one was last in vain.
    in_vain: Mutex<Option<Instant>>,
}

impl Keys {
    /// Fetches nothing yet.
    pub(super) fn new(url: &str) -> Result<Self> {
        let client = reqwest::Client::builder()
            .timeout(FETCH_TIMEOUT)
            .build()
            .map_err(|error| Error::internal("the client for the keys cannot be built", error))?;
        Ok(Self {
            shared: Arc::new(Shared {
                url: url.to_owned(),
                client,
                known: watch::Sender::new(KeysById::new()),
                in_vain: Mutex::new(None),
            }),
        })
    }

    /// The key with that id; `None` when the pool has no such key.
    ///
    /// # Errors
    /// [`Error::Unavailable`] while no key at all could be fetched yet.
    pub(super) async fn find(&self, id: &str) -> Result<Option<Arc<DecodingKey>>> {
        if let Some(key) = self.shared.known(id) {
            return Ok(Some(key));
        }
        let (shared, id) = (self.shared.clone(), id.to_owned());
        // A task, because a client that hangs up must not break off what others wait for.
        let key = tokio::spawn(async move { shared.find_or_fetch(&id).await })
            .await
            .map_err(|error| Error::internal("fetching the keys broke off", error))?;
        if key.is_none() && self.shared.known.borrow().is_empty() {
            return Err(Error::Unavailable("the user pool's keys are away", None));
        }
        Ok(key)
    }
}

impl Shared {
    fn known(&self, id: &str) -> Option<Arc<DecodingKey>> {
        self.known.borrow().get(id).cloned()
    }

    async fn find_or_fetch(&self, id: &str) -> Option<Arc<DecodingKey>> {
        let mut in_vain = self.in_vain.lock().await;
        if let Some(key) = self.known(id) {
            return Some(key);
        }
        if in_vain.is_some_and(|at| at.elapsed() < FLOOR) {
            return None;
        }
        match self.fetch().await {
            Ok(keys) => {
                tracing::info!(keys = keys.len(), "fetched the user pool's keys");
                self.known.send_replace(keys);
            }
            Err(error) => tracing::warn!(
                error = chain(&*error),
                "the user pool's keys could not be fetched; those known go on"
            ),
        }
        let key = self.known(id);
        if key.is_none() {
            *in_vain = Some(Instant::now());
        }
        key
    }

    async fn fetch(&self) -> Result<KeysById, Cause> {
        let answer = self.client.get(&self.url).send().await?;
        let set: JwkSet = answer.error_for_status()?.json().await?;
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
            true => Err("the answer holds no RSA key".into()),
            false => Ok(keys),
        }
    }
}
