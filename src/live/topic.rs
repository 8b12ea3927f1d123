//! What a stream tells about: the topics in its address, and the keys by which the hub finds the streams of an event.

use uuid::Uuid;

use crate::domain::Code;

/// The most topics of one stream.
pub const MAX_TOPICS: usize = 20;

/// A topic as the client names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamedTopic {
    /// `home`: the top-level activities of all users.
    Home,
    /// `@handle`: the page of this user.
    User(String),
    /// `activity:{uuid}`: the thread of this activity.
    Activity(Uuid),
    /// `notifications`: the notices of the user.
    Notifications,
    /// `messages`: the messages of the user.
    Messages,
}

/// A key by which the hub finds streams. Users are named by their ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// Every stream.
    All,
    /// Streams with `home`.
    Home,
    /// Streams with `@handle` of this user.
    User(Uuid),
    /// Streams with `activity:{uuid}` of this activity.
    Activity(Uuid),
    /// Streams with a thread, whichever it is.
    AnyActivity,
    /// Streams with the page of a user, whichever it is.
    AnyUser,
    /// Streams with notices.
    AnyNotifications,
    /// Streams with messages.
    AnyMessages,
    /// Streams with `notifications` of this user.
    Notifications(Uuid),
    /// Streams with `messages` of this user.
    Messages(Uuid),
}

impl NamedTopic {
    /// The topics of a list such as `home,@andrewbrown`, each once.
    ///
    /// # Errors
    /// [`Code::MalformedQuery`] for an empty or too long list and for an unknown topic; [`Code::MalformedUuid`].
    pub fn parse_list(list: &str) -> Result<Vec<Self>, Code> {
        let mut topics = Vec::new();
        for text in list.split(',') {
            let topic = Self::parse(text.trim())?;
            if !topics.contains(&topic) {
                topics.push(topic);
            }
            if topics.len() > MAX_TOPICS {
                return Err(Code::MalformedQuery);
            }
        }
        Ok(topics)
    }

    fn parse(text: &str) -> Result<Self, Code> {
        if let Some(handle) = text.strip_prefix('@') {
            return Ok(Self::User(handle.to_ascii_lowercase()));
        }
        if let Some(uuid) = text.strip_prefix("activity:") {
            let uuid = Uuid::try_parse(uuid).map_err(|_| Code::MalformedUuid)?;
            return Ok(Self::Activity(uuid));
        }
        match text {
            "home" => Ok(Self::Home),
            "notifications" => Ok(Self::Notifications),
            "messages" => Ok(Self::Messages),
            _ => Err(Code::MalformedQuery),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_topics_is_read_and_each_counts_once() {
        let uuid = Uuid::from_u128(1);
        let list = format!("home, @Andrew,activity:{uuid},notifications,messages,home");
        let expected = [
            NamedTopic::Home,
            NamedTopic::User("andrew".to_owned()),
            NamedTopic::Activity(uuid),
            NamedTopic::Notifications,
            NamedTopic::Messages,
        ];
        assert_eq!(NamedTopic::parse_list(&list), Ok(expected.to_vec()));
    }

    #[test]
    fn a_list_without_topics_with_too_many_or_with_unknown_ones_is_refused() {
        let many: Vec<String> = (0..21).map(|number| format!("@u{number}")).collect();
        for (list, code) in [
            ("", Code::MalformedQuery),
            ("home,", Code::MalformedQuery),
            ("Home", Code::MalformedQuery),
            (&many.join(","), Code::MalformedQuery),
            ("activity:x", Code::MalformedUuid),
        ] {
            assert_eq!(NamedTopic::parse_list(list), Err(code), "{list}");
        }
        assert!(NamedTopic::parse_list(&many[1..].join(",")).is_ok());
    }
}
