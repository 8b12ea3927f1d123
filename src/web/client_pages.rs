//! The pages of the client. The server reads the user or the activity of a path for the status and the head of the
//! page; the script of the page loads it again from the API, with everything else.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use uuid::Uuid;

use super::head::{Card, Head, Robots, excerpt};
use super::html_page::{MissingPage, Pages, REVALIDATE};
use crate::activities::{Batches, Preview};
use crate::db::{Health, Pool};
use crate::error::{Code, Error, Result, chain};
use crate::http::asks_for_html;
use crate::users::{self, Profile};

/// The longest part of a text in a title, in Unicode scalar values.
const MAX_QUOTE: usize = 60;
/// A page whose user or activity cannot be read within this time is sent without it. Its script asks the API anyway.
const READ_TIMEOUT: Duration = Duration::from_secs(1);

const NO_PAGE: MissingPage = MissingPage {
    status: StatusCode::NOT_FOUND,
    heading: "There is nothing here",
    text: "This address does not exist.",
};
const NO_USER: MissingPage = MissingPage {
    status: StatusCode::NOT_FOUND,
    heading: "There is no such user",
    text: "No user has this handle.",
};
/// For an unknown id, too: the rows of expired and deleted activities are not kept, so they cannot be told apart.
const GONE: MissingPage = MissingPage {
    status: StatusCode::GONE,
    heading: "It had its time",
    text: "This crud has expired or was deleted.",
};

/// What the database has for a page.
enum Reading<T> {
    Found(T),
    Missing,
    /// The database is away, is not migrated or did not answer in time.
    Failed,
}

/// Serves home.
pub async fn show_home(request: HttpRequest, pages: Data<Pages>) -> HttpResponse {
    pages.show(&request, &Head::home())
}

/// Serves the page of a user.
pub async fn show_user(
    request: HttpRequest,
    handle: Path<String>,
    health: Data<Health>,
    pool: Data<Pool>,
    pages: Data<Pages>,
) -> HttpResponse {
    let profile = pool.run(async |db| {
        let found = users::find_profile(db, &handle).await?;
        Ok(found.map(|found| found.profile))
    });
    match read(&health, profile).await {
        Reading::Found(profile) => pages.show(&request, &head_of_user(&profile)),
        Reading::Missing => pages.show_missing(&NO_USER),
        Reading::Failed => pages.show(&request, &Head::unknown(Robots::Index)),
    }
}

/// Serves the page of a thread. Below another handle than the author's, it redirects to the path with the author's:
/// a link to the activity that a reply answers does not know the author.
pub async fn show_thread(
    request: HttpRequest,
    path: Path<(String, String)>,
    health: Data<Health>,
    batches: Data<Batches>,
    pages: Data<Pages>,
) -> HttpResponse {
    let (handle, uuid) = path.into_inner();
    let Ok(uuid) = Uuid::try_parse(&uuid) else {
        return pages.show_missing(&NO_PAGE);
    };
    match read(&health, batches.find_preview(uuid)).await {
        Reading::Found(preview) if preview.handle.eq_ignore_ascii_case(&handle) => {
            pages.show(&request, &head_of_thread(uuid, &preview))
        }
        Reading::Found(preview) => HttpResponse::PermanentRedirect()
            .insert_header((header::LOCATION, thread_path(&preview.handle, uuid)))
            .insert_header((header::CACHE_CONTROL, REVALIDATE))
            .finish(),
        Reading::Missing => pages.show_missing(&GONE),
        Reading::Failed => pages.show(&request, &Head::unknown(Robots::NoIndex)),
    }
}

/// Serves a page for an address that has none, to a client that asks for HTML.
///
/// # Errors
/// [`Code::RouteNotFound`] for every other client.
pub async fn show_not_found(request: HttpRequest, pages: Data<Pages>) -> Result<HttpResponse> {
    if !asks_for_html(request.headers()) {
        return Err(Code::RouteNotFound.into());
    }
    let mut response = pages.show_missing(&NO_PAGE);
    let vary = HeaderValue::from_static("Accept");
    response.headers_mut().append(header::VARY, vary);
    Ok(response)
}

async fn read<T>(health: &Health, reading: impl Future<Output = Result<Option<T>>>) -> Reading<T> {
    let reading = async {
        match health.is_ready_after_first_probe().await {
            true => reading.await,
            false => Err(Error::Unavailable("the database is not ready", None)),
        }
    };
    let error = match tokio::time::timeout(READ_TIMEOUT, reading).await {
        Ok(Ok(Some(found))) => return Reading::Found(found),
        Ok(Ok(None)) => return Reading::Missing,
        Ok(Err(error)) => error,
        Err(elapsed) => Error::unavailable("the database did not answer in time")(elapsed),
    };
    tracing::warn!(error = chain(&error), "a page is sent without its title");
    Reading::Failed
}

fn head_of_user(profile: &Profile) -> Head {
    let title = format!("{} (@{})", profile.display_name, profile.handle);
    Head::titled(&title, Robots::Index).with_card(Card {
        kind: "profile",
        title,
        description: profile.bio.clone(),
        path: format!("/@{}", profile.handle),
    })
}

fn head_of_thread(uuid: Uuid, preview: &Preview) -> Head {
    let (name, handle) = (&preview.display_name, &preview.handle);
    let title = format!("{name}: “{}”", excerpt(&preview.message, MAX_QUOTE));
    let robots = match preview.expires {
        true => Robots::NoIndex,
        false => Robots::Index,
    };
    Head::titled(&title, robots).with_card(Card {
        kind: "article",
        title: format!("{name} (@{handle})"),
        description: preview.message.clone(),
        path: thread_path(handle, uuid),
    })
}

fn thread_path(handle: &str, uuid: Uuid) -> String {
    format!("/@{handle}/status/{uuid}")
}
