//! The wire contract, tested from outside: the real program as a process, the real PostgreSQL. The
//! files are named after areas of the API.
#![expect(
    clippy::unwrap_used,
    reason = "a test that unwraps nothing fails loudly, as it should"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "the tests need the way to PostgreSQL's programs"
)]

mod activities;
mod admin;
mod admin_roles;
mod backup;
mod batches;
mod connection;
mod cors;
mod development_identity;
mod doctor;
mod documentation;
mod expiry;
mod freshness;
mod guards;
mod http;
mod iam_sign_in;
mod idempotency;
mod kills;
mod limits;
mod logs;
mod messages;
mod migrators;
mod notifications;
mod operations;
mod pages;
mod paging;
mod post_confirmation;
mod probes;
mod provisioning;
mod public_address;
mod rds;
mod refusals;
mod search;
mod security_group;
mod security_group_boot;
mod security_group_settings;
mod sessions;
mod support;
mod survival;
mod takeover;
mod tokens;
mod traces;
mod upgrades;
mod users;
mod users_sync;
mod validation;
