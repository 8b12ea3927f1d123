//! The codes a client may rely on, each with its status and a sentence. Which one an operation
//! answers, and in what order, is the slices' business.

use actix_web::http::StatusCode;

macro_rules! codes {
    ($($variant:ident $status:literal $code:literal $sentence:literal;)+) => {
        /// A refusal's code. The text is the contract; the misspelling in one of them too.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code { $(#[doc = $sentence] $variant,)+ }

        impl Code {
            /// Every code, for the API's documentation and for tests.
            pub const ALL: &[Code] = &[$(Code::$variant,)+];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            pub fn status(self) -> StatusCode {
                let status = match self { $(Self::$variant => $status,)+ };
                StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }

            /// What is wrong and what to do, for a person (RFC 9457's `title`).
            pub fn sentence(self) -> &'static str {
                match self { $(Self::$variant => $sentence,)+ }
            }
        }
    };
}

codes! {
    MalformedJson 400 "malformed_json" "The body must be a JSON object.";
    MalformedCursor 400 "malformed_cursor" "The cursor is not one that a `Link` header gave out.";
    MalformedUuid 400 "malformed_uuid" "The id in the path must be a uuid.";
    MalformedQuery 400 "malformed_query" "`limit` must be a number from 1 to 100.";
    MalformedIdempotencyKey 400 "malformed_idempotency_key" "Idempotency-Key must be 1 to 255 visible ASCII characters.";
    Unauthenticated 401 "generic_401" "Sign in: this needs a valid access token.";
    Forbidden 403 "generic_403" "You may not do this.";
    CognitoUserIdBlank 403 "cognito_user_id_blank" "Nobody here belongs to this token yet.";
    ActivityNotFound 404 "activity_not_found" "There is no such activity, or it has expired.";
    UserNotFound 404 "user_not_found" "There is no such user.";
    MessageGroupNotFound 404 "message_group_not_found" "There is no such message group.";
    RouteNotFound 404 "route_not_found" "There is no such route; /docs lists them.";
    MethodNotAllowed 405 "method_not_allowed" "The resource does not know this method; `Allow` lists those it does.";
    NotAcceptable 406 "not_acceptable" "This route answers in JSON only.";
    IdempotencyKeyInFlight 409 "idempotency_key_in_flight" "The first request with this key is still running.";
    RefusedByGuard 409 "refused_by_guard" "A guard keeps this from happening; `detail` says what would let it.";
    PayloadTooLarge 413 "payload_too_large" "A body may have 16 KiB at most.";
    UnsupportedMediaType 415 "unsupported_media_type" "Send the body as application/json.";
    MessageBlank 422 "message_blank" "Write a message.";
    MessageExceedMaxChars 422 "message_exceed_max_chars" "The message is too long.";
    MessageInvalid 422 "message_invalid" "The message holds a NUL character.";
    TtlBlank 422 "ttl_blank" "Choose one of the times to live.";
    UserReceiverHandleBlank 422 "user_reciever_handle_blank" "Name the receiver.";
    MessageGroupUuidBlank 422 "message_group_uuid_blank" "Name the message group.";
    UserReceiverIsSender 422 "user_receiver_is_sender" "You cannot send a message to yourself.";
    SearchTermBlank 422 "search_term_blank" "Say what to search for.";
    SearchTermExceedMaxChars 422 "search_term_exceed_max_chars" "The search term is too long.";
    SearchTermInvalid 422 "search_term_invalid" "The search term holds a NUL character.";
    DisplayNameBlank 422 "display_name_blank" "Choose a display name.";
    DisplayNameExceedMaxChars 422 "display_name_exceed_max_chars" "The display name is too long.";
    DisplayNameInvalid 422 "display_name_invalid" "The display name holds a NUL character.";
    BioExceedMaxChars 422 "bio_exceed_max_chars" "The bio is too long.";
    BioInvalid 422 "bio_invalid" "The bio holds a NUL character.";
    IdempotencyKeyReused 422 "idempotency_key_reused" "This key belongs to a request with another body.";
    OperationFailed 422 "operation_failed" "The operation could not be done; `detail` says why.";
    RateLimited 429 "rate_limited" "Too many requests; wait as long as `Retry-After` says.";
    Internal 500 "generic_500" "The server failed. The fault is ours.";
    ServiceUnavailable 503 "service_unavailable" "The server cannot serve this now; wait as long as `Retry-After` says.";
}

impl Code {
    /// The user's error behind a violated constraint, where the constraint is about user input.
    pub fn of_constraint(name: &str) -> Option<Self> {
        Some(match name {
            "activities_message_length" => Self::MessageExceedMaxChars,
            "activities_user_uuid_fkey" => Self::CognitoUserIdBlank,
            "activities_reply_to_activity_uuid_fkey" => Self::ActivityNotFound,
            "messages_message_length" => Self::MessageExceedMaxChars,
            "users_display_name_length" => Self::DisplayNameExceedMaxChars,
            "users_bio_length" => Self::BioExceedMaxChars,
            _ => return None,
        })
    }

    /// The code for a status that the framework chose by itself.
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
            // actix-cors answers 400 to a preflight that it refuses; nothing else does.
            code if code < 500 => Self::Forbidden,
            _ => Self::Internal,
        }
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
