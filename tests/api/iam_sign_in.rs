//! Sign-in to the database with IAM tokens in place of a password, on a real PostgreSQL over TLS. The test sets the
//! account's password to the token that is valid at the time, as RDS would accept it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use cruddur::aws::TokenSigner;
use cruddur::config::{
    AwsConfig, ConnectionUrl, DatabaseAuth, DatabaseConfig, DatabaseLocation, Environment,
};
use cruddur::db::{Connector, Health, Pool};
use cruddur::error::chain;
use secrecy::{ExposeSecret, SecretString};

use crate::support::{Authority, ExternalPostgres, cruddur, default_programs};

const HOST: &str = "db.abc.us-east-1.rds.amazonaws.com";
const FIFTEEN_MINUTES: u64 = 15 * 60;

fn signer(clock: &Arc<AtomicU64>) -> TokenSigner {
    let credentials = Credentials::new("key", "secret", None, None, "test");
    let config = aws_config::SdkConfig::builder()
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build();
    let clock = clock.clone();
    TokenSigner::new(HOST, 5432, "cruddur", AwsConfig::default())
        .with_config(config)
        .with_clock(move || {
            SystemTime::UNIX_EPOCH + Duration::from_secs(clock.load(Ordering::Relaxed))
        })
}

/// A connector that signs in with the password of the URL.
fn by_password(postgres: &ExternalPostgres, authority: &Authority) -> Connector {
    let url = ConnectionUrl::parse(&postgres.url(HOST)).expect("a URL");
    let config = DatabaseConfig {
        bin_dir: None,
        search_path: None,
        target: DatabaseLocation::Url(Box::new(url)),
        auth: DatabaseAuth::Password,
        environment: Environment::Development,
        pool_size: 1,
        max_connections: None,
        authorities: vec![authority.file.clone()],
    };
    Connector::new(&config).expect("a connector")
}

#[tokio::test]
async fn a_new_connection_after_fifteen_minutes_signs_in_with_a_new_iam_token() {
    let authority = Authority::new();
    let postgres = ExternalPostgres::start(&default_programs(), Some(&authority.sign(HOST)));
    let by_password = by_password(&postgres, &authority);
    let admin = by_password.connect().await.expect("the password is right");
    let set_password = async |token: &SecretString| {
        let change = format!("alter user cruddur password '{}'", token.expose_secret());
        admin
            .batch_execute(&change)
            .await
            .expect("the password is changed");
    };

    let clock = Arc::new(AtomicU64::new(1_767_225_600));
    let by_token = by_password.with_signer(signer(&clock));
    let first = signer(&clock).sign().await.expect("a token");
    set_password(&first).await;
    by_token.connect().await.expect("the token is sent");
    clock.fetch_add(FIFTEEN_MINUTES, Ordering::Relaxed);
    by_token
        .connect()
        .await
        .expect_err("the old token is not sent again");
    let second = signer(&clock).sign().await.expect("a token");
    assert_ne!(first.expose_secret(), second.expose_secret());
    set_password(&second).await;
    by_token.connect().await.expect("the new token is sent");
}

#[tokio::test]
async fn without_a_signature_the_pool_never_signs_in_with_the_password_of_the_url() {
    let authority = Authority::new();
    let postgres = ExternalPostgres::start(&default_programs(), Some(&authority.sign(HOST)));
    let by_password = by_password(&postgres, &authority);
    by_password.connect().await.expect("the password is right");
    let without_credentials = TokenSigner::new(HOST, 5432, "cruddur", AwsConfig::default())
        .with_config(aws_config::SdkConfig::builder().build());
    let by_token = by_password.with_signer(without_credentials);
    let error = by_token.connect().await.expect_err("no token is signed");
    assert!(chain(&error).contains("DATABASE_AUTH=iam"), "{error}");
    let pool = Pool::new(&by_token, 1, Health::unwatched()).expect("a pool");
    let used = pool.run(async |_| Ok(())).await;
    assert!(used.is_err(), "the password is not sent");
}

#[test]
fn iam_sign_in_is_refused_without_a_verified_tls_connection() {
    for (name, url, word) in [
        (
            "CONNECTION_URL",
            "postgresql://cruddur@localhost/cruddur",
            "sslmode=verify-full",
        ),
        (
            "CONNECTION_URL",
            "host=db sslmode=disable",
            "sslmode=verify-full",
        ),
        (
            "CRUDDUR_DATA_DIR",
            "/tmp/no-database-is-started",
            "needs CONNECTION_URL",
        ),
    ] {
        let output = cruddur(&["db", "status"])
            .env("DATABASE_AUTH", "iam")
            .env(name, url)
            .output()
            .expect("cruddur runs");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains(word), "{stderr}");
    }
}
