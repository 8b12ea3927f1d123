//! PostgreSQL's protocol, as far as the pooler needs it.

use std::io::{Error, ErrorKind, Result};

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::UnixStream;

/// A message: its type and everything after its length.
#[derive(Clone, Debug)]
pub struct Message {
    pub kind: u8,
    pub payload: Vec<u8>,
}

impl Message {
    pub fn encode(&self) -> Vec<u8> {
        let length = u32::try_from(self.payload.len() + 4).expect("a length");
        let mut bytes = vec![self.kind];
        bytes.extend(length.to_be_bytes());
        bytes.extend(&self.payload);
        bytes
    }
}

/// A socket whose messages can be awaited in a `select!`; what is to be sent waits for `flush`.
pub struct Stream<S> {
    socket: S,
    received: BytesMut,
    to_send: Vec<u8>,
}

impl Stream<UnixStream> {
    /// Whether the server has neither sent anything nor closed the session.
    pub fn is_quiet(&self) -> bool {
        self.socket
            .try_read(&mut [0])
            .is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Stream<S> {
    pub fn new(socket: S) -> Self {
        Self {
            socket,
            received: BytesMut::new(),
            to_send: Vec::new(),
        }
    }

    pub async fn next(&mut self) -> Result<Message> {
        loop {
            if let Some(message) = self.next_received() {
                return Ok(message);
            }
            self.receive().await?;
        }
    }

    pub async fn receive(&mut self) -> Result<()> {
        match self.socket.read_buf(&mut self.received).await? {
            0 => Err(Error::from(ErrorKind::UnexpectedEof)),
            _ => Ok(()),
        }
    }

    /// The next message, if all of it has been received.
    pub fn next_received(&mut self) -> Option<Message> {
        let length: [u8; 4] = self.received.get(1..5)?.try_into().ok()?;
        let end = 1 + usize::try_from(u32::from_be_bytes(length)).ok()?;
        if self.received.len() < end {
            return None;
        }
        let bytes = self.received.split_to(end);
        Some(Message {
            kind: bytes[0],
            payload: bytes[5..].to_vec(),
        })
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.to_send.extend(bytes);
    }

    pub async fn flush(&mut self) -> Result<()> {
        self.socket.write_all(&self.to_send).await?;
        self.to_send.clear();
        Ok(())
    }
}

/// The start-up message with its length.
pub async fn read_startup(client: &mut (impl AsyncRead + Unpin)) -> Result<Vec<u8>> {
    let length = client.read_u32().await?;
    let mut message = length.to_be_bytes().to_vec();
    let rest = u64::from(length).saturating_sub(4);
    client.take(rest).read_to_end(&mut message).await?;
    Ok(message)
}

/// The value of a parameter of a start-up message.
pub fn parameter(name: &str, startup: &[u8]) -> Option<String> {
    let (_, value) = parameters(startup).find(|(of, _)| *of == name.as_bytes())?;
    Some(String::from_utf8_lossy(value).into_owned())
}

/// The start-up message without one of its parameters.
pub fn without(name: &str, startup: &[u8]) -> Vec<u8> {
    let mut kept = Vec::new();
    for (of, value) in parameters(startup).filter(|(of, _)| *of != name.as_bytes()) {
        kept.extend([of, &[0], value, &[0]].concat());
    }
    kept.push(0);
    let length = u32::try_from(kept.len() + 8).expect("a length");
    let mut message = length.to_be_bytes().to_vec();
    message.extend(startup.get(4..8).unwrap_or_default());
    message.extend(kept);
    message
}

fn parameters(startup: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut texts = startup
        .get(8..)
        .unwrap_or_default()
        .split(|byte| *byte == 0);
    std::iter::from_fn(move || Some((texts.next()?, texts.next()?)))
        .filter(|(of, _)| !of.is_empty())
}

pub fn error_response(state: &str, text: &str) -> Vec<u8> {
    let mut payload = Vec::new();
    for (field, value) in [("S", "FATAL"), ("V", "FATAL"), ("C", state), ("M", text)] {
        payload.extend(field.bytes().chain(value.bytes()));
        payload.push(0);
    }
    payload.push(0);
    Message {
        kind: b'E',
        payload,
    }
    .encode()
}

/// The text that ends with a zero byte at `start`, and the position after it.
pub fn text_at(payload: &[u8], start: usize) -> (String, usize) {
    let rest = &payload[start..];
    let length = rest.iter().position(|byte| *byte == 0).expect("a text");
    let text = String::from_utf8_lossy(&rest[..length]).into_owned();
    (text, start + length + 1)
}
