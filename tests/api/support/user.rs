//! A client with an access token of a user.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Answer, TestApp};

/// A signed-in user.
pub struct User<'app> {
    pub app: &'app TestApp,
    pub handle: String,
    pub token: String,
}

impl User<'_> {
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.app.request(method, path).bearer_auth(&self.token)
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        Answer::of(self.request(Method::POST, path).json(body)).await
    }

    /// Sends a PUT without a body.
    pub async fn put(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::PUT, path)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::DELETE, path)).await
    }

    /// Creates an activity, and returns the new activity.
    pub async fn create_activity(&self, message: &str) -> Value {
        self.post(
            "/api/activities",
            &json!({ "message": message, "ttl": "7-days" }),
        )
        .await
        .ok()
    }

    /// Replies to `parent`, and returns the reply.
    pub async fn reply(&self, parent: &Value, message: &str) -> Value {
        let path = format!("/api/activities/{}/reply", id(parent));
        self.post(&path, &json!({ "message": message })).await.ok()
    }
}

/// An object's uuid.
pub fn id(object: &Value) -> &str {
    object["uuid"].as_str().expect("a uuid")
}
