//! Writes for a crowd, each with what it must come to.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, User};

pub const POSTS: &str = "/api/activities";

/// One write of a crowd, and what it must come to: its text or a refusal.
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

    pub fn under(self, key: &'static str) -> Self {
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
            // 409: another one with the key still runs, and this one is to ask again. 408: the
            // server was about to close a connection that had been opened in reserve.
            if !matches!(answer.status, 408 | 409) {
                return answer;
            }
        }
    }

    /// Asserts that `answer` is this write's own.
    fn check(&self, answer: &Answer) {
        match self.expected {
            Err((status, code)) => answer.refused(status, code),
            Ok(()) => {
                let told = [&answer.body["message"], &answer.body["handle"]];
                let own = [&*self.message, &*self.user.handle].map(Value::from);
                assert_eq!(
                    (answer.status, told),
                    (200, own.each_ref()),
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

/// Sends all of them at the same instant and has each answer checked.
pub async fn burst(writes: &[Write<'_>]) -> Vec<Answer> {
    let answers = join_all(writes.iter().map(Write::send)).await;
    for (write, answer) in writes.iter().zip(&answers) {
        write.check(answer);
    }
    answers
}
