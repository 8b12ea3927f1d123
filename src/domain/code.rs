//! The codes a client may rely on, each with a sentence for a person. Which HTTP status belongs to a code is
//! decided by `error`; which code an operation answers, by the slices.

macro_rules! codes {
    ($($variant:ident $code:literal $sentence:literal;)+) => {
        /// A refusal's code. The text is the contract; the misspelling in one of them too.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code { $(#[doc = $sentence] $variant,)+ }

        impl Code {
            /// Every code, for the API's documentation and for tests.
            pub const ALL: &[Code] = &[$(Code::$variant,)+];

            /// The code as it stands in a body.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// What is wrong and what to do, for a person (RFC 9457's `title`).
            pub fn sentence(self) -> &'static str {
                match self { $(Self::$variant => $sentence,)+ }
            }
        }
    };
}

codes! {
    MalformedJson "malformed_json" "The body must be a JSON object.";
    MalformedCursor "malformed_cursor" "The cursor is not one that a `Link` header gave out.";
    MalformedUuid "malformed_uuid" "The id in the path must be a uuid.";
    MalformedQuery "malformed_query" "`limit` must be a number from 1 to 100.";
    MalformedIdempotencyKey "malformed_idempotency_key" "Idempotency-Key must be 1 to 255 visible ASCII characters.";
    Unauthenticated "generic_401" "Sign in: this needs a valid access token.";
    Forbidden "generic_403" "You may not do this.";
    CognitoUserIdBlank "cognito_user_id_blank" "Nobody here belongs to this token yet.";
    ActivityNotFound "activity_not_found" "There is no such activity, or it has expired.";
    UserNotFound "user_not_found" "There is no such user.";
    MessageGroupNotFound "message_group_not_found" "There is no such message group.";
    RouteNotFound "route_not_found" "There is no such route; /docs lists them.";
    MethodNotAllowed "method_not_allowed" "The resource does not know this method; `Allow` lists those it does.";
    NotAcceptable "not_acceptable" "This route answers in JSON only.";
    IdempotencyKeyInFlight "idempotency_key_in_flight" "The first request with this key is still running.";
    RefusedByGuard "refused_by_guard" "A guard keeps this from happening; `detail` says what would let it.";
    PayloadTooLarge "payload_too_large" "A body may have 16 KiB at most.";
    UnsupportedMediaType "unsupported_media_type" "Send the body as application/json.";
    MessageBlank "message_blank" "Write a message.";
    MessageExceedMaxChars "message_exceed_max_chars" "The message is too long.";
    MessageInvalid "message_invalid" "The message holds a NUL character.";
    TtlBlank "ttl_blank" "Choose one of the times to live.";
    UserReceiverHandleBlank "user_reciever_handle_blank" "Name the receiver.";
    MessageGroupUuidBlank "message_group_uuid_blank" "Name the message group.";
    UserReceiverIsSender "user_receiver_is_sender" "You cannot send a message to yourself.";
    SearchTermBlank "search_term_blank" "Say what to search for.";
    SearchTermExceedMaxChars "search_term_exceed_max_chars" "The search term is too long.";
    SearchTermInvalid "search_term_invalid" "The search term holds a NUL character.";
    DisplayNameBlank "display_name_blank" "Choose a display name.";
    DisplayNameExceedMaxChars "display_name_exceed_max_chars" "The display name is too long.";
    DisplayNameInvalid "display_name_invalid" "The display name holds a NUL character.";
    BioExceedMaxChars "bio_exceed_max_chars" "The bio is too long.";
    BioInvalid "bio_invalid" "The bio holds a NUL character.";
    IdempotencyKeyReused "idempotency_key_reused" "This key belongs to a request with another body.";
    OperationFailed "operation_failed" "The operation could not be done; `detail` says why.";
    RateLimited "rate_limited" "Too many requests; wait as long as `Retry-After` says.";
    Internal "generic_500" "The server failed. The fault is ours.";
    ServiceUnavailable "service_unavailable" "The server cannot serve this now; wait as long as `Retry-After` says.";
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
