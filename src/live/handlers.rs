//! The routes of streams: who asks for which topics, what was missed since, and then what happens.

use actix_web::http::{Method, header};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::event::{self, LiveData, LiveTicket};
use super::limits::Live;
use super::query::StreamQuery;
use super::stream::EventStream;
use super::subscriber::Subscriber;
use super::topic::NamedTopic;
use super::viewer::StreamViewer;
use super::{resume, store, tickets};
use crate::auth::{Authenticated, Authenticator};
use crate::db::Pool;
use crate::error::{Error, Result};
use crate::http::PeerState;
use crate::users::Provisioner;

/// Streams what changes on pages, as server-sent events. Each event has an `id`, an `event` name and `data`, a line of JSON:
/// `activity` an activity that was created or reposted; `counts` (LiveCounts) the counts of an activity, at most four times
/// a second; `deleted` and `expired` (LiveGone) the id of an activity; `profile` (LiveProfile) the names of a user;
/// `notification` a notice; `message` (LiveMessage) a message to or by the user; `unauthorized`, after which the stream
/// ends because the token has ended; `resync`, after which the client loads its pages again and goes on. A comment is sent
/// every 15 seconds. A client can go on after any event or page for ten minutes, at any server; after that `resync` comes
/// first.
#[utoipa::path(get, path = "/api/live", tag = "live", params(StreamQuery),
    security((), ("token" = [])),
    responses((status = 200, content_type = "text/event-stream", body = LiveData)))]
pub async fn stream_events(
    request: HttpRequest,
    live: Data<Live>,
    authenticator: Data<Authenticator>,
) -> Result<HttpResponse> {
    let query = StreamQuery::parse(request.query_string());
    let named = NamedTopic::parse_list(query.topics.as_deref().unwrap_or_default())?;
    let cursor = query.cursor(request.headers())?;
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
                .run(async |db| resume::missed(db, &cursor, &place, &topics).await)
                .await?;
            live.hub.count_resumption(missed.is_some());
            first.extend(missed.unwrap_or_else(|| vec![event::resync(&place)]));
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
