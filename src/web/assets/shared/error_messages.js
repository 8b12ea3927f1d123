// The sentence shown to the user for each error code of the API.

const MESSAGES = {
  message_blank: "Write a message first.",
  message_exceed_max_chars: "The message is too long. Shorten it.",
  message_exceed_max_chars_1024: "The message is too long. Shorten it.",
  message_invalid: "The message contains a character that cannot be stored. Remove it.",
  ttl_blank: "Choose when the crud expires.",
  user_reciever_handle_blank: "Choose the user who receives the message.",
  message_group_uuid_blank: "Choose the conversation of the message.",
  user_receiver_is_sender: "You cannot send a message to yourself.",
  user_blocked_is_blocker: "You cannot block yourself.",
  blocks_exceed_max_count: "You have blocked as many users as possible. Unblock another one first.",
  blocked: "This user has blocked you. You cannot reply to them or send them messages.",
  suspended: "Your account is suspended. You can read, but not write.",
  search_term_blank: "Enter a search term.",
  search_term_exceed_max_chars: "The search term is too long. Shorten it.",
  search_term_invalid: "The search term contains a character that cannot be searched for. Remove it.",
  display_name_blank: "Enter a name.",
  display_name_exceed_max_chars: "The name is too long. Shorten it.",
  display_name_invalid: "The name contains a character that cannot be stored. Remove it.",
  bio_exceed_max_chars: "The bio is too long. Shorten it.",
  bio_invalid: "The bio contains a character that cannot be stored. Remove it.",
  report_reason_unknown: "Select a reason.",
  report_note_exceed_max_chars: "The note is too long. Shorten it.",
  report_note_invalid: "The note contains a character that cannot be stored. Remove it.",
  confirmation_blank: "Enter your handle.",
  confirmation_mismatch: "This is not your handle.",
  activity_not_found: "This crud does not exist. It may have expired.",
  user_not_found: "No user has this handle.",
  message_group_not_found: "This conversation does not exist.",
  notification_not_found: "This notice does not exist any more.",
  route_not_found: "This address does not exist.",
  generic_401: "Sign in to do this.",
  generic_403: "You are not allowed to do this.",
  account_deleted: "This account has been deleted. Sign in again to begin a new one.",
  cognito_user_id_blank: "Your account is not ready yet. Try again in a minute.",
  payload_too_large: "The request is too large. Shorten the text.",
  idempotency_key_in_flight: "This is already being sent. Wait for it to finish.",
  idempotency_key_reused: "This was already sent with a different text. Send it again as new.",
  rate_limited: "Too many requests. Wait a minute, then try again.",
  service_unavailable: "The server is not available. Try again in a minute.",
  generic_500: "The server failed to handle the request. Try again.",
};

/** The sentence for `code`; for an unknown code, one with the code or the HTTP status. */
export function errorMessage(code, status) {
  return MESSAGES[code] ?? `The server refused the request (${code || status}).`;
}
