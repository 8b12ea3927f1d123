//! The reactions of all users to the activities of one page. With them the flags of every viewer of a page in memory
//! need no further statement.

use std::collections::HashMap;
use std::sync::Arc;

use tokio_postgres::Row;
use uuid::Uuid;

use super::viewer::ViewerReactions;
use crate::error::Result;

/// The maximum number of reactions that are read for a page. A page with more has the flags of each viewer read.
pub const MAX_REACTIONS: usize = 10_000;

/// An activity's place in a page's list, and whether it is liked, not reposted.
type Reaction = (u16, bool);

/// What each user has made of the activities of a page, by the user's Cognito id.
pub struct Reactors {
    activities: Arc<[Uuid]>,
    /// `None` when there are more than [`MAX_REACTIONS`].
    users: Option<HashMap<Box<str>, Box<[Reaction]>>>,
}

impl Reactors {
    /// Groups rows with the columns `subject`, `activity` and `kind`. More rows than [`MAX_REACTIONS`] say nothing.
    ///
    /// # Errors
    /// A column is missing or has another type.
    pub fn of_rows(activities: Arc<[Uuid]>, rows: &[Row]) -> Result<Self> {
        if rows.len() > MAX_REACTIONS {
            return Ok(Self {
                activities,
                users: None,
            });
        }
        let mut users: HashMap<&str, Vec<Reaction>> = HashMap::new();
        for row in rows {
            let place = u16::try_from(row.try_get::<_, i64>("activity")? - 1).unwrap_or(u16::MAX);
            let is_like = row.try_get::<_, &str>("kind")? == "like";
            let reactions = users.entry(row.try_get("subject")?).or_default();
            reactions.push((place, is_like));
        }
        let users = users.into_iter();
        Ok(Self {
            activities,
            users: Some(
                users
                    .map(|(user, made)| (user.into(), made.into()))
                    .collect(),
            ),
        })
    }

    /// The reactions of a user; `None` when they must be read.
    pub fn find(&self, subject: &str) -> Option<ViewerReactions> {
        let mut found = ViewerReactions::default();
        let reactions = self.users.as_ref()?.get(subject);
        for &(place, is_like) in reactions.into_iter().flatten() {
            let activity = self.activities.get(usize::from(place)).copied();
            match is_like {
                true => found.add_liked(activity),
                false => found.add_reposted(activity),
            }
        }
        Some(found)
    }
}
