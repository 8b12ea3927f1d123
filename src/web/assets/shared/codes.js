// What a refusal's code means to a person. The codes are the contract's; a code that is not here is
// shown by its status.

const SENTENCES = {
  message_blank: "Write something first.",
  message_exceed_max_chars: "That is too long.",
  message_invalid: "The text holds a character that cannot be kept.",
  ttl_blank: "Choose how long it should stay.",
  user_reciever_handle_blank: "Say whom it is for.",
  message_group_uuid_blank: "Say which conversation it belongs to.",
  user_receiver_is_sender: "That is you. Write to somebody else.",
  search_term_blank: "Say what to look for.",
  search_term_exceed_max_chars: "That is too long to search for.",
  search_term_invalid: "The term holds a character that cannot be searched for.",
  display_name_blank: "Choose a name.",
  display_name_exceed_max_chars: "The name is too long.",
  display_name_invalid: "The name holds a character that cannot be kept.",
  bio_exceed_max_chars: "The bio is too long.",
  bio_invalid: "The bio holds a character that cannot be kept.",
  activity_not_found: "This crud is not here. It may have run out of time.",
  user_not_found: "Nobody here goes by that handle.",
  message_group_not_found: "There is no such conversation.",
  route_not_found: "There is nothing at this address.",
  generic_401: "Sign in to do this.",
  generic_403: "You may not do this.",
  cognito_user_id_blank: "Your account is not ready yet. Try again in a moment.",
  payload_too_large: "That is too large to send.",
  idempotency_key_in_flight: "This is already being sent.",
  idempotency_key_reused: "This was already sent with another text.",
  rate_limited: "That was a lot at once. Wait a moment, then try again.",
  service_unavailable: "Cruddur cannot answer just now.",
  generic_500: "Cruddur made a mistake. Trying again may help.",
};

/** The sentence for a code. */
export function sentence(code, status) {
  return SENTENCES[code] ?? `This was refused (${code || status}).`;
}
