//! The HTTP status of each code, and the code of a status or of a violated constraint.

use actix_web::http::StatusCode;

use crate::domain::Code;

impl Code {
    /// The HTTP status of a response with this code.
    pub fn status(self) -> StatusCode {
        use Code as C;
        let status = match self {
            C::MalformedJson
            | C::MalformedCursor
            | C::MalformedUuid
            | C::MalformedQuery
            | C::MalformedIdempotencyKey => 400,
            C::Unauthenticated => 401,
            C::Forbidden
            | C::CognitoUserIdBlank
            | C::AccountDeleted
            | C::Suspended
            | C::Blocked => 403,
            C::ActivityNotFound
            | C::UserNotFound
            | C::ReportNotFound
            | C::MessageGroupNotFound
            | C::NotificationNotFound
            | C::RouteNotFound => 404,
            C::MethodNotAllowed => 405,
            C::NotAcceptable => 406,
            C::IdempotencyKeyInFlight | C::ReportAlreadyClosed | C::RefusedByGuard => 409,
            C::PayloadTooLarge => 413,
            C::UnsupportedMediaType => 415,
            C::MessageBlank
            | C::MessageExceedMaxChars
            | C::MessageExceedMaxChars1024
            | C::MessageInvalid
            | C::TtlBlank
            | C::UserReceiverHandleBlank
            | C::MessageGroupUuidBlank
            | C::UserReceiverIsSender
            | C::UserBlockedIsBlocker
            | C::BlocksExceedMaxCount
            | C::SearchTermBlank
            | C::SearchTermExceedMaxChars
            | C::SearchTermInvalid
            | C::DisplayNameBlank
            | C::DisplayNameExceedMaxChars
            | C::DisplayNameInvalid
            | C::BioExceedMaxChars
            | C::BioInvalid
            | C::ReportReasonUnknown
            | C::ReportNoteExceedMaxChars
            | C::ReportNoteInvalid
            | C::ConfirmationBlank
            | C::ConfirmationMismatch
            | C::IdempotencyKeyReused
            | C::OperationFailed => 422,
            C::RateLimited => 429,
            C::Internal => 500,
            C::ServiceUnavailable => 503,
        };
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The code for a violated constraint; `None` if no request can violate it.
    pub fn of_constraint(name: &str) -> Option<Self> {
        Some(match name {
            "activities_message_length" => Self::MessageExceedMaxChars,
            "activities_user_uuid_fkey" => Self::CognitoUserIdBlank,
            "blocks_blocked_uuid_fkey" => Self::UserNotFound,
            "blocks_blocker_uuid_fkey" => Self::CognitoUserIdBlank,
            "activities_reply_to_activity_uuid_fkey" => Self::ActivityNotFound,
            "messages_message_length" => Self::MessageExceedMaxChars1024,
            "read_marks_user_uuid_fkey" => Self::NotificationNotFound,
            "reports_reporter_uuid_fkey" => Self::CognitoUserIdBlank,
            "reports_note_length" => Self::ReportNoteExceedMaxChars,
            "reports_closing_note_length" => Self::ReportNoteExceedMaxChars,
            "users_display_name_length" => Self::DisplayNameExceedMaxChars,
            "users_bio_length" => Self::BioExceedMaxChars,
            _ => return None,
        })
    }

    /// The code for a response whose status Actix chose.
    pub fn of_status(status: StatusCode) -> Self {
        match status.as_u16() {
            401 => Self::Unauthenticated,
            403 => Self::Forbidden,
            404 => Self::RouteNotFound,
            405 => Self::MethodNotAllowed,
            406 => Self::NotAcceptable,
            413 => Self::PayloadTooLarge,
            415 => Self::UnsupportedMediaType,
            429 => Self::RateLimited,
            408 | 503 | 504 => Self::ServiceUnavailable,
            // The only such 400 comes from actix-cors, which refuses a preflight request with it.
            code if code < 500 => Self::Forbidden,
            _ => Self::Internal,
        }
    }
}
