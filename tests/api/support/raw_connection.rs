//! One persistent connection to a server, for tests that send tens of thousands of requests or close the connection in
//! the middle of one.

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::TestApp;

/// The connection.
pub struct RawConnection {
    port: u16,
    stream: BufReader<TcpStream>,
    /// Whether the server has announced that it closes the connection.
    is_closing: bool,
}

impl RawConnection {
    pub async fn open(app: &TestApp) -> Self {
        Self::to(app.port).await
    }

    async fn to(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).await;
        let stream = stream.expect("the server listens");
        stream.set_nodelay(true).expect("a socket");
        Self {
            port,
            stream: BufReader::new(stream),
            is_closing: false,
        }
    }

    /// Sends a request, with `body` as JSON unless it is empty, and does not wait for the response.
    pub async fn send(&mut self, method: &str, path: &str, token: &str, body: &str) {
        if self.is_closing {
            *self = Self::to(self.port).await;
        }
        let head = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n");
        let identity = format!("authorization: Bearer {token}\r\n");
        let kind = match body {
            "" => "",
            _ => "content-type: application/json\r\n",
        };
        let length = body.len();
        let request = format!("{head}{identity}{kind}content-length: {length}\r\n\r\n{body}");
        self.write(request.as_bytes()).await;
    }

    /// Sends bytes.
    pub async fn write(&mut self, bytes: &[u8]) {
        let sent = self.stream.get_mut().write_all(bytes).await;
        sent.expect("the server reads");
    }

    /// Whether the last response announced that the server closes the connection.
    pub fn is_closing(&self) -> bool {
        self.is_closing
    }

    /// Closes the connection with a TCP reset.
    pub fn reset(self) {
        self.stream.get_ref().set_zero_linger().expect("a socket");
    }

    /// Status and body of the next response.
    pub async fn answer(&mut self) -> (u16, Vec<u8>) {
        let (mut status, mut length) = (0, 0);
        for number in 0.. {
            let mut line = String::new();
            self.stream
                .read_line(&mut line)
                .await
                .expect("a line of text");
            let line = line.trim_end().to_ascii_lowercase();
            assert!(
                number > 0 || !line.is_empty(),
                "the server closed the connection"
            );
            if number == 0 {
                status = line[9..12].parse().expect("a status");
            } else if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse().expect("a length");
            } else if line == "connection: close" {
                self.is_closing = true;
            } else if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await.expect("the body");
        (status, body)
    }
}
