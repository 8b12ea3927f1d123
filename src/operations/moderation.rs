//! Moderation: an operator removes an activity of any user. The deletion itself is
//! [`crate::activities::remove`]; there is no command for it.

pub mod http;
