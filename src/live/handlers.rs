//! The routes of streams: who asks for which topics, what was missed since, and then what happens.

use actix_web::http::{Method, header};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use utoipa::IntoParams;

use super::cursor::Cursor;
use super::event::{self, LiveTicket};
use super::limits::Live;
use super::stream::EventStream;
use super::subscriber::Subscriber;
use super::topic::NamedTopic;
use super::viewer::StreamViewer;
use super::{resume, store, tickets};
use crate::auth::{Authenticated, Authenticator};
use crate::db::Pool;
use crate::error::{Code, Error, Result};
use crate::http::PeerState;
use crate::users::Provisioner;

/// The query parameters of a stream.
#[derive(Debug, Default, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StreamQuery {
    /// 1 to 20 topics, separated by commas: `home`, `@handle`, `activity:{uuid}`, and with a token or a ticket
    /// `notifications` and `messages`.
    #[param(required)]
    topics: Option<String>,
    /// Go on after this cursor: the `id` of an event, or the `Live-Cursor` of a page. Without it the stream goes on after
    /// the header `Last-Event-ID`, without both it begins now.
    after: Option<String>,
    /// A ticket of `POST /api/live/tickets`, for clients that cannot send a token.
    ticket: Option<String>,
}

impl StreamQuery {
    /// Reads the parameters; of one that is there twice the last.
    fn parse(text: &str) -> Self {
        let mut query = Self::default();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            let parameter = match &*name {
                "topics" => &mut query.topics,
                "after" => &mut query.after,
                "ticket" => &mut query.ticket,
                _ => continue,
            };
            *parameter = Some(value.into_owned());
        }
        query
    }
}

/// Streams what changes on pages, as server-sent events. Each event has an `id`, a `event` name and `data`, a line of JSON:
/// `activity` an activity that was created or reposted; `counts` (LiveCounts) the counts of an activity, at most four times
/// a second; `deleted` and `expired` (LiveGone) the id of an activity; `profile` (LiveProfile) the names of a user;
/// `notification` a notice; `message` (LiveMessage) a message to or by the user; `unauthorized`, after which the stream
/// ends because the token has ended; `resync`, after which the client loads its pages again and goes on. A comment is sent
/// every 15 seconds. A client can go on after any event or page for ten minutes, at any server; after that `resync` comes
/// first.
#[utoipa::path(get, path = "/api/live", tag = "live", params(StreamQuery),
    security((), ("token" = [])),
    responses((status = 200, content_type = "text/event-stream", body = String)))]
pub async fn stream_events(
    request: HttpRequest,
    live: Data<Live>,
    authenticator: Data<Authenticator>,
) -> Result<HttpResponse> {
    let query = StreamQuery::parse(request.query_string());
    let named = NamedTopic::parse_list(query.topics.as_deref().unwrap_or_default())?;
    let cursor = find_cursor(&request, &query)?;
    let viewer = find_viewer(&request, &query, &live.pool, &authenticator).await?;
    let topics = viewer.topics(&live.pool, &named).await?;
    if *request.method() == Method::HEAD {
        return Ok(events().finish());
    }
    let shares = live.share(&request, viewer.user)?;
    let subscriber = Subscriber::new(topics.clone(), viewer.until);
    let (registration, place) = live.hub.join(subscriber).await?;
    let mut first = vec![event::retry()];
    match cursor {
        None => first.push(event::heartbeat(Some(&place))),
        Some(cursor) => {
            first.push(event::heartbeat(Some(&cursor)));
            let missed = live
                .pool
                .run(async |db| resume::missed(db, &cursor, &place, &topics).await);
            first.extend(missed.await?);
            first.push(event::heartbeat(Some(&place)));
        }
    }
    let peer = request.conn_data::<PeerState>().cloned();
    Ok(events().body(EventStream::new(first, registration, peer, shares)))
}

/// Makes a ticket with which the user can open one stream within 60 seconds, at any server: a browser's `EventSource`
/// cannot send a token.
#[utoipa::path(post, path = "/api/live/tickets", tag = "live", security(("token" = [])),
    responses((status = 200, body = LiveTicket)))]
pub async fn create_ticket(
    Authenticated(user, ()): Authenticated<()>,
    pool: Data<Pool>,
    provisioner: Data<Provisioner>,
) -> Result<HttpResponse> {
    let ticket = tickets::make();
    let insert = async || {
        pool.run(async |db| store::insert_ticket(db, &user, &ticket).await)
            .await
    };
    let expires_at = provisioner.provision_if_missing(&user, insert).await?;
    Ok(HttpResponse::Ok().json(LiveTicket { ticket, expires_at }))
}

fn find_cursor(request: &HttpRequest, query: &StreamQuery) -> Result<Option<Cursor>> {
    let header = request.headers().get("last-event-id");
    let header = header.map(|value| value.to_str().unwrap_or("?"));
    let text = query.after.as_deref().or(header);
    let text = text.filter(|text| !text.is_empty());
    let decode = |text| Cursor::decode(text).ok_or(Error::from(Code::MalformedCursor));
    text.map(decode).transpose()
}

/// The user of the ticket or of the token; a bad token is that of an anonymous client, as for every read.
async fn find_viewer(
    request: &HttpRequest,
    query: &StreamQuery,
    pool: &Pool,
    authenticator: &Authenticator,
) -> Result<StreamViewer> {
    if let Some(ticket) = &query.ticket {
        return StreamViewer::of_ticket(pool, ticket).await;
    }
    match authenticator.identify(request).await {
        Ok(Some(user)) => StreamViewer::of_user(pool, &user).await,
        Ok(None) | Err(Error::Refused(_)) => Ok(StreamViewer::default()),
        Err(error) => Err(error),
    }
}

/// A response that no proxy keeps back and no middleware compresses.
fn events() -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::CONTENT_ENCODING, "identity"))
        .insert_header(("x-accel-buffering", "no"));
    response
}
