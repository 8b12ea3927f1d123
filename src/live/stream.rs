//! The body of a response that never ends by itself: what the client has missed, then the events of the hub.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use bytes::Bytes;

use super::hub::Registration;
use crate::http::{PeerState, Share};

/// The events of one stream.
pub struct EventStream {
    /// What comes first.
    first: VecDeque<Bytes>,
    registration: Registration,
    peer: Option<PeerState>,
    _shares: Vec<Share>,
}

impl EventStream {
    /// Sends `first` and then what the hub delivers, until the hub or the client ends the stream. The shares in the limits
    /// live as long.
    pub fn new(
        first: Vec<Bytes>,
        registration: Registration,
        peer: Option<PeerState>,
        shares: Vec<Share>,
    ) -> Self {
        Self {
            first: first.into(),
            registration,
            peer,
            _shares: shares,
        }
    }
}

impl MessageBody for EventStream {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        // Actix goes on writing to a client that has closed its side, and would notice its end with the next heartbeat.
        if self.peer.as_ref().is_some_and(PeerState::is_closed) {
            return Poll::Ready(None);
        }
        if let Some(event) = self.first.pop_front() {
            if self.first.is_empty() {
                // Most streams wait for hours.
                self.first = VecDeque::new();
            }
            return Poll::Ready(Some(Ok(event)));
        }
        let next = self.registration.subscriber.poll_next(context);
        next.map(|event| event.map(Ok))
    }
}
