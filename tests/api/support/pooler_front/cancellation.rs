//! Cancel requests: a client names itself by the key that the pooler gave it, and the pooler cancels the statement of
//! the session that the client uses.

use std::collections::HashMap;
use std::io::Result;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::connect;

/// A session's key; it is locked while a cancel request with it is under way.
pub type Key = tokio::sync::Mutex<Vec<u8>>;

/// The length of a cancel request and its code.
const HEAD: [u8; 8] = [0, 0, 0, 16, 0x04, 0xd2, 0x16, 0x2e];

/// The keys of the sessions that clients use at present.
#[derive(Default)]
pub struct Cancellations {
    keys: Mutex<HashMap<Vec<u8>, Arc<Key>>>,
}

/// Until its end the statement of a client can be cancelled.
pub struct Cancellable<'a> {
    cancellations: &'a Cancellations,
    client: Vec<u8>,
    session: Arc<Key>,
}

pub fn is_cancel_request(startup: &[u8]) -> bool {
    startup.starts_with(&HEAD)
}

/// The key that the pooler gives to a client.
pub fn client_key(number: u32) -> Vec<u8> {
    [number.to_be_bytes(), [0; 4]].concat()
}

impl Cancellations {
    pub fn insert(&self, client: u32, session: &Arc<Key>) -> Cancellable<'_> {
        let client = client_key(client);
        let mut keys = self.keys.lock().expect("the keys");
        keys.insert(client.clone(), session.clone());
        Cancellable {
            cancellations: self,
            client,
            session: session.clone(),
        }
    }

    fn find(&self, client: &[u8]) -> Option<Arc<Key>> {
        self.keys.lock().expect("the keys").get(client).cloned()
    }

    pub async fn cancel(&self, request: &[u8]) -> Result<()> {
        let client = &request[HEAD.len()..];
        let Some(session) = self.find(client) else {
            return Ok(());
        };
        let key = session.lock().await;
        // The transaction may have ended in the meantime, and another client may use the session.
        if self
            .find(client)
            .is_none_or(|now| !Arc::ptr_eq(&now, &session))
        {
            return Ok(());
        }
        let mut server = connect().await?;
        server.write_all(&[&HEAD, key.as_slice()].concat()).await?;
        // PostgreSQL closes the connection when it has sent the signal.
        server.read_to_end(&mut Vec::new()).await.map(drop)
    }
}

impl Cancellable<'_> {
    /// Ends it after the cancel request that is under way.
    pub async fn end(self) {
        let session = self.session.clone();
        drop(self);
        drop(session.lock().await);
    }
}

impl Drop for Cancellable<'_> {
    fn drop(&mut self) {
        let mut keys = self.cancellations.keys.lock().expect("the keys");
        keys.remove(&self.client);
    }
}
