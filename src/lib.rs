//! Cruddur: a micro-blog whose posts expire. The modules in reading order, each of which imports
//! only from those listed below it:

// The wiring.
pub mod cli;
pub mod server;

// What a browser is shown.
pub mod web;

// What an operator can do, over HTTP and on the command line.
pub mod operations;

// What changes on the pages of the features, as streams.
pub mod live;

// What concerns the tables of several features.
pub mod account;

// The features, a slice each.
pub mod moderation;
pub mod notifications;
pub mod reactions;

pub mod activities;
pub mod messages;
pub mod users;

// The base that they share.
pub mod auth;
pub mod changes;
pub mod db;

pub mod aws;

pub mod config;
pub mod domain;
pub mod error;
pub mod http;
