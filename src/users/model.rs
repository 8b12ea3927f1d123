//! What others may know of a user, and the bodies of the slice. No I/O.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::{TextRules, lenient_string, timestamp};
use crate::error::{Code, Error, Result};

/// The longest display name, in Unicode scalar values.
pub const MAX_DISPLAY_NAME_CHARS: usize = 100;
/// The longest bio.
pub const MAX_BIO_CHARS: usize = 500;

const DISPLAY_NAME_RULES: TextRules = TextRules {
    max_chars: MAX_DISPLAY_NAME_CHARS,
    too_long: Code::DisplayNameExceedMaxChars,
    invalid: Code::DisplayNameInvalid,
};
const BIO_RULES: TextRules = TextRules {
    max_chars: MAX_BIO_CHARS,
    too_long: Code::BioExceedMaxChars,
    invalid: Code::BioInvalid,
};

/// A user in a line.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ShortUser {
    pub uuid: Uuid,
    /// Without the `@`; unique without regard to case.
    pub handle: String,
    pub display_name: String,
}

/// What a profile page shows.
#[derive(Debug, Serialize, ToSchema)]
pub struct Profile {
    pub uuid: Uuid,
    /// Without the `@`; unique without regard to case.
    pub handle: String,
    pub display_name: String,
    /// Empty where nothing was written.
    pub bio: String,
    /// Top-level activities that have not expired.
    pub cruds_count: i64,
    #[serde(with = "timestamp")]
    pub created_at: DateTime<Utc>,
}

/// The wire form of a changed profile. A missing key and a wrong type are blank.
#[derive(Debug, Deserialize, ToSchema)]
pub struct UpdateProfileBody {
    /// 1 to 100 Unicode scalar values, not only white space, no NUL.
    #[serde(default, deserialize_with = "lenient_string")]
    #[schema(value_type = String, required, min_length = 1, max_length = 100)]
    display_name: Option<String>,
    /// At most 500 Unicode scalar values, no NUL. Missing or null is empty.
    #[serde(default, deserialize_with = "lenient_string")]
    #[schema(max_length = 500)]
    bio: Option<String>,
}

/// A profile that may be stored.
#[derive(Debug)]
pub struct ProfileChange {
    pub display_name: String,
    pub bio: String,
}

impl TryFrom<UpdateProfileBody> for ProfileChange {
    type Error = Code;

    fn try_from(body: UpdateProfileBody) -> Result<Self, Code> {
        Ok(Self {
            display_name: DISPLAY_NAME_RULES.required(body.display_name, Code::DisplayNameBlank)?,
            bio: BIO_RULES.optional(body.bio)?,
        })
    }
}

/// Whom to act as.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CreateDevelopmentSessionBody {
    #[serde(default, deserialize_with = "lenient_string")]
    #[schema(value_type = String, required)]
    pub handle: Option<String>,
}

/// A token for `Authorization: Bearer`, good until the server restarts, for twelve hours at most.
#[derive(Debug, Serialize, ToSchema)]
pub struct DevelopmentSession {
    pub handle: String,
    pub token: String,
}

/// Somebody whom the user pool knows, to be known here. Which handle they get depends on who is
/// here already.
pub struct NewUser {
    pub subject: String,
    /// As they wish: any text, for the database to make a free and legal handle of.
    pub wished_handle: String,
    pub display_name: String,
    pub email: Option<String>,
}

impl NewUser {
    /// From the attributes of the pool. Some pools have no `email`.
    ///
    /// # Errors
    /// `sub`, `preferred_username` or `name` is missing.
    pub fn from_attributes<'a>(attribute: impl Fn(&str) -> Option<&'a str>) -> Result<Self> {
        // PostgreSQL's text holds every character but NUL.
        let text = |name: &str| attribute(name).map(|text| text.replace('\0', ""));
        let required = |name: &str| {
            text(name).ok_or_else(|| Error::operator(format!("the attribute `{name}` is missing")))
        };
        let subject = required("sub")?;
        if subject.is_empty() {
            return Err(Error::operator("the attribute `sub` is empty"));
        }
        Ok(Self {
            subject,
            wished_handle: required("preferred_username")?,
            display_name: required("name")?,
            email: text("email").filter(|email| !email.is_empty()),
        })
    }
}

/// What became of a [`NewUser`].
pub struct Registered {
    pub handle: String,
    /// Nobody here had that Cognito id before.
    pub is_new: bool,
}
