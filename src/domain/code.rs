//! The error codes of the API, each with a sentence in English. `error` maps a code to its HTTP status; the handlers
//! and stores decide which code a request gets.

macro_rules! codes {
    ($($variant:ident $code:literal $sentence:literal;)+) => {
        /// The code in an error response. Clients compare its text, which therefore never changes, not even the
        /// misspelled `user_reciever_handle_blank`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code { $(#[doc = $sentence] $variant,)+ }

        impl Code {
            /// Every code.
            pub const ALL: &[Code] = &[$(Code::$variant,)+];

            /// The text of the code in a response.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// What is wrong and what the client can do, in one sentence (the `title` of RFC 9457).
            pub fn sentence(self) -> &'static str {
                match self { $(Self::$variant => $sentence,)+ }
            }
        }
    };
}

codes! {
    MalformedJson "malformed_json" "The body must be a JSON object.";
    MalformedCursor "malformed_cursor" "The cursor must come from a `Link` header of this list.";
    MalformedUuid "malformed_uuid" "The id in the path or the body must be a uuid.";
    MalformedQuery "malformed_query" "`limit` must be a number from 1 to 100, and `include` a list of what the route can add.";
    MalformedIdempotencyKey "malformed_idempotency_key" "Idempotency-Key must be 1 to 255 visible ASCII characters.";
    Unauthenticated "generic_401" "This needs a valid access token: sign in.";
    Forbidden "generic_403" "This is not allowed.";
    CognitoUserIdBlank "cognito_user_id_blank" "The access token is valid, but its user is not registered yet.";
    AccountDeleted "account_deleted" "The user of this access token has deleted the account: sign in again for a new one.";
    Suspended "suspended" "This user is suspended and cannot write.";
    Blocked "blocked" "The other user has blocked this user.";
    ActivityNotFound "activity_not_found" "There is no such activity, or it has expired.";
    UserNotFound "user_not_found" "There is no such user.";
    ReportNotFound "report_not_found" "There is no such report.";
    MessageGroupNotFound "message_group_not_found" "There is no such message group.";
    NotificationNotFound "notification_not_found" "The user has no such notice.";
    RouteNotFound "route_not_found" "There is no such route; /docs lists them.";
    MethodNotAllowed "method_not_allowed" "The route does not support this method; `Allow` lists the supported ones.";
    NotAcceptable "not_acceptable" "The route responds in JSON only; `Accept` must allow that.";
    IdempotencyKeyInFlight "idempotency_key_in_flight" "The first request with this idempotency key is still running.";
    ReportAlreadyClosed "report_already_closed" "The report is closed already.";
    RefusedByGuard "refused_by_guard" "A guard refused the operation; `detail` says why and how to permit it.";
    PayloadTooLarge "payload_too_large" "The body must not be longer than 16 KiB.";
    UnsupportedMediaType "unsupported_media_type" "Send the body as application/json.";
    MessageBlank "message_blank" "The message must not be blank.";
    MessageExceedMaxChars "message_exceed_max_chars" "The message is too long.";
    MessageExceedMaxChars1024 "message_exceed_max_chars_1024" "The reply or private message is too long.";
    MessageInvalid "message_invalid" "The message holds a NUL character.";
    TtlBlank "ttl_blank" "`ttl` must be one of the times to live that /api/config lists.";
    UserReceiverHandleBlank "user_reciever_handle_blank" "The receiver's handle must not be blank.";
    MessageGroupUuidBlank "message_group_uuid_blank" "The message group's uuid must not be blank.";
    UserReceiverIsSender "user_receiver_is_sender" "You cannot send a message to yourself.";
    UserBlockedIsBlocker "user_blocked_is_blocker" "You cannot block yourself.";
    BlocksExceedMaxCount "blocks_exceed_max_count" "You have blocked as many users as possible; unblock another one first.";
    SearchTermBlank "search_term_blank" "The search term must not be blank.";
    SearchTermExceedMaxChars "search_term_exceed_max_chars" "The search term is too long.";
    SearchTermInvalid "search_term_invalid" "The search term holds a NUL character.";
    DisplayNameBlank "display_name_blank" "The display name must not be blank.";
    DisplayNameExceedMaxChars "display_name_exceed_max_chars" "The display name is too long.";
    DisplayNameInvalid "display_name_invalid" "The display name holds a NUL character.";
    BioExceedMaxChars "bio_exceed_max_chars" "The bio is too long.";
    BioInvalid "bio_invalid" "The bio holds a NUL character.";
    ReportReasonUnknown "report_reason_unknown" "`reason` must be one of the reasons that the route documents.";
    ReportNoteExceedMaxChars "report_note_exceed_max_chars" "The note is too long.";
    ReportNoteInvalid "report_note_invalid" "The note holds a NUL character.";
    ConfirmationBlank "confirmation_blank" "The confirmation must not be blank; it must be your handle.";
    ConfirmationMismatch "confirmation_mismatch" "The confirmation is not your handle.";
    IdempotencyKeyReused "idempotency_key_reused" "This idempotency key was used for a request with another body.";
    OperationFailed "operation_failed" "The operation failed; `detail` says why.";
    RateLimited "rate_limited" "Too many requests; retry after the seconds in `Retry-After`.";
    Internal "generic_500" "The server failed to handle this request.";
    ServiceUnavailable "service_unavailable" "The server cannot handle this request now; retry after the seconds in `Retry-After`.";
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
