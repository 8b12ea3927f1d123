//! Compares the answers of two servers.

use reqwest::Method;

use crate::support::TestApp;

/// Two servers with one database: the answers of the first one may be from memory.
pub struct Comparison<'a> {
    pub cached: &'a TestApp,
    pub cached_token: &'a str,
    pub fresh: &'a TestApp,
    pub fresh_token: &'a str,
    /// Whether the first server may respond 503.
    pub may_refuse: bool,
}

/// What is compared of a response.
type Read = (u16, Option<String>, Option<String>, String);

impl Comparison<'_> {
    /// Compares the responses to a GET. An activity may expire between two reads, so the fresh one is read before and
    /// after the other one until both are equal.
    pub async fn of(&self, path: &str, log: &[String]) {
        loop {
            let before = read(self.fresh, self.fresh_token, path).await;
            let cached = read(self.cached, self.cached_token, path).await;
            let after = read(self.fresh, self.fresh_token, path).await;
            if self.may_refuse && cached.0 == 503 {
                return;
            }
            if before == after {
                let history = || log[log.len().saturating_sub(12)..].join("\n");
                assert!(
                    cached == before,
                    "{path} after\n{}\nfrom memory: {cached:?}\nfresh: {before:?}",
                    history()
                );
                return;
            }
        }
    }
}

async fn read(app: &TestApp, token: &str, path: &str) -> Read {
    let request = app.request(Method::GET, path).bearer_auth(token);
    let response = request.send().await.expect("a response");
    let header = |name: &str| {
        let value = response.headers().get(name)?;
        Some(value.to_str().expect("a text").to_owned())
    };
    (
        response.status().as_u16(),
        header("etag"),
        header("link"),
        response.text().await.expect("a body"),
    )
}
