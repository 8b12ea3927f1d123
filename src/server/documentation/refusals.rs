//! The refusals of each operation in the OpenAPI document, by status, each with its codes. Most follow from what the
//! operation has: a body, a token, an id in the path. [`specific`] lists the others. `tests/api` compares every refusal
//! that a test provokes with this.

use serde_json::{Map, Value, json};

use super::operation::Operation;
use crate::error::Code;

/// What a write may meet whose user has to be registered and not suspended.
const WRITER: [Code; 3] = [
    Code::CognitoUserIdBlank,
    Code::AccountDeleted,
    Code::Suspended,
];

/// The codes of an operation that do not follow from its parameters.
fn specific(id: &str) -> &'static [Code] {
    use Code as C;
    match id {
        "search_activities" => &[
            C::SearchTermBlank,
            C::SearchTermExceedMaxChars,
            C::SearchTermInvalid,
        ],
        "show_activity" | "show_thread" | "list_likes" | "list_reposts" | "remove_activity" => {
            &[C::ActivityNotFound]
        }
        "create_activity" => &[
            C::MessageBlank,
            C::MessageExceedMaxChars,
            C::MessageInvalid,
            C::TtlBlank,
        ],
        "create_reply" => &[
            C::MessageBlank,
            C::MessageExceedMaxChars1024,
            C::MessageInvalid,
            C::ActivityNotFound,
            C::Blocked,
        ],
        "delete_activity" => &[C::ActivityNotFound],
        "create_like" | "delete_like" | "create_repost" | "delete_repost" => {
            &[C::ActivityNotFound, C::Blocked]
        }
        "create_report" => &[
            C::ActivityNotFound,
            C::ReportReasonUnknown,
            C::ReportNoteExceedMaxChars,
            C::ReportNoteInvalid,
        ],
        "list_user_activities"
        | "list_liked_activities"
        | "list_reposted_activities"
        | "list_messages_with_user"
        | "show_user"
        | "show_short_user"
        | "show_block"
        | "delete_block"
        | "show_suspension"
        | "suspend_user"
        | "reinstate_user" => &[C::UserNotFound],
        "create_block" => &[
            C::UserNotFound,
            C::UserBlockedIsBlocker,
            C::BlocksExceedMaxCount,
        ],
        "list_messages" => &[C::MessageGroupNotFound],
        "create_message" => &[
            C::MessageBlank,
            C::MessageExceedMaxChars1024,
            C::MessageInvalid,
            C::UserReceiverHandleBlank,
            C::MessageGroupUuidBlank,
            C::UserReceiverIsSender,
            C::UserNotFound,
            C::MessageGroupNotFound,
            C::Blocked,
        ],
        "mark_notices_read" => &[C::MalformedUuid, C::NotificationNotFound],
        "stream_events" => &[
            C::MalformedQuery,
            C::MalformedCursor,
            C::MalformedUuid,
            C::UserNotFound,
            C::CognitoUserIdBlank,
            C::AccountDeleted,
        ],
        "show_own_profile" | "export_profile" | "create_ticket" => {
            &[C::CognitoUserIdBlank, C::AccountDeleted]
        }
        "replace_profile" | "update_profile" => &[
            C::DisplayNameBlank,
            C::DisplayNameExceedMaxChars,
            C::DisplayNameInvalid,
            C::BioExceedMaxChars,
            C::BioInvalid,
        ],
        "delete_profile" => &[C::ConfirmationBlank, C::ConfirmationMismatch],
        "list_development_users" => &[C::RouteNotFound],
        "create_development_session" => &[C::RouteNotFound, C::UserNotFound],
        "show_metrics" => &[C::Forbidden],
        "list_sessions" | "inspect_database" => &[C::MalformedQuery],
        "cancel_session" | "terminate_session" => &[C::MalformedQuery, C::RefusedByGuard],
        "show_report" => &[C::ReportNotFound],
        "close_report" => &[
            C::ReportNotFound,
            C::ReportAlreadyClosed,
            C::ReportReasonUnknown,
            C::ReportNoteExceedMaxChars,
            C::ReportNoteInvalid,
        ],
        "drop_database" | "set_up_database" | "restore_database" | "load_seeds" => {
            &[C::RefusedByGuard]
        }
        _ => &[],
    }
}

