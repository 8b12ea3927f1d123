//! The post-confirmation trigger of Cognito, on AWS Lambda: `users::trigger` inserts a row for each user
//! that confirms a sign-up. The function returns the event unchanged, as Cognito requires.

use cruddur::config::{DatabaseConfig, Flags, Settings};
use cruddur::db::{Connector, Health, Pool};
use cruddur::error::{Error, chain};
use cruddur::users::trigger;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::Value;
use tracing::Level;

/// Lambda passes one event at a time to an execution environment.
const CONNECTIONS: usize = 1;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    // Fixed, because libraries log parameters at finer levels, among them users' e-mail addresses.
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_max_level(Level::INFO)
        .init();
    let pool = connect()?;
    // Shared by all events of this execution environment, so that they reuse the connection.
    let handle =
        async |event: LambdaEvent<Value>| match trigger::confirm_sign_up(&pool, &event.payload)
            .await
        {
            Ok(()) => Ok(event.payload),
            Err(error) => Err(report(&error)),
        };
    lambda_runtime::run(service_fn(handle)).await
}

/// The pool, which connects at the first event.
fn connect() -> Result<Pool, Error> {
    let mut settings = Settings::new(Flags::default());
    let database = DatabaseConfig::read_outside(&mut settings);
    settings.finish()?;
    Pool::new(
        &Connector::new(&database)?,
        CONNECTIONS,
        Health::unwatched(),
    )
}

/// Logs the error with its causes. Cognito shows the returned message to the user, so it names only
/// the step that failed.
fn report(error: &Error) -> Diagnostic {
    tracing::error!(error = chain(error), "the post-confirmation trigger failed");
    Diagnostic {
        error_type: "CruddurError".to_owned(),
        error_message: error.to_string(),
    }
}
