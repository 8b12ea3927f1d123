//! What the tests stand on: a PostgreSQL for all of them, a database and a server process for each.

mod answer;
mod app;
mod authority;
mod cluster;
mod issuer;
mod lambda;
mod operator;
mod outside;
mod user;

pub use answer::Answer;
pub use app::{TestApp, cruddur};
pub use authority::Authority;
pub use cluster::Database;
pub use issuer::{Issuer, SigningKey, header, now};
pub use lambda::{Outcome, Trigger};
pub use operator::ADMIN_TOKEN;
pub use outside::{OutsidePostgres, default_programs, postgres_programs};
pub use user::{User, id};
