//! Activities: as they are stored and sent, and the rules for new ones. No I/O.

use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::{Code, Cursor, TextRules, lenient_string, timestamp};

/// The longest message of a top-level activity, in Unicode scalar values.
pub const MAX_MESSAGE_CHARS: usize = 280;
/// The longest reply, in Unicode scalar values.
pub const MAX_REPLY_CHARS: usize = 1024;
/// The longest search term, in Unicode scalar values.
pub const MAX_SEARCH_TERM_CHARS: usize = 200;

const MESSAGE_RULES: TextRules = TextRules {
    max_chars: MAX_MESSAGE_CHARS,
    too_long: Code::MessageExceedMaxChars,
    invalid: Code::MessageInvalid,
};
const REPLY_RULES: TextRules = TextRules {
    max_chars: MAX_REPLY_CHARS,
    too_long: Code::MessageExceedMaxChars1024,
    ..MESSAGE_RULES
};
const SEARCH_RULES: TextRules = TextRules {
    max_chars: MAX_SEARCH_TERM_CHARS,
    too_long: Code::SearchTermExceedMaxChars,
    invalid: Code::SearchTermInvalid,
};

/// A top-level activity or a reply.
// It borrows its texts from the database row instead of copying them, because most responses are feeds.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Activity<'a> {
    /// The activity's id, a random uuid (version 4).
    pub uuid: Uuid,
    /// The author's display name.
    pub display_name: &'a str,
    /// The author's handle, without the `@`.
    pub handle: &'a str,
    /// The text: at most 280 Unicode scalar values, 1024 in a reply.
    pub message: &'a str,
    /// The number of direct replies that have not expired.
    pub replies_count: i32,
    /// The number of reposts.
    pub reposts_count: i32,
    /// The number of likes.
    pub likes_count: i32,
    /// The id of the activity that this one replies to; null for a top-level activity.
    #[schema(required)]
    pub reply_to_activity_uuid: Option<Uuid>,
    /// When the activity expires; null when it never does.
    #[serde(with = "timestamp::option")]
    #[schema(required)]
    pub expires_at: Option<DateTime<Utc>>,
    /// When the activity was created.
    #[serde(with = "timestamp")]
    pub created_at: DateTime<Utc>,
    /// What the user of the token has made of the activity; only with `include=viewer`.
    // None in what the server serialises for all users: `viewer` adds it to the JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub viewer: Option<ViewerFlags>,
    /// When the user of the page reposted the activity; only in a user's page with `include=reposts`, and not in the
    /// user's own activities.
    #[serde(with = "timestamp::option", skip_serializing_if = "Option::is_none")]
    pub reposted_at: Option<DateTime<Utc>>,
    /// Direct replies, oldest first: the latest three in a list of activities, a page of replies in a response about
    /// one activity. Empty in a reply and in a new activity.
    #[schema(no_recursion)]
    pub replies: Vec<Activity<'a>>,
}

/// What the user of the token has made of an activity.
#[derive(Debug, Default, Clone, Copy, Serialize, ToSchema)]
pub struct ViewerFlags {
    /// Whether the user likes it.
    pub liked: bool,
    /// Whether the user has reposted it.
    pub reposted: bool,
}

impl Activity<'_> {
    /// This activity and its replies.
    pub fn with_replies(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(&self.replies)
    }

    /// The ids of this activity and of its replies, of those that have reactions.
    pub fn with_reactions(&self) -> impl Iterator<Item = Uuid> {
        let all = self.with_replies();
        all.filter(|activity| activity.likes_count != 0 || activity.reposts_count != 0)
            .map(|activity| activity.uuid)
    }

    /// The position of this activity in a list.
    pub fn cursor(&self) -> Cursor {
        Cursor {
            created_at: self.created_at,
            uuid: self.uuid,
        }
    }
}

/// An activity and a page of its direct replies.
#[derive(Debug, Serialize, ToSchema)]
pub struct Thread<'a> {
    /// The activity.
    pub activity: &'a Activity<'a>,
    /// Direct replies, oldest first: the same as `activity.replies`.
    pub replies: &'a [Activity<'a>],
}

/// A deleted activity.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeletedActivity {
    /// The activity's id.
    pub uuid: Uuid,
}

/// The body of a request that creates an activity. A missing key and a value of another type count as blank.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CreateActivityBody {
    /// The text: 1 to 280 Unicode scalar values, not only white space, no NUL.
    #[serde(default, deserialize_with = "lenient_string")]
    #[schema(value_type = String, required, min_length = 1, max_length = 280)]
    message: Option<String>,
    /// The time to live.
    #[serde(default, deserialize_with = "lenient_string")]
    #[schema(value_type = TimeToLive, required)]
    ttl: Option<String>,
}

/// The body of a request that creates a reply. A missing key and a value of another type count as blank.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CreateReplyBody {
    /// The text: 1 to 1024 Unicode scalar values, not only white space, no NUL.
    #[serde(default, deserialize_with = "lenient_string")]
    #[schema(value_type = String, required, min_length = 1, max_length = 1024)]
    message: Option<String>,
}

/// A valid top-level activity that is not stored yet.
#[derive(Debug, Clone)]
pub struct NewActivity {
    /// The text.
    pub message: String,
    /// The time from its creation to its expiry.
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

/// A valid reply that is not stored yet. It expires at the same time as its parent.
#[derive(Debug, Clone)]
pub struct NewReply {
    /// The text.
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

/// The text of a search: 1 to 200 Unicode scalar values, not only white space, no NUL.
#[derive(Debug)]
pub struct SearchTerm(String);

impl SearchTerm {
    /// The parameter `term` of a query string.
    ///
    /// # Errors
    /// [`Code::SearchTermBlank`], [`Code::SearchTermExceedMaxChars`], [`Code::SearchTermInvalid`].
    pub fn from_query(query: &str) -> Result<Self, Code> {
        let term = form_urlencoded::parse(query.as_bytes())
            .find(|(key, _)| key == "term")
            .map(|(_, term)| term.into_owned());
        SEARCH_RULES.required(term, Code::SearchTermBlank).map(Self)
    }

    /// The text as the client sent it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The time from the creation of an activity to its expiry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub enum TimeToLive {
    /// 30 days.
    #[serde(rename = "30-days")]
    ThirtyDays,
    /// 7 days.
    #[serde(rename = "7-days")]
    SevenDays,
    /// 3 days.
    #[serde(rename = "3-days")]
    ThreeDays,
    /// 24 hours.
    #[serde(rename = "1-day")]
    OneDay,
    /// 12 hours.
    #[serde(rename = "12-hours")]
    TwelveHours,
    /// 3 hours.
    #[serde(rename = "3-hours")]
    ThreeHours,
    /// 1 hour.
    #[serde(rename = "1-hour")]
    OneHour,
}

impl TimeToLive {
    /// Every value, longest first.
    pub const ALL: [Self; 7] = [
        Self::ThirtyDays,
        Self::SevenDays,
        Self::ThreeDays,
        Self::OneDay,
        Self::TwelveHours,
        Self::ThreeHours,
        Self::OneHour,
    ];

    /// The value of `ttl` in JSON.
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

    /// The time as a duration.
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
