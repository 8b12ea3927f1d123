//! A provider of public addresses on loopback, which returns the address that a test gives it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

/// A provider whose response the test can change.
pub struct AddressProvider {
    server: MockServer,
    answer: Arc<Mutex<String>>,
}

impl AddressProvider {
    /// Responds with `answer`.
    pub async fn responding(answer: &str) -> Self {
        let server = MockServer::start().await;
        let answer = Arc::new(Mutex::new(answer.to_owned()));
        let response = CurrentResponse(answer.clone());
        Mock::given(any())
            .respond_with(response)
            .mount(&server)
            .await;
        Self { server, answer }
    }

    /// Responds with `answer` from now on.
    pub fn set_response(&self, answer: &str) {
        answer.clone_into(&mut self.answer.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub fn url(&self) -> String {
        self.server.uri()
    }
}

/// Makes a provider that never responds.
pub const SILENT: &str = "silent";
/// Makes a provider that responds with an error.
pub const BROKEN: &str = "broken";

struct CurrentResponse(Arc<Mutex<String>>);

impl Respond for CurrentResponse {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        let answer = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        match answer.as_str() {
            SILENT => ResponseTemplate::new(200).set_delay(Duration::from_secs(30)),
            BROKEN => ResponseTemplate::new(500).set_body_string("8.8.4.4"),
            _ => ResponseTemplate::new(200).set_body_string(answer),
        }
    }
}

/// The value of PUBLIC_IP_URLS.
pub fn urls(providers: &[AddressProvider]) -> String {
    let urls: Vec<String> = providers.iter().map(AddressProvider::url).collect();
    urls.join(",")
}
