//! Cruddur: a micro-blog whose posts expire. The modules in reading order, each of which imports
//! only from those listed below it:

// The wiring.
pub mod cli;
pub mod server;

// The HTTP door to the operations, and what a browser is shown.
pub mod admin;
pub mod web;

// Operations: reports without HTTP or printing.
pub mod ops;

// The features, a slice each.
pub mod activities;
pub mod messages;
pub mod users;

// The base that they share.
pub mod auth;
pub mod db;

pub mod aws;

pub mod config;
pub mod domain;
pub mod error;
pub mod http;
