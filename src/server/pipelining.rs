//! Limits how many requests of a connection the server has read and not answered. Actix parses every request that it
//! has received, and a parsed one takes 7 KB: a client could fill the memory with requests of 20 bytes.

use std::cell::{Cell, RefCell};
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};

use actix_web::rt::net::TcpStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::request_heads::RequestHeads;
use crate::http::PeerState;

/// The requests of a connection that the server reads before it has answered the first of them.
const MAX_UNANSWERED: usize = 4;
/// The bytes that the server reads at once. Actix's buffer has room for as many, unless it has grown for a long head or body;
/// only then does the room have to be initialised, which costs more than the read.
const READ: usize = 8 * 1024;

/// The number of a connection's requests that were read and are not answered.
#[derive(Default)]
pub struct Unanswered {
    requests: Cell<usize>,
    /// Woken when the connection may read again.
    reader: RefCell<Option<Waker>>,
}

impl Unanswered {
    /// Subtracts an answered request.
    pub fn answer_one(&self) {
        self.requests.set(self.requests.get().saturating_sub(1));
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }

    fn allowed(&self) -> usize {
        MAX_UNANSWERED.saturating_sub(self.requests.get())
    }
}

/// A connection of which Actix reads no more requests than the limit.
pub struct PacedStream {
    stream: TcpStream,
    heads: RequestHeads,
    /// What was received and may not be read yet.
    held: Vec<u8>,
    unanswered: Rc<Unanswered>,
    peer: PeerState,
}

impl PacedStream {
    /// Limits the requests that are read from `stream`.
    pub fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            heads: RequestHeads::default(),
            held: Vec::new(),
            unanswered: Rc::default(),
            peer: PeerState::default(),
        }
    }

    /// The number of unanswered requests, from which the server subtracts each one that it answers.
    pub fn unanswered(&self) -> Rc<Unanswered> {
        self.unanswered.clone()
    }

    /// Whether the client has closed its side.
    pub fn peer(&self) -> PeerState {
        self.peer.clone()
    }

    /// Counts the requests in `bytes` and returns how many of the bytes may be read.
    fn count(&mut self, bytes: &[u8]) -> usize {
        let (read, heads) = self.heads.read(bytes, self.unanswered.allowed());
        let requests = &self.unanswered.requests;
        requests.set(requests.get() + heads);
        read
    }

    fn is_blocked(&self) -> bool {
        self.heads.is_between_requests() && self.unanswered.allowed() == 0
    }
}

impl AsyncRead for PacedStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.is_blocked() {
            *this.unanswered.reader.borrow_mut() = Some(context.waker().clone());
            return Poll::Pending;
        }
        if !this.held.is_empty() {
            let mut held = std::mem::take(&mut this.held);
            let length = held.len().min(buffer.remaining());
            let read = this.count(&held[..length]);
            buffer.put_slice(&held[..read]);
            held.drain(..read);
            this.held = held;
            return Poll::Ready(Ok(()));
        }
        let start = buffer.filled().len();
        let room = buffer.remaining();
        if room <= READ {
            ready!(Pin::new(&mut this.stream).poll_read(context, buffer))?;
        } else {
            let mut part = ReadBuf::new(buffer.initialize_unfilled_to(READ));
            ready!(Pin::new(&mut this.stream).poll_read(context, &mut part))?;
            let received = part.filled().len();
            buffer.advance(received);
        }
        let received = &buffer.filled()[start..];
        if received.is_empty() && room > 0 {
            this.peer.close();
        }
        let read = this.count(received);
        this.held.extend_from_slice(&received[read..]);
        buffer.set_filled(start + read);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for PacedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
