//! Bodies of long responses. The server copies a slice at a time into the buffer of a connection, so that a client that
//! reads slowly costs little memory.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use bytes::Bytes;

use crate::http::Share;

/// The length of a slice, in bytes. A shorter body is sent as it is; usual pages are shorter.
pub const SLICE: usize = 16 * 1024;
/// A body that yields one slice at a time.
struct SlicedBody {
    rest: Bytes,
    _unsent: Option<Share>,
}

/// A body with these bytes, in slices if it is long. `unsent` lives as long as the body.
pub fn sliced(bytes: Bytes, unsent: Option<Share>) -> BoxBody {
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
