//! A fake of a Cognito user pool: it signs access tokens with keys of its own and serves the public keys on loopback.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rcgen::{KeyPair, PKCS_RSA_SHA256, PublicKeyData, RsaKeySize};
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::{TestApp, User};

const CLIENT: &str = "client-of-the-tests";
const KEYS_PATH: &str = "/keys";

/// The fake user pool.
pub struct Issuer {
    /// `None` after [`go_down`](Self::go_down).
    server: Option<MockServer>,
    url: String,
    jwks_url: String,
    keys: Arc<Mutex<Vec<SigningKey>>>,
}

#[derive(Clone)]
pub struct SigningKey {
    pub id: String,
    pub pair: Arc<KeyPair>,
}

impl SigningKey {
    pub fn generate(id: &str) -> Self {
        let pair = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048);
        Self {
            id: id.to_owned(),
            pair: Arc::new(pair.expect("a key")),
        }
    }

    pub fn sign(&self, header: &Header, claims: &Value) -> String {
        jsonwebtoken::encode(header, claims, &self.private()).expect("a token")
    }

    /// The public half as PEM.
    pub fn public_pem(&self) -> String {
        let der = self.pair.subject_public_key_info();
        let body = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, der);
        let lines: Vec<&str> = (0..body.len())
            .step_by(64)
            .map(|at| &body[at..body.len().min(at + 64)])
            .collect();
        let lines = lines.join("\n");
        format!("-----BEGIN PUBLIC KEY-----\n{lines}\n-----END PUBLIC KEY-----\n")
    }

    fn private(&self) -> EncodingKey {
        EncodingKey::from_rsa_pem(self.pair.serialize_pem().as_bytes()).expect("an RSA key")
    }

    fn jwk(&self) -> Jwk {
        let mut jwk =
            Jwk::from_encoding_key(&self.private(), Algorithm::RS256).expect("a public key");
        jwk.common.key_id = Some(self.id.clone());
        jwk
    }
}

impl Issuer {
    pub const POOL: &str = "eu-west-3_Tests";

    /// Starts a user pool with one key, `key-1`.
    pub async fn start() -> Self {
        let server = MockServer::builder().start().await;
        let keys = Arc::new(Mutex::new(vec![SigningKey::generate("key-1")]));
        let served = keys.clone();
        Mock::given(method("GET"))
            .and(path(KEYS_PATH))
            .respond_with(move |_: &Request| {
                let keys = served.lock().unwrap_or_else(PoisonError::into_inner);
                let set: Vec<Jwk> = keys.iter().map(SigningKey::jwk).collect();
                ResponseTemplate::new(200).set_body_json(json!({ "keys": set }))
            })
            .mount(&server)
            .await;
        Self {
            url: server.uri(),
            jwks_url: format!("{}{KEYS_PATH}", server.uri()),
            server: Some(server),
            keys,
        }
    }

    /// The settings with which a server accepts tokens of this pool.
    pub fn settings(&self) -> Vec<(&'static str, &str)> {
        vec![
            ("AWS_COGNITO_USER_POOL_ID", Self::POOL),
            ("AWS_COGNITO_USER_POOL_CLIENT_ID", CLIENT),
            ("COGNITO_JWKS_URL", &self.jwks_url),
            ("AWS_ENDPOINT_URL", &self.url),
        ]
    }

    /// The claims of a valid token, which a test may change.
    pub fn claims(&self, subject: &str) -> Value {
        let now = now();
        json!({
            "sub": subject,
            "iss": format!("https://cognito-idp.eu-west-3.amazonaws.com/{}", Self::POOL),
            "client_id": CLIENT,
            "token_use": "access",
            "scope": "aws.cognito.signin.user.admin",
            "auth_time": now,
            "iat": now,
            "exp": now + 3_600,
            "jti": format!("{subject} at {now}"),
            "username": subject,
        })
    }

    /// A valid token.
    pub fn token(&self, subject: &str) -> String {
        self.sign(&self.claims(subject))
    }

    /// Signs with the newest key.
    pub fn sign(&self, claims: &Value) -> String {
        let key = self.key();
        key.sign(&header(Some(&key.id)), claims)
    }

    /// The newest key.
    pub fn key(&self) -> SigningKey {
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        keys.last().expect("a key").clone()
    }

    /// Adds a key, which signs from now on.
    pub fn rotate(&self, id: &str) {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        keys.push(SigningKey::generate(id));
    }

    /// The number of requests for the public keys.
    pub async fn fetches(&self) -> usize {
        self.requests(|request| request.url.path() == KEYS_PATH)
            .await
    }

    pub(super) async fn requests(&self, wanted: impl Fn(&Request) -> bool) -> usize {
        let requests = self.server().received_requests().await.unwrap_or_default();
        requests.iter().filter(|request| wanted(request)).count()
    }

    pub(super) fn server(&self) -> &MockServer {
        self.server.as_ref().expect("the user pool is up")
    }

    /// Stops the HTTP server of the pool.
    pub fn go_down(&mut self) {
        self.server = None;
    }

    /// Inserts a user into the database of `app`, with a token of this pool.
    pub async fn user<'app>(&self, app: &'app TestApp, handle: &str) -> User<'app> {
        app.insert_user(handle).await;
        User {
            app,
            handle: handle.to_owned(),
            token: self.token(&format!("sub-{handle}")),
        }
    }
}

/// A header for RS256.
pub fn header(key_id: Option<&str>) -> Header {
    let mut header = Header::new(Algorithm::RS256);
    header.kid = key_id.map(str::to_owned);
    header
}

/// Seconds since 1970.
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.expect("a clock that was set").as_secs()
}
