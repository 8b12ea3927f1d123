//! The token that opens `/admin`.

use secrecy::SecretString;

use crate::auth;
use crate::config::{Config, DatabaseLocation};
use crate::error::Result;

/// `ADMIN_TOKEN` or, without it, the token in the data directory of the embedded database.
///
/// # Errors
/// The data directory cannot be made, or its token not be read.
pub fn find(config: &Config) -> Result<Option<SecretString>> {
    match (&config.admin.token, &config.database.target) {
        (None, DatabaseLocation::Embedded(settings)) => {
            let data_dir = settings.config().create_data_dir()?;
            auth::find_or_make_admin_token(&data_dir).map(Some)
        }
        (token, _) => Ok(token.clone()),
    }
}