/// Every code that the operation can refuse with, in the order of [`Code::ALL`].
fn codes_of(operation: &Operation<'_>) -> Vec<Code> {
    use Code as C;
    let mut codes = specific(operation.id()).to_vec();
    let mut add = |applies: bool, further: &[Code]| {
        if applies {
            codes.extend_from_slice(further);
        }
    };
    let is_api = operation.path.starts_with("/api/");
    let is_for_operators = operation.is_for_operators();
    let is_write = operation.method != "get";
    let needs_database = (is_api && !matches!(operation.id(), "show_health_check" | "show_config"))
        || is_for_operators;
    add(true, &[C::Internal]);
    add(is_api, &[C::NotAcceptable]);
    add(is_write, &[C::Forbidden]);
    add(needs_database, &[C::ServiceUnavailable]);
    add(
        needs_database || operation.id() == "show_config",
        &[C::RateLimited],
    );
    add(
        operation.has_json_body(),
        &[
            C::MalformedJson,
            C::PayloadTooLarge,
            C::UnsupportedMediaType,
        ],
    );
    add(operation.has_parameter("uuid"), &[C::MalformedUuid]);
    add(
        operation.has_parameter("limit"),
        &[C::MalformedQuery, C::MalformedCursor],
    );
    add(operation.has_parameter("include"), &[C::MalformedQuery]);
    add(
        operation.has_parameter("Idempotency-Key"),
        &[
            C::MalformedIdempotencyKey,
            C::IdempotencyKeyInFlight,
            C::IdempotencyKeyReused,
        ],
    );
    add(operation.takes("token"), &[C::Unauthenticated]);
    add(
        is_write
            && operation.takes("token")
            && !matches!(operation.id(), "delete_activity" | "create_ticket"),
        &WRITER,
    );
    add(
        is_for_operators,
        &[
            C::Unauthenticated,
            C::Forbidden,
            C::RouteNotFound,
            C::OperationFailed,
        ],
    );
    // A path without another refusal.
    add(
        !is_api && !is_for_operators && operation.id() != "show_metrics",
        &[C::MethodNotAllowed],
    );
    let all = Code::ALL.iter().copied();
    all.filter(|code| codes.contains(code)).collect()
}

/// The responses and examples that several operations share, by name.
#[derive(Default)]
pub struct Shared {
    /// `components.responses`.
    pub responses: Map<String, Value>,
    /// `components.examples`.
    pub examples: Map<String, Value>,
}

/// Adds the refusals of the operation.
pub fn add(operation: &mut Operation<'_>, shared: &mut Shared) {
    let for_operators = operation.is_for_operators();
    let mut statuses: Vec<(u16, Vec<Code>)> = Vec::new();
    for code in codes_of(operation) {
        let status = code.status().as_u16();
        match statuses.iter_mut().find(|(known, _)| *known == status) {
            Some((_, codes)) => codes.push(code),
            None => statuses.push((status, vec![code])),
        }
    }
    for (status, codes) in statuses {
        let names: Vec<_> = codes.iter().map(|code| code.as_str()).collect();
        let form = if for_operators { ".problem" } else { "" };
        let name = format!("{status}.{}{form}", names.join("."));
        for code in &codes {
            add_examples(*code, for_operators, &mut shared.examples);
        }
        shared
            .responses
            .entry(name.clone())
            .or_insert_with(|| response(status, &codes, for_operators));
        if let Some(responses) = operation.responses() {
            let reference = json!({ "$ref": format!("#/components/responses/{name}") });
            responses.insert(status.to_string(), reference);
        }
    }
}

fn add_examples(code: Code, for_operators: bool, examples: &mut Map<String, Value>) {
    let text = code.as_str();
    if !for_operators {
        let array = json!({ "summary": code.sentence(), "value": [text] });
        examples.insert(text.to_owned(), array);
    }
    let problem = json!({
        "type": "about:blank",
        "title": code.sentence(),
        "status": code.status().as_u16(),
        "code": text,
    });
    let problem = json!({ "summary": code.sentence(), "value": problem });
    examples.insert(format!("{text}.problem"), problem);
}

fn response(status: u16, codes: &[Code], for_operators: bool) -> Value {
    let names: Vec<_> = codes.iter().map(|code| code.as_str()).collect();
    let lines: Vec<_> = codes
        .iter()
        .map(|code| format!("`{code}`: {}", code.sentence()))
        .collect();
    let examples = |suffix: &str| {
        let reference = |name: &&str| {
            let example = json!({ "$ref": format!("#/components/examples/{name}{suffix}") });
            ((*name).to_owned(), example)
        };
        names.iter().map(reference).collect::<Map<_, _>>()
    };
    let code = json!({ "type": "string", "enum": names });
    let problem = json!({
        "schema": { "allOf": [
            { "$ref": "#/components/schemas/Problem" },
            { "type": "object", "properties": { "code": code } },
        ] },
        "examples": examples(".problem"),
    });
    let mut content = json!({ "application/problem+json": problem });
    if !for_operators {
        content["application/json"] = json!({
            "schema": { "type": "array", "minItems": 1, "maxItems": 1, "items": code },
            "examples": examples(""),
        });
    }
    let mut response = json!({ "description": lines.join("\n\n"), "content": content });
    if matches!(status, 429 | 503) {
        response["headers"] = json!({ "Retry-After": {
            "description": "The seconds until a retry may succeed.",
            "schema": { "type": "integer", "minimum": 1 },
            "example": 1,
        } });
    }
    response
}

/// The schema of a code, with what each one means.
pub fn code_schema() -> Value {
    let names: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    let lines: Vec<_> = Code::ALL
        .iter()
        .map(|code| {
            format!(
                "- `{code}` ({}): {}",
                code.status().as_u16(),
                code.sentence()
            )
        })
        .collect();
    let description = format!(
        "Why a request was refused. Codes never change.\n\n{}",
        lines.join("\n")
    );
    json!({ "type": "string", "enum": names, "description": description })
}
