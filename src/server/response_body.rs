//! Bodies of long responses. The server copies a slice at a time into the buffer of a connection, so that a client that
//! reads slowly costs little memory, and it limits the bytes that it holds for the clients of one network.

use std::collections::HashMap;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use bytes::Bytes;

/// The length of a slice, in bytes. A shorter body is sent as it is; usual pages are shorter.
pub const SLICE: usize = 16 * 1024;
/// The bytes of long responses that the server holds for one network, until the kernel has taken them for sending. The
/// kernel takes the first 128 KiB of a response at once. A client that reads nothing is disconnected after 10 seconds.
const MAX_UNSENT: usize = 8 * 1024 * 1024;

/// The bytes of long responses that wait to be sent, by the key of the client's network.
#[derive(Default)]
pub struct UnsentBytes(Mutex<HashMap<u128, usize>>);

/// A part of a network's bytes, which is returned when it is dropped.
pub struct Unsent {
    all: Arc<UnsentBytes>,
    network: u128,
    bytes: usize,
}

impl UnsentBytes {
    /// Adds `bytes` to those of the network; `None` if they would be more than 8 MiB. One response always fits.
    pub fn add(self: &Arc<Self>, network: u128, bytes: usize) -> Option<Unsent> {
        let mut networks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let unsent = networks.get(&network).copied().unwrap_or_default();
        if unsent > 0 && unsent + bytes > MAX_UNSENT {
            return None;
        }
        networks.insert(network, unsent + bytes);
        Some(Unsent {
            all: self.clone(),
            network,
            bytes,
        })
    }
}

impl Drop for Unsent {
    fn drop(&mut self) {
        let networks = self.all.0.lock();
        let mut networks = networks.unwrap_or_else(PoisonError::into_inner);
        if let Some(unsent) = networks.get_mut(&self.network) {
            *unsent -= self.bytes;
            if *unsent == 0 {
                networks.remove(&self.network);
            }
        }
    }
}

/// A body that yields one slice at a time.
struct SlicedBody {
    rest: Bytes,
    _unsent: Option<Unsent>,
}

/// A body with these bytes, in slices if it is long. `unsent` lives as long as the body.
pub fn sliced(bytes: Bytes, unsent: Option<Unsent>) -> BoxBody {
    if bytes.len() <= SLICE {
        return BoxBody::new(bytes);
    }
    BoxBody::new(SlicedBody {
        rest: bytes,
        _unsent: unsent,
    })
}

impl MessageBody for SlicedBody {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.rest.len() as u64)
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        let length = self.rest.len().min(SLICE);
        let slice = self.rest.split_to(length);
        Poll::Ready((!slice.is_empty()).then_some(Ok(slice)))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{MAX_UNSENT, UnsentBytes};

    #[test]
    fn a_network_holds_no_more_unsent_bytes_than_the_limit_and_returns_them() {
        let all = Arc::new(UnsentBytes::default());
        let half = all.add(1, MAX_UNSENT / 2).expect("it fits");
        let other_half = all.add(1, MAX_UNSENT / 2).expect("it fits");
        assert!(all.add(1, 1).is_none());
        assert!(all.add(2, MAX_UNSENT).is_some());
        drop(half);
        assert!(all.add(1, MAX_UNSENT / 2).is_some());
        drop(other_half);
        assert!(all.0.lock().expect("no panic").is_empty());
    }

    #[test]
    fn one_response_fits_however_long_it_is() {
        let all = Arc::new(UnsentBytes::default());
        let long = all.add(1, MAX_UNSENT * 2).expect("it fits");
        assert!(all.add(1, 1).is_none());
        drop(long);
        assert!(all.add(1, 1).is_some());
    }
}
