//! The Cognito trigger, on AWS Lambda: who has confirmed their sign-up comes to exist here. The
//! event goes back as it came. What is done with it stands in `users::trigger`.

use cruddur::config::{DatabaseConfig, Flags, Settings};
use cruddur::db::{Connector, Health, Pool};
use cruddur::error::{Error, chain};
use cruddur::users::trigger;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::Value;
use tracing::Level;

/// Lambda gives an environment one event at a time.
const CONNECTIONS: usize = 1;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    // Fixed: at finer levels libraries write down what they are given, people's addresses too.
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_max_level(Level::INFO)
        .init();
    let pool = connect()?;
    // Shared by all events of this environment, so that the connection outlives each.
    let handle =
        async |event: LambdaEvent<Value>| match trigger::confirm_sign_up(&pool, &event.payload)
            .await
        {
            Ok(()) => Ok(event.payload),
            Err(error) => Err(report(&error)),
        };
    lambda_runtime::run(service_fn(handle)).await
}

/// Connects at the first event.
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

/// The whole chain for the log; for Cognito, which shows it to people, no more than the step.
fn report(error: &Error) -> Diagnostic {
    tracing::error!(error = chain(error), "failed");
    Diagnostic {
        error_type: "CruddurError".to_owned(),
        error_message: error.to_string(),
    }
}
