//! PostgreSQL's protocol, as far as the pooler needs it.

use std::io::{Error, ErrorKind, Result};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

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

/// A socket whose messages can be awaited in a `select!`.
pub struct Stream<S> {
    socket: S,
    buffer: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Stream<S> {
    pub fn new(socket: S) -> Self {
        Self {
            socket,
            buffer: Vec::new(),
        }
    }

    pub async fn next(&mut self) -> Result<Message> {
        loop {
            if let Some(message) = self.buffered() {
                return Ok(message);
            }
            if self.socket.read_buf(&mut self.buffer).await? == 0 {
                return Err(Error::from(ErrorKind::UnexpectedEof));
            }
        }
    }

    fn buffered(&mut self) -> Option<Message> {
        let length: [u8; 4] = self.buffer.get(1..5)?.try_into().ok()?;
        let end = 1 + usize::try_from(u32::from_be_bytes(length)).ok()?;
        if self.buffer.len() < end {
            return None;
        }
        let rest = self.buffer.split_off(end);
        let bytes = std::mem::replace(&mut self.buffer, rest);
        Some(Message {
            kind: bytes[0],
            payload: bytes[5..].to_vec(),
        })
    }

    pub async fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.socket.write_all(bytes).await
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

/// The start-up message without one of its parameters.
pub fn without(parameter: &str, startup: &[u8]) -> Vec<u8> {
    let parameters = startup.get(8..).unwrap_or_default();
    let texts: Vec<&[u8]> = parameters.split(|byte| *byte == 0).collect();
    let mut kept = Vec::new();
    for pair in texts.chunks_exact(2) {
        if pair[0] != parameter.as_bytes() && !pair[0].is_empty() {
            for text in pair {
                kept.extend(*text);
                kept.push(0);
            }
        }
    }
    kept.push(0);
    let length = u32::try_from(kept.len() + 8).expect("a length");
    let mut message = length.to_be_bytes().to_vec();
    message.extend(startup.get(4..8).unwrap_or_default());
    message.extend(kept);
    message
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
