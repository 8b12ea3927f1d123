//! Users as the API returns them and as they are stored, and the rules for a profile. No I/O.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::{TextRules, lenient_string, timestamp};
use crate::error::{Code, Error, Result};

/// The longest display name, in Unicode scalar values.
pub const MAX_DISPLAY_NAME_CHARS: usize = 100;
/// The longest bio, in Unicode scalar values.
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

/// A user's id, handle and display name.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ShortUser {
    /// The user's id.
    pub uuid: Uuid,
    /// The handle, without the `@`; unique without regard to case.
    pub handle: String,
    /// The display name.
    pub display_name: String,
}

/// A user's profile.
#[derive(Debug, Serialize, ToSchema)]
pub struct Profile {
    /// The user's id.
    pub uuid: Uuid,
    /// The handle, without the `@`; unique without regard to case.
    pub handle: String,
    /// The display name.
    pub display_name: String,
    /// The bio, empty by default.
    pub bio: String,
    /// The number of top-level activities that have not expired.
    pub cruds_count: i64,
    /// When the user was created in this database.
    #[serde(with = "timestamp")]
    pub created_at: DateTime<Utc>,
}

/// The body of a request that sets a profile. A missing key and a value of another type count as blank.
#[derive(Debug, Deserialize, ToSchema)]
pub struct UpdateProfileBody {
    /// The display name: 1 to 100 Unicode scalar values, not only white space, no NUL.
    #[serde(default, deserialize_with = "lenient_string")]
    #[schema(value_type = String, required, min_length = 1, max_length = 100)]
    display_name: Option<String>,
    /// The bio: at most 500 Unicode scalar values, no NUL. A missing key and null set an empty bio.
    #[serde(default, deserialize_with = "lenient_string")]
    #[schema(max_length = 500)]
    bio: Option<String>,
}

/// A valid profile that is not stored yet.
#[derive(Debug)]
pub struct ProfileChange {
    /// The new display name.
    pub display_name: String,
    /// The new bio.
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

/// The body of a request for an access token of the development identity.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CreateDevelopmentSessionBody {
    /// The handle of the user to sign in as, without the `@`.
    #[serde(default, deserialize_with = "lenient_string")]
    #[schema(value_type = String, required)]
    pub handle: Option<String>,
}

/// An access token of the development identity.
#[derive(Debug, Serialize, ToSchema)]
pub struct DevelopmentSession {
    /// The handle of the token's user, without the `@`.
    pub handle: String,
    /// A token for `Authorization: Bearer`, valid for twelve hours or until the server restarts.
    pub token: String,
}

/// A user of the Cognito user pool, with the values to insert into `users`.
pub struct NewUser {
    /// The Cognito id (`sub`).
    pub subject: String,
    /// The preferred handle, which may be any text: the database makes a free and legal handle of it.
    pub preferred_handle: String,
    /// The display name; the handle replaces a blank one.
    pub display_name: String,
    /// The e-mail address, which no route shows.
    pub email: Option<String>,
}

impl NewUser {
    /// Reads the attributes of a user of the pool; `email` is optional.
    ///
    /// # Errors
    /// `sub`, `preferred_username` or `name` is missing.
    pub fn from_attributes<'a>(attribute: impl Fn(&str) -> Option<&'a str>) -> Result<Self> {
        // PostgreSQL refuses a text with NUL.
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
            preferred_handle: required("preferred_username")?,
            display_name: required("name")?,
            email: text("email").filter(|email| !email.is_empty()),
        })
    }
}

/// The result of registering a [`NewUser`].
pub struct Registered {
    /// The handle of the user with that Cognito id.
    pub handle: String,
    /// Whether the user was inserted; false if a user had that Cognito id already.
    pub is_new: bool,
}
