//! What psql begins with on a terminal: a layout for wide rows, a visible null, and a prompt that shows the database's
//! stamp. psql reads the user's own `~/.psqlrc` afterwards, which therefore has the last word.

use crate::config::Environment;
use crate::db::Connector;
use crate::operations::guard;

const RED: &str = "31";
const GREEN: &str = "32";

/// The arguments of psql.
pub async fn defaults(connector: &Connector) -> Vec<String> {
    let found = guard::inspect(connector).await.ok();
    let stamp = found.and_then(guard::DatabaseState::environment);
    let (word, color) = match stamp {
        Some(Environment::Development) if !connector.is_prod() => ("development", GREEN),
        Some(Environment::Development) => ("development, with --prod", RED),
        Some(Environment::Production) => ("production", RED),
        None if connector.is_prod() => ("no stamp, with --prod", RED),
        None => ("no stamp", GREEN),
    };
    // `%[` and `%]` enclose what takes no space, so that the terminal counts the columns right.
    let stamp = format!("%[%033[1;{color}m%]{word}%[%033[0m%]");
    [
        "--pset=expanded=auto".to_owned(),
        "--pset=null=(null)".to_owned(),
        format!("--set=PROMPT1={stamp} %/%R%x%# "),
        format!("--set=PROMPT2={stamp} %/%R%x%# "),
    ]
    .into()
}
