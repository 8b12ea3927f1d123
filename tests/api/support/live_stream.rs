//! A client of a stream of events, as a browser's `EventSource` reads it.

use reqwest::Method;
use serde_json::Value;

use super::{TIMEOUT, TestApp};

/// An event with data.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveEvent {
    pub name: String,
    pub data: Value,
    /// The last event id after this event.
    pub id: String,
}

/// An open stream.
pub struct LiveStream {
    response: reqwest::Response,
    unread: Vec<u8>,
    /// The last event id.
    pub id: String,
    /// After how many milliseconds the client connects again.
    pub retry: Option<u64>,
}

impl LiveStream {
    /// Opens a stream without a token.
    pub async fn open(app: &TestApp, query: &str) -> Self {
        Self::of(app.request(Method::GET, &format!("/api/live?{query}"))).await
    }

    /// Sends the request, and waits for the first block, after which the server has begun the stream.
    pub async fn of(request: reqwest::RequestBuilder) -> Self {
        Self::try_of(request).await.expect("the stream begins")
    }

    /// The same; `None` if the server refuses the request or ends before the first block.
    pub async fn try_of(request: reqwest::RequestBuilder) -> Option<Self> {
        let request = request.header("accept", "text/event-stream");
        let response = request.send().await.ok()?;
        if response.status() != 200 {
            return None;
        }
        let mut stream = Self {
            response,
            unread: Vec::new(),
            id: String::new(),
            retry: None,
        };
        while stream.retry.is_none() || stream.id.is_empty() {
            let block = stream.block().await?;
            assert_eq!(stream.event_of(&block), None, "{block}");
        }
        Some(stream)
    }

    /// Waits until the last event id is another one.
    pub async fn wait_for_id_other_than(&mut self, id: &str) {
        while self.id == id {
            let block = self.block().await.expect("the stream goes on");
            assert_eq!(self.event_of(&block), None, "{block}");
        }
    }

    pub fn headers(&self) -> &reqwest::header::HeaderMap {
        self.response.headers()
    }

    /// The next event; `None` at the end of the stream, also if the connection is cut.
    pub async fn next(&mut self) -> Option<LiveEvent> {
        loop {
            let block = self.block().await?;
            if let Some(event) = self.event_of(&block) {
                return Some(event);
            }
        }
    }

    /// The next event, which is there.
    pub async fn expect(&mut self) -> LiveEvent {
        self.next().await.expect("an event")
    }

    /// The names and data of the next events.
    pub async fn take(&mut self, count: usize) -> Vec<(String, Value)> {
        let mut events = Vec::new();
        for _ in 0..count {
            let event = self.expect().await;
            events.push((event.name, event.data));
        }
        events
    }

    async fn block(&mut self) -> Option<String> {
        loop {
            let end = self.unread.windows(2).position(|two| two == b"\n\n");
            if let Some(end) = end {
                let block = self.unread.drain(..end + 2).collect();
                return Some(String::from_utf8(block).expect("UTF-8"));
            }
            let chunk = tokio::time::timeout(TIMEOUT, self.response.chunk()).await;
            let chunk = chunk.expect("the stream goes on").ok()??;
            self.unread.extend_from_slice(&chunk);
        }
    }

    /// Notes the fields of a block, and returns its event if it has data.
    fn event_of(&mut self, block: &str) -> Option<LiveEvent> {
        let (mut name, mut data) = ("message".to_owned(), None);
        for line in block.trim_end().lines() {
            let (field, value) = line.split_once(':').expect("a field or a comment");
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "" => {}
                "id" => self.id = value.to_owned(),
                "event" => name = value.to_owned(),
                "data" => data = Some(serde_json::from_str(value).expect("JSON")),
                "retry" => self.retry = Some(value.parse().expect("a number")),
                other => panic!("the field {other}"),
            }
        }
        data.map(|data| LiveEvent {
            name,
            data,
            id: self.id.clone(),
        })
    }
}
