//! What a message and a group are and which messages can be written. No I/O.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::{Code, Cursor, TextRules, lenient_string, timestamp};

/// The longest direct message, in Unicode scalar values.
pub const MAX_DIRECT_MESSAGE_CHARS: usize = 1024;

const MESSAGE_RULES: TextRules = TextRules {
    max_chars: MAX_DIRECT_MESSAGE_CHARS,
    too_long: Code::MessageExceedMaxChars,
    invalid: Code::MessageInvalid,
};

/// A conversation of two, as one of them sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageGroup {
    /// The group's id, for `/api/messages/{uuid}`.
    pub uuid: Uuid,
    /// The other party's name.
    pub display_name: String,
    /// The other party's handle, without the `@`.
    pub handle: String,
    /// The last message, whoever wrote it.
    pub message: String,
    /// When the last message was written.
    #[serde(with = "timestamp")]
    pub created_at: DateTime<Utc>,
}

impl MessageGroup {
    pub fn cursor(&self) -> Cursor {
        Cursor {
            created_at: self.created_at,
            uuid: self.uuid,
        }
    }
}

/// A message.
#[derive(Debug, Serialize, ToSchema)]
pub struct Message {
    pub uuid: Uuid,
    /// The writer's name.
    pub display_name: String,
    /// The writer's handle, without the `@`.
    pub handle: String,
    pub message: String,
    #[serde(with = "timestamp")]
    pub created_at: DateTime<Utc>,
}

impl Message {
    pub fn cursor(&self) -> Cursor {
        Cursor {
            created_at: self.created_at,
            uuid: self.uuid,
        }
    }
}

/// A message that was just written.
#[derive(Debug, Serialize, ToSchema)]
pub struct SentMessage {
    #[serde(flatten)]
    pub message: Message,
    /// The id of the group, when this message began it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub message_group_uuid: Option<Uuid>,
}

/// The wire form of a new message: the receiver's handle under either of two names, or a group.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CreateMessageBody {
    /// 1 to 1024 Unicode scalar values, not only white space, no NUL.
    #[serde(default, deserialize_with = "lenient_string")]
    #[schema(value_type = String, required, min_length = 1, max_length = 1024)]
    message: Option<String>,
    /// The receiver, without the `@`.
    #[serde(default, deserialize_with = "lenient_string")]
    user_receiver_handle: Option<String>,
    /// The same under the name that later clients use.
    #[serde(default, deserialize_with = "lenient_string")]
    handle: Option<String>,
    /// One of one's own groups; it wins over a handle.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    message_group_uuid: Option<Value>,
}

/// Where a message goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receiver {
    /// To the user with this handle; the pair's group is made where there is none.
    Handle(String),
    Group(Uuid),
}

/// A message that may be stored.
#[derive(Debug)]
pub struct NewMessage {
    pub message: String,
    pub receiver: Receiver,
}

impl TryFrom<CreateMessageBody> for NewMessage {
    type Error = Code;

    fn try_from(body: CreateMessageBody) -> Result<Self, Code> {
        Ok(Self {
            message: MESSAGE_RULES.required(body.message, Code::MessageBlank)?,
            receiver: receiver(
                body.message_group_uuid.as_ref(),
                body.user_receiver_handle,
                body.handle,
            )?,
        })
    }
}

/// A blank group is as good as none where there is a handle; alone it shows what was meant.
fn receiver(
    group: Option<&Value>,
    receiver_handle: Option<String>,
    handle: Option<String>,
) -> Result<Receiver, Code> {
    let group_text = group
        .and_then(Value::as_str)
        .map(str::trim)
        .filter(|text| !text.is_empty());
    if let Some(text) = group_text {
        return match Uuid::try_parse(text) {
            Ok(uuid) => Ok(Receiver::Group(uuid)),
            Err(_) => Err(Code::MessageGroupUuidBlank),
        };
    }
    let handle = [receiver_handle, handle]
        .into_iter()
        .flatten()
        .find(|handle| !handle.trim().is_empty());
    match (handle, group) {
        (Some(handle), _) => Ok(Receiver::Handle(handle)),
        (None, None) => Err(Code::UserReceiverHandleBlank),
        (None, Some(_)) => Err(Code::MessageGroupUuidBlank),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(body: Value) -> Result<Receiver, Code> {
        let body: CreateMessageBody = serde_json::from_value(body).map_err(|_| Code::Internal)?;
        NewMessage::try_from(body).map(|new| new.receiver)
    }

    #[test]
    fn a_group_wins_over_a_handle_and_a_blank_one_does_not() {
        let group = Uuid::from_u128(7);
        let bob = || Ok(Receiver::Handle("bob".to_owned()));
        for (body, expected) in [
            (json!({ "message": "m", "handle": "bob" }), bob()),
            (
                json!({ "message": "m", "user_receiver_handle": "bob", "handle": "eve" }),
                bob(),
            ),
            (
                json!({ "message": "m", "user_receiver_handle": " ", "handle": "bob" }),
                bob(),
            ),
            (
                json!({ "message": "m", "handle": "bob", "message_group_uuid": "" }),
                bob(),
            ),
            (
                json!({ "message": "m", "handle": "bob", "message_group_uuid": null }),
                bob(),
            ),
            (
                json!({ "message": "m", "handle": "bob", "message_group_uuid": group }),
                Ok(Receiver::Group(group)),
            ),
        ] {
            assert_eq!(of(body.clone()), expected, "{body}");
        }
    }

    #[test]
    fn the_first_check_that_fails_names_the_code() {
        for (body, code) in [
            (json!({}), Code::MessageBlank),
            (
                json!({ "message": "m".repeat(1025) }),
                Code::MessageExceedMaxChars,
            ),
            (json!({ "message": "m" }), Code::UserReceiverHandleBlank),
            (
                json!({ "message": "m", "handle": 7 }),
                Code::UserReceiverHandleBlank,
            ),
            (
                json!({ "message": "m", "message_group_uuid": null }),
                Code::UserReceiverHandleBlank,
            ),
            (
                json!({ "message": "m", "message_group_uuid": " " }),
                Code::MessageGroupUuidBlank,
            ),
            (
                json!({ "message": "m", "message_group_uuid": 7 }),
                Code::MessageGroupUuidBlank,
            ),
            (
                json!({ "message": "m", "handle": "bob", "message_group_uuid": "x" }),
                Code::MessageGroupUuidBlank,
            ),
        ] {
            assert_eq!(of(body.clone()), Err(code), "{body}");
        }
    }
}
