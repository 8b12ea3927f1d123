//! Reports as users send them and as operators see them, and the rules for their texts. No I/O.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::{Code, Cursor, TextRules, lenient_string, timestamp};
use crate::users::ShortUser;

/// The longest note of a reporter or of an operator, in Unicode scalar values.
pub const MAX_NOTE_CHARS: usize = 1_000;

const NOTE_RULES: TextRules = TextRules {
    max_chars: MAX_NOTE_CHARS,
    too_long: Code::ReportNoteExceedMaxChars,
    invalid: Code::ReportNoteInvalid,
};

/// An enum whose values have a text in JSON, in the database and on the command line.
macro_rules! texts {
    ($(#[$doc:meta])+ $name:ident { $($(#[$variant_doc:meta])+ $variant:ident $text:literal,)+ }) => {
        $(#[$doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
        // Not `rename` of each variant: the OpenAPI document does not get the text of a macro's argument.
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$variant_doc])+ $variant,)+ }

        impl $name {
            /// Every value.
            pub const ALL: &[$name] = &[$($name::$variant,)+];

            /// The text of the value.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// The value with this text.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text)
            }
        }
    };
}

texts! {
    /// Why a user reports an activity.
    ReportReason {
        /// Unwanted advertising or repetition.
        Spam "spam",
        /// An attack on a person or a group.
        Abuse "abuse",
        /// Something that the law forbids.
        Illegal "illegal",
        /// Another reason, which the note says.
        Other "other",
    }
}

texts! {
    /// Whether an operator has decided about a report.
    ReportStatus {
        /// It waits for an operator.
        Open "open",
        /// An operator has closed it.
        Closed "closed",
    }
}

texts! {
    /// What an operator decided about a report.
    ClosingReason {
        /// There was no reason to report the activity. Its copies are removed.
        Unfounded "unfounded",
        /// The operator acted on it, for example removed the activity or suspended its author.
        Actioned "actioned",
        /// There was a reason, but nothing to do, for example because the activity is gone.
        NoAction "no_action",
    }
}

/// The body of a request that reports an activity. A value of another type counts as missing.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CreateReportBody {
    /// The reason.
    #[serde(default, deserialize_with = "lenient_string")]
    #[schema(value_type = ReportReason, required)]
    reason: Option<String>,
    /// What the reporter adds: at most 1,000 Unicode scalar values, no NUL.
    #[serde(default, deserialize_with = "lenient_string")]
    #[schema(max_length = 1000)]
    note: Option<String>,
}

/// A valid report that is not stored yet.
#[derive(Debug)]
pub struct NewReport {
    /// The reason.
    pub reason: ReportReason,
    /// What the reporter adds; empty for nothing.
    pub note: String,
}

impl TryFrom<CreateReportBody> for NewReport {
    type Error = Code;

    fn try_from(body: CreateReportBody) -> Result<Self, Code> {
        let reason = body.reason.as_deref().and_then(ReportReason::parse);
        Ok(Self {
            reason: reason.ok_or(Code::ReportReasonUnknown)?,
            note: NOTE_RULES.optional(body.note)?,
        })
    }
}

/// The report that the request made, or the user's earlier report of the activity.
#[derive(Debug, Serialize, ToSchema)]
pub struct CreatedReport {
    /// The report's id.
    pub uuid: Uuid,
}

/// How an operator closes a report.
#[derive(Debug)]
pub struct Closing {
    /// What the operator decided.
    pub reason: ClosingReason,
    /// What the operator adds; empty for nothing.
    pub note: String,
}

impl Closing {
    /// Checks the texts of a request or a command.
    ///
    /// # Errors
    /// [`Code::ReportReasonUnknown`], [`Code::ReportNoteInvalid`], [`Code::ReportNoteExceedMaxChars`].
    pub fn parse(reason: Option<&str>, note: Option<String>) -> Result<Self, Code> {
        Ok(Self {
            reason: reason
                .and_then(ClosingReason::parse)
                .ok_or(Code::ReportReasonUnknown)?,
            note: NOTE_RULES.optional(note)?,
        })
    }

    /// Whether the report's copies are removed at once.
    pub fn removes_copies(&self) -> bool {
        self.reason == ClosingReason::Unfounded
    }
}

/// A report without anything that people wrote.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportSummary {
    /// The report's id.
    pub uuid: Uuid,
    /// The id of the reported activity.
    pub activity_uuid: Uuid,
    /// The reporter's reason.
    pub reason: ReportReason,
    /// Whether an operator has closed the report.
    pub status: ReportStatus,
    /// When the report was made.
    #[serde(with = "timestamp")]
    pub created_at: DateTime<Utc>,
    /// When an operator closed the report; null while it is open.
    #[serde(with = "timestamp::option")]
    #[schema(required)]
    pub closed_at: Option<DateTime<Utc>>,
    /// What the operator decided; null while the report is open.
    #[schema(required)]
    pub closing_reason: Option<ClosingReason>,
    /// When the copies and the reporter's note were removed; null while they are there.
    #[serde(with = "timestamp::option")]
    #[schema(required)]
    pub copy_removed_at: Option<DateTime<Utc>>,
}

impl ReportSummary {
    /// The position of this report in the list.
    pub fn cursor(&self) -> Cursor {
        Cursor {
            created_at: self.created_at,
            uuid: self.uuid,
        }
    }
}

/// A report with what people wrote.
#[derive(Debug, Serialize, ToSchema)]
pub struct Report {
    /// The report itself.
    #[serde(flatten)]
    pub summary: ReportSummary,
    /// Whether the activity is live now.
    pub is_live: bool,
    /// The user who made the report; null after that user was deleted.
    #[schema(required)]
    pub reporter: Option<ShortUser>,
    /// What the reporter added; null for nothing, and after it was removed.
    #[schema(required)]
    pub note: Option<String>,
    /// What the operator added when closing the report; null for nothing.
    #[schema(required)]
    pub closing_note: Option<String>,
    /// The activity and its parent as they were when the report was made; null after they were removed.
    #[schema(required)]
    pub copies: Option<ReportCopies>,
}

/// The copies of a report.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportCopies {
    /// The reported activity.
    pub activity: CopiedActivity,
    /// The activity that it answers; null for a top-level activity.
    #[schema(required)]
    pub parent: Option<CopiedActivity>,
}

/// An activity and its author as they were when the report was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct CopiedActivity {
    /// The activity's id.
    pub uuid: Uuid,
    /// The author's id.
    pub user_uuid: Uuid,
    /// The author's handle, without the `@`.
    pub handle: String,
    /// The author's display name.
    pub display_name: String,
    /// The text.
    pub message: String,
    /// The id of the activity that this one answers; null for a top-level activity.
    #[schema(required)]
    pub reply_to_activity_uuid: Option<Uuid>,
    /// When the activity expires; null when it never does.
    #[serde(with = "timestamp::option")]
    #[schema(required)]
    pub expires_at: Option<DateTime<Utc>>,
    /// When the activity was created.
    #[serde(with = "timestamp")]
    pub created_at: DateTime<Utc>,
    /// When the activity expired or was deleted; null when it was live.
    #[serde(with = "timestamp::option")]
    #[schema(required)]
    pub gone_at: Option<DateTime<Utc>>,
}
