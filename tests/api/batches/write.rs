//! Concurrent writes, each with its expected outcome.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, User};

pub const POSTS: &str = "/api/activities";

/// A write and its expected outcome: the stored text, or a refusal with a status and a code.
pub struct Write<'app> {
    pub user: &'app User<'app>,
    pub path: String,
    pub message: String,
    pub key: Option<&'static str>,
    pub expected: Result<(), (u16, &'static str)>,
}

impl<'app> Write<'app> {
    pub fn new(user: &'app User<'app>, path: &str, message: impl Into<String>) -> Self {
        Self {
            user,
            path: path.to_owned(),
            message: message.into(),
            key: None,
            expected: Ok(()),
        }
    }

    pub fn with_key(self, key: &'static str) -> Self {
        Self {
            key: Some(key),
            ..self
        }
    }

    pub fn refused(self, status: u16, code: &'static str) -> Self {
        Self {
            expected: Err((status, code)),
            ..self
        }
    }

    pub async fn send(&self) -> Answer {
        let body = json!({ "message": self.message, "ttl": "1-hour" });
        let request = self.user.request(Method::POST, &self.path).json(&body);
        let request = match self.key {
            Some(key) => request.header("Idempotency-Key", key),
            None => request,
        };
        loop {
            let answer = Answer::of(request.try_clone().expect("a body in memory")).await;
            // 409: a write with the same key is in flight, and the client must repeat this one. 408: the server
            // closed a connection that the client had opened in reserve.
            if !matches!(answer.status, 408 | 409) {
                return answer;
            }
        }
    }

    /// Asserts that `answer` is the expected response to this write.
    fn check(&self, answer: &Answer) {
        match self.expected {
            Err((status, code)) => answer.refused(status, code),
            Ok(()) => {
                let actual = [&answer.body["message"], &answer.body["handle"]];
                let expected = [&*self.message, &*self.user.handle].map(Value::from);
                assert_eq!(
                    (answer.status, actual),
                    (200, expected.each_ref()),
                    "{}",
                    answer.body
                );
                let parent = self.path.split('/').nth(3);
                assert_eq!(answer.body["reply_to_activity_uuid"].as_str(), parent);
            }
        }
    }
}

pub fn reply_to(parent: &str) -> String {
    format!("{POSTS}/{parent}/reply")
}

/// Sends all writes concurrently and checks each response.
pub async fn burst(writes: &[Write<'_>]) -> Vec<Answer> {
    let answers = join_all(writes.iter().map(Write::send)).await;
    for (write, answer) in writes.iter().zip(&answers) {
        write.check(answer);
    }
    answers
}
