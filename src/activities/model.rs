//! What an activity is and which ones can be written. No I/O.

use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::{Code, Cursor, TextRules, lenient_string, timestamp};

/// The longest message of a top-level activity, in Unicode scalar values.
pub const MAX_MESSAGE_CHARS: usize = 280;
/// The longest reply.
pub const MAX_REPLY_CHARS: usize = 1024;
/// The longest search term.
pub const MAX_SEARCH_TERM_CHARS: usize = 200;

const MESSAGE_RULES: TextRules = TextRules {
    max_chars: MAX_MESSAGE_CHARS,
    too_long: Code::MessageExceedMaxChars,
    invalid: Code::MessageInvalid,
};
const REPLY_RULES: TextRules = TextRules {
    max_chars: MAX_REPLY_CHARS,
    ..MESSAGE_RULES
};
const SEARCH_RULES: TextRules = TextRules {
    max_chars: MAX_SEARCH_TERM_CHARS,
    too_long: Code::SearchTermExceedMaxChars,
    invalid: Code::SearchTermInvalid,
};

/// A post that expires, or a reply to one.
// Its texts stay in the row that it was read from: feeds are most of what the server does.
#[derive(Debug, Serialize, ToSchema)]
pub struct Activity<'a> {
    /// Random (version 4).
    pub uuid: Uuid,
    /// The author's name as they write it.
    pub display_name: &'a str,
    /// The author's handle, without the `@`.
    pub handle: &'a str,
    /// At most 280 Unicode scalar values; 1024 in a reply.
    pub message: &'a str,
    /// Direct replies that have not expired.
    pub replies_count: i32,
    pub reposts_count: i32,
    pub likes_count: i32,
    /// What this answers; null at the top level.
    #[schema(required)]
    pub reply_to_activity_uuid: Option<Uuid>,
    /// From this instant on the activity is gone. Null: never.
    #[serde(with = "timestamp::option")]
    #[schema(required)]
    pub expires_at: Option<DateTime<Utc>>,
    #[serde(with = "timestamp")]
    pub created_at: DateTime<Utc>,
    /// Direct replies, oldest first: the latest three in a feed, a page of them in a thread, none
    /// inside a reply.
    #[schema(no_recursion)]
    pub replies: Vec<Activity<'a>>,
}

impl Activity<'_> {
    pub fn cursor(&self) -> Cursor {
        Cursor {
            created_at: self.created_at,
            uuid: self.uuid,
        }
    }
}

/// A thread as the later client's page wants it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Thread<'a> {
    pub activity: &'a Activity<'a>,
    /// The same as the activity's own `replies`.
    pub replies: &'a [Activity<'a>],
}

/// The id of what was deleted.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeletedActivity {
    pub uuid: Uuid,
}

/// The wire form of a new activity. A missing key and a wrong type are blank.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CreateActivityBody {
    /// 1 to 280 Unicode scalar values, not only white space, no NUL.
    #[serde(default, deserialize_with = "lenient_string")]
    #[schema(value_type = String, required, min_length = 1, max_length = 280)]
    message: Option<String>,
    #[serde(default, deserialize_with = "lenient_string")]
    #[schema(value_type = TimeToLive, required)]
    ttl: Option<String>,
}

/// The wire form of a new reply.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CreateReplyBody {
    /// 1 to 1024 Unicode scalar values, not only white space, no NUL.
    #[serde(default, deserialize_with = "lenient_string")]
    #[schema(value_type = String, required, min_length = 1, max_length = 1024)]
    message: Option<String>,
}

/// An activity that may be stored.
#[derive(Debug, Clone)]
pub struct NewActivity {
    pub message: String,
    pub time_to_live: TimeToLive,
}

impl TryFrom<CreateActivityBody> for NewActivity {
    type Error = Code;

    fn try_from(body: CreateActivityBody) -> Result<Self, Code> {
        Ok(Self {
            message: MESSAGE_RULES.required(body.message, Code::MessageBlank)?,
            time_to_live: body.ttl.as_deref().unwrap_or_default().parse()?,
        })
    }
}

/// A reply that may be stored. It inherits its expiry.
#[derive(Debug, Clone)]
pub struct NewReply {
    pub message: String,
}

impl TryFrom<CreateReplyBody> for NewReply {
    type Error = Code;

    fn try_from(body: CreateReplyBody) -> Result<Self, Code> {
        Ok(Self {
            message: REPLY_RULES.required(body.message, Code::MessageBlank)?,
        })
    }
}

/// What somebody searches for.
#[derive(Debug)]
pub struct SearchTerm(String);

impl SearchTerm {
    /// From the query's `term`.
    pub fn from_query(query: &str) -> Result<Self, Code> {
        let term = form_urlencoded::parse(query.as_bytes())
            .find(|(key, _)| key == "term")
            .map(|(_, term)| term.into_owned());
        SEARCH_RULES.required(term, Code::SearchTermBlank).map(Self)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How long an activity lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub enum TimeToLive {
    #[serde(rename = "30-days")]
    ThirtyDays,
    #[serde(rename = "7-days")]
    SevenDays,
    #[serde(rename = "3-days")]
    ThreeDays,
    #[serde(rename = "1-day")]
    OneDay,
    #[serde(rename = "12-hours")]
    TwelveHours,
    #[serde(rename = "3-hours")]
    ThreeHours,
    #[serde(rename = "1-hour")]
    OneHour,
}

impl TimeToLive {
    /// Longest first.
    pub const ALL: [Self; 7] = [
        Self::ThirtyDays,
        Self::SevenDays,
        Self::ThreeDays,
        Self::OneDay,
        Self::TwelveHours,
        Self::ThreeHours,
        Self::OneHour,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::ThirtyDays => "30-days",
            Self::SevenDays => "7-days",
            Self::ThreeDays => "3-days",
            Self::OneDay => "1-day",
            Self::TwelveHours => "12-hours",
            Self::ThreeHours => "3-hours",
            Self::OneHour => "1-hour",
        }
    }

    pub fn duration(self) -> Duration {
        let hours = match self {
            Self::ThirtyDays => 30 * 24,
            Self::SevenDays => 7 * 24,
            Self::ThreeDays => 3 * 24,
            Self::OneDay => 24,
            Self::TwelveHours => 12,
            Self::ThreeHours => 3,
            Self::OneHour => 1,
        };
        Duration::from_secs(hours * 60 * 60)
    }
}

impl FromStr for TimeToLive {
    type Err = Code;

    fn from_str(text: &str) -> Result<Self, Code> {
        Self::ALL
            .into_iter()
            .find(|ttl| ttl.as_str() == text)
            .ok_or(Code::TtlBlank)
    }
}
