//! Tests of the API from outside: the real program as a process, on a real PostgreSQL server. The files are named after
//! the areas of the API.
#![expect(clippy::unwrap_used, reason = "a panic fails the test, as it should")]
#![expect(
    clippy::disallowed_methods,
    reason = "the tests read the variables that name PostgreSQL's programs"
)]

mod abandoned;
mod access;
mod account;
mod activities;
mod admin;
mod admin_refusals;
mod admin_roles;
mod audit;
mod backup;
mod batches;
mod blocks;
mod cache;
mod client_generation;
mod connection;
mod cors;
mod deletion;
mod development_identity;
mod doctor;
mod documentation;
mod expiry;
mod export;
mod freshness;
mod guards;
mod hanging_writes;
mod home_memory;
mod http;
mod iam_sign_in;
mod idempotency;
mod kills;
mod limits;
mod link_previews;
mod live;
mod logs;
mod messages;
mod migrators;
mod missing_pages;
mod notices;
mod notifications;
mod operations;
mod pages;
mod paging;
mod poolers;
mod post_confirmation;
mod probes;
mod provisioning;
mod public_address;
mod rds;
mod reactions;
mod refusals;
mod releases;
mod reports;
mod roles;
mod scripts;
mod search;
mod search_index;
mod security_group;
mod security_group_boot;
mod security_group_grant;
mod security_group_policies;
mod security_group_settings;
mod sessions;
mod shutdown;
mod site_files;
mod slow_clients;
mod small_pools;
mod sql;
mod standbys;
mod support;
mod survival;
mod suspension;
mod takeover;
mod tokens;
mod traces;
mod tunnel;
mod upgrades;
mod users;
mod users_link;
mod users_sync;
mod validation;
mod workspaces;
