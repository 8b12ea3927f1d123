//! A client of `/admin`.

use reqwest::Method;
use serde_json::Value;

use super::{Answer, TestApp};

/// The value of the setting `ADMIN_TOKEN` in the tests.
pub const ADMIN_TOKEN: &str = "the-admin-token-of-all-the-tests-0123456789";

/// An operator, who may have a token.
pub struct Operator<'app> {
    pub app: &'app TestApp,
    pub token: Option<String>,
}

impl TestApp {
    /// Starts a server with an admin token on a migrated database without users.
    pub async fn start_operated() -> Self {
        Self::start_with(&[("ADMIN_TOKEN", ADMIN_TOKEN)]).await
    }

    /// An operator with the admin token.
    pub fn admin(&self) -> Operator<'_> {
        self.operator(ADMIN_TOKEN)
    }

    /// An operator with this token, valid or not.
    pub fn operator(&self, token: &str) -> Operator<'_> {
        Operator {
            app: self,
            token: Some(token.to_owned()),
        }
    }
}

impl Operator<'_> {
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.app.request(method, path);
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        Answer::of(self.request(Method::POST, path).json(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::DELETE, path)).await
    }
}

impl Answer {
    /// Asserts a refusal as problem details, and returns its `detail`.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> &str {
        assert_eq!(
            (self.status, &self.body["code"], &self.body["status"]),
            (status, &code.into(), &status.into()),
            "{}",
            self.body
        );
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json")
        );
        self.body["detail"].as_str().unwrap_or_default()
    }
}
