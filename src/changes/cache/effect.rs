//! What a change does to the answers in memory. Kinds that no kept answer shows have no effect.

use super::dependencies::{
    BELOW_ANOTHER, Dependencies, HOME_LIST, Tag, activity_tag, cruds_tag, user_list, user_tag,
};
use crate::changes::change::{ActivityKeys, Change, ChangeKind};
use crate::domain::Cursor;

/// What a change does to answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Answers with the tag are outdated.
    Touch(Tag),
    /// An activity at the cursor belongs on the pages of the list that have this place.
    Place(Tag, Cursor),
    /// Every answer is outdated.
    All,
}

/// So many effects outdate everything.
const MAX_EFFECTS: usize = 20_000;

impl Effect {
    /// The effects of changes.
    pub fn of_all(changes: &[Change]) -> Vec<Self> {
        let mut effects = Vec::new();
        for change in changes {
            Self::of(change, &mut effects);
            if effects.len() > MAX_EFFECTS {
                return vec![Self::All];
            }
        }
        effects
    }

    fn of(change: &Change, effects: &mut Vec<Self>) {
        match change.kind {
            ChangeKind::ActivitiesChanged => {
                effects.extend(change.uuids.iter().map(|uuid| Self::touch(*uuid)));
            }
            ChangeKind::ActivitiesCreated | ChangeKind::ActivitiesMoved => {
                // Replies below a moved activity may lie below a deleted one now.
                if change.kind == ChangeKind::ActivitiesMoved {
                    effects.push(Self::Touch(BELOW_ANOTHER));
                }
                for keys in change.activities() {
                    Self::of_activity(&keys, effects);
                    if keys.parent.is_none() {
                        effects.extend(
                            [HOME_LIST, user_list(keys.author)]
                                .map(|list| Self::Place(list, keys.cursor)),
                        );
                    }
                }
            }
            ChangeKind::ActivitiesDeleted => {
                for keys in change.activities() {
                    Self::of_activity(&keys, effects);
                }
            }
            ChangeKind::ThreadsDeleted => effects.push(Self::Touch(BELOW_ANOTHER)),
            ChangeKind::UsersChanged | ChangeKind::UsersHidden => {
                let handles = change.handles.iter();
                effects.extend(handles.map(|handle| Self::Touch(user_tag(handle))));
            }
            // The activities of the user may belong on any page.
            ChangeKind::UsersShown | ChangeKind::EverythingChanged => effects.push(Self::All),
            ChangeKind::BlocksChanged
            // The looks of the cache ask for none.
            | ChangeKind::ActivityExpired
            | ChangeKind::MessageGroupsChanged
            | ChangeKind::MessagesCreated
            | ChangeKind::MessagesDeleted
            | ChangeKind::NoticesCreated
            | ChangeKind::NoticesDeleted
            | ChangeKind::NoticesRead
            | ChangeKind::RepostsCreated
            | ChangeKind::RepostsDeleted => {}
        }
    }

    fn of_activity(keys: &ActivityKeys, effects: &mut Vec<Self>) {
        effects.push(Self::touch(keys.uuid));
        effects.push(match keys.parent {
            Some(parent) => Self::touch(parent),
            None => Self::Touch(cruds_tag(keys.author)),
        });
    }

    fn touch(activity: uuid::Uuid) -> Self {
        Self::Touch(activity_tag(activity))
    }

    /// Whether an answer with these dependencies is outdated.
    pub fn concerns(&self, dependencies: &Dependencies) -> bool {
        match self {
            Self::Touch(tag) => dependencies.tags.contains(tag),
            Self::Place(list, cursor) => dependencies
                .range
                .is_some_and(|range| range.list == *list && range.contains(cursor)),
            Self::All => true,
        }
    }
}
