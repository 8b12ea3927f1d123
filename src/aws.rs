//! Amazon Web Services, answers in our own words. What is asked of AWS, and when, is decided above.

mod cognito;

pub use cognito::{Attributes, UserPage, UserPool};
