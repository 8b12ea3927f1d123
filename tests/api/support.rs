//! What the tests stand on: a PostgreSQL for all of them, a database and a server process for each.

mod answer;
mod app;
mod cluster;
mod user;

pub use answer::Answer;
pub use app::{TestApp, cruddur};
pub use cluster::Database;
pub use user::User;
