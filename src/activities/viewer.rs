//! Adds `viewer` to the activities of a page: what the user of the request's token has made of each. A page is
//! serialised once for all requests, so a copy of its JSON gets the flags.

use std::collections::HashMap;
use std::sync::Arc;

use memchr::memmem;
use tokio_postgres::Row;
use uuid::Uuid;

use super::model::ViewerFlags;
use crate::error::Result;

/// The beginning of every activity in JSON, up to its id. No other object of a page has it, and no text contains it,
/// because quotes are escaped in JSON strings.
const BEGINNING: &[u8] = br#"{"uuid":""#;
/// The length of an id with the quote at its end.
const ID_LENGTH: usize = 37;
/// A copy is longer by one part in so many, at most: an activity has at least 300 bytes, `viewer` 44.
const SHARE_OF_VIEWERS: usize = 6;

/// Asks for the reactions of one user to some activities.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ViewerQuery {
    /// The user's Cognito id.
    pub subject: Arc<str>,
    /// The ids of the activities.
    pub activities: Arc<[Uuid]>,
}

/// The reactions of one user to activities.
#[derive(Debug, Default)]
pub struct ViewerReactions(HashMap<Uuid, ViewerFlags>);

impl ViewerReactions {
    /// Reads rows with the columns `activity_uuid` and `kind`.
    ///
    /// # Errors
    /// A column is missing or has another type.
    pub fn of_rows(rows: &[Row]) -> Result<Self> {
        let mut reactions = Self::default();
        for row in rows {
            let activity = row.try_get("activity_uuid")?;
            match row.try_get("kind")? {
                "like" => reactions.add_liked([activity]),
                _ => reactions.add_reposted([activity]),
            }
        }
        Ok(reactions)
    }

    /// Adds activities that the user liked.
    pub fn add_liked(&mut self, activities: impl IntoIterator<Item = Uuid>) {
        for activity in activities {
            self.0.entry(activity).or_default().liked = true;
        }
    }

    /// Adds activities that the user reposted.
    pub fn add_reposted(&mut self, activities: impl IntoIterator<Item = Uuid>) {
        for activity in activities {
            self.0.entry(activity).or_default().reposted = true;
        }
    }

    /// A copy of `json`, in which each activity has `viewer` after its id.
    pub fn insert_into(&self, json: &[u8]) -> Vec<u8> {
        let mut copy = Vec::with_capacity(json.len() + json.len() / SHARE_OF_VIEWERS);
        let mut copied = 0;
        for start in memmem::find_iter(json, BEGINNING) {
            let place = start + BEGINNING.len();
            let end = json.len().min(place + ID_LENGTH);
            copy.extend_from_slice(&json[copied..end]);
            copy.extend_from_slice(self.viewer_of(&json[place..end]));
            copied = end;
        }
        copy.extend_from_slice(&json[copied..]);
        copy
    }

    /// The member `viewer` of an activity; `id` is its id with the quote at its end.
    fn viewer_of(&self, id: &[u8]) -> &'static [u8] {
        let flags = match id.split_last() {
            Some((_, id)) if !self.0.is_empty() => {
                let uuid = Uuid::try_parse_ascii(id).unwrap_or_default();
                self.0.get(&uuid).copied().unwrap_or_default()
            }
            _ => ViewerFlags::default(),
        };
        match (flags.liked, flags.reposted) {
            (false, false) => br#","viewer":{"liked":false,"reposted":false}"#,
            (true, false) => br#","viewer":{"liked":true,"reposted":false}"#,
            (false, true) => br#","viewer":{"liked":false,"reposted":true}"#,
            (true, true) => br#","viewer":{"liked":true,"reposted":true}"#,
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::activities::model::{Activity, Thread};

    fn activity<'a>(text: &'a str, replies: Vec<Activity<'a>>) -> Activity<'a> {
        Activity {
            uuid: Uuid::new_v4(),
            display_name: text,
            handle: "alice",
            message: text,
            replies_count: 0,
            reposts_count: 0,
            likes_count: 0,
            reply_to_activity_uuid: Some(Uuid::nil()),
            expires_at: None,
            created_at: DateTime::UNIX_EPOCH,
            viewer: None,
            reposted_at: None,
            replies,
        }
    }

    /// Adds `viewer` to an activity and its replies after parsing.
    fn expected(activity: &Value, liked: Uuid, reposted: Uuid) -> Value {
        let mut activity = activity.clone();
        activity["viewer"] = json!({
            "liked": activity["uuid"] == liked.to_string(),
            "reposted": activity["uuid"] == reposted.to_string(),
        });
        if let Some(replies) = activity["replies"].as_array_mut() {
            for reply in replies {
                *reply = expected(reply, liked, reposted);
            }
        }
        activity
    }

    fn inserted(value: &impl serde::Serialize, liked: Uuid, reposted: Uuid) -> Value {
        let mut reactions = ViewerReactions::default();
        reactions.add_liked([liked]);
        reactions.add_reposted([reposted, Uuid::max()]);
        let json = serde_json::to_vec(value).expect("JSON");
        serde_json::from_slice(&reactions.insert_into(&json)).expect("JSON")
    }

    proptest! {
        #[test]
        fn every_activity_gets_its_flags_whatever_its_text_contains(
            text in r#"(\PC|\{"uuid":"|"|\\){0,40}"#,
        ) {
            let replies = vec![activity(&text, vec![]), activity("a reply", vec![])];
            let (reply, other) = (replies[0].uuid, replies[1].uuid);
            let parent = activity(&text, replies);
            let before = json!(parent);
            let thread = Thread { activity: &parent, replies: &parent.replies };
            prop_assert_eq!(
                inserted(&thread, parent.uuid, reply)["activity"].clone(),
                expected(&before, parent.uuid, reply)
            );
            prop_assert_eq!(
                inserted(&thread, other, other)["replies"].clone(),
                expected(&before, other, other)["replies"].clone()
            );
            let list = vec![parent, activity(&text, vec![])];
            let flags = list[1].uuid;
            prop_assert_eq!(
                inserted(&list, flags, reply),
                json!([expected(&json!(list[0]), flags, reply), expected(&json!(list[1]), flags, reply)])
            );
        }
    }

    #[test]
    fn a_page_without_activities_stays_as_it_is() {
        let reactions = ViewerReactions::default();
        assert_eq!(reactions.insert_into(b"[]"), b"[]");
    }
}
