//! What a link to an activity shows before it is followed. `web` writes it into the head of the activity's page.

use super::model::Activity;

/// The parts of an activity that the preview of a link shows.
pub struct Preview {
    /// The author's handle, without the `@`.
    pub handle: String,
    /// The author's display name.
    pub display_name: String,
    /// The text.
    pub message: String,
    /// Whether the activity expires.
    pub expires: bool,
}

impl Preview {
    /// Copies the parts of the activity.
    pub fn of(activity: &Activity<'_>) -> Self {
        Self {
            handle: activity.handle.to_owned(),
            display_name: activity.display_name.to_owned(),
            message: activity.message.to_owned(),
            expires: activity.expires_at.is_some(),
        }
    }
}
