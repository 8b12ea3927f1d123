//! A user's page in the form that the generation of the React client expects. `batches` lets requests share the
//! statements.

use futures_util::try_join;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::dependencies::of_activities;
use super::model::Activity;
use super::rows::{FeedPage, FeedRows};
use super::store;
use crate::changes::{Fresh, ListRange};
use crate::config::ClientGeneration;
use crate::db::Connection;
use crate::domain::{Cursor, PageQuery};
use crate::error::Result;
use crate::users::{self, FoundProfile, Profile};

/// A handle in lower case and the page of that user's activities.
pub type UserPageQuery = (String, PageQuery);

/// A user's page: an array with `CLIENT_GENERATION=week-4`, an object with `CLIENT_GENERATION=final`.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum UserPage<'a> {
    /// The activities.
    Week4(Vec<Activity<'a>>),
    /// The user's profile and the activities.
    Final(ProfilePage<'a>),
}

/// A user's page with the user's profile.
#[derive(Serialize, ToSchema)]
pub struct ProfilePage<'a> {
    /// The user's profile.
    profile: PageProfile,
    /// The activities.
    activities: Vec<Activity<'a>>,
}

/// The profile in a user's page.
#[derive(Serialize, ToSchema)]
pub struct PageProfile {
    /// The user's id once more: the client names the user's picture after it. It is not the Cognito id, which no route
    /// shows. It comes first because `viewer` takes an object that begins with `uuid` for an activity.
    cognito_user_uuid: Uuid,
    /// The user's id.
    uuid: Uuid,
    /// The handle, without the `@`; unique without regard to case.
    handle: String,
    /// The display name.
    display_name: String,
    /// The bio, empty by default.
    bio: String,
    /// The number of top-level activities that have not expired.
    cruds_count: i64,
}

impl<'a> UserPage<'a> {
    /// A page of these activities; `profile` is the user's if the client expects it.
    pub fn new(profile: Option<Profile>, activities: Vec<Activity<'a>>) -> Self {
        match profile {
            None => Self::Week4(activities),
            Some(profile) => Self::Final(ProfilePage {
                profile: profile.into(),
                activities,
            }),
        }
    }

    /// The page as JSON. Its activities are cut to the limit already.
    ///
    /// # Errors
    /// The page cannot be serialised.
    pub fn into_page(self, next: Option<Cursor>) -> Result<FeedPage> {
        let (Self::Week4(activities) | Self::Final(ProfilePage { activities, .. })) = &self;
        FeedPage::of(&self, activities, next)
    }
}

impl From<Profile> for PageProfile {
    fn from(profile: Profile) -> Self {
        Self {
            cognito_user_uuid: profile.uuid,
            uuid: profile.uuid,
            handle: profile.handle,
            display_name: profile.display_name,
            bio: profile.bio,
            cruds_count: profile.cruds_count,
        }
    }
}

/// The pages in the order of `queries`; `None` when no user has the handle.
///
/// # Errors
/// A statement fails.
pub async fn read(
    db: &Connection,
    queries: &[UserPageQuery],
    generation: ClientGeneration,
) -> Result<Vec<Option<Fresh>>> {
    let (feeds, profiles) = match generation {
        ClientGeneration::Week4 => {
            let feeds = store::list_user_pages(db, queries).await?;
            (feeds, Vec::new())
        }
        // Both statements are sent at once.
        ClientGeneration::Final => {
            let handles: Vec<&str> = queries.iter().map(|(handle, _)| &**handle).collect();
            try_join!(
                store::list_user_pages(db, queries),
                users::list_profiles(db, &handles)
            )?
        }
    };
    let mut profiles = profiles.into_iter();
    let page = |(feed, (handle, query)): (Option<FeedRows>, &UserPageQuery)| {
        let profile = profiles.next();
        match (feed, profile) {
            (Some(feed), None) => make_page(&feed, handle, query, None).map(Some),
            (Some(feed), Some(Some(profile))) => {
                make_page(&feed, handle, query, Some(profile)).map(Some)
            }
            (None, _) | (_, Some(None)) => Ok(None),
        }
    };
    feeds.into_iter().zip(queries).map(page).collect()
}

fn make_page(
    feed: &FeedRows,
    handle: &str,
    query: &PageQuery,
    found: Option<FoundProfile>,
) -> Result<Fresh> {
    let mut activities = feed.activities()?;
    let mut dependencies = of_activities(&activities, feed.started_at()?);
    dependencies.add_user(handle);
    if let Some(found) = &found {
        dependencies.add(&found.dependencies);
    }
    let next = query.cut(&mut activities, Activity::cursor);
    dependencies.set_range(ListRange::of_user(feed.user()?, query, next));
    let profile = found.map(|found| found.profile);
    let page = UserPage::new(profile, activities).into_page(next)?;
    Ok(page.depending_on(dependencies).read_by(feed.mark()?))
}
