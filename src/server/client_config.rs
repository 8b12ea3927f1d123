//! `/api/config`, which a client reads when it starts: how to sign in, the maximum lengths of texts, the times to live
//! and the generation of the React client.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

use crate::activities::{MAX_MESSAGE_CHARS, MAX_REPLY_CHARS, MAX_SEARCH_TERM_CHARS, TimeToLive};
use crate::auth::Authenticator;
use crate::config::{ClientGeneration, HttpConfig, IdentityConfig};
use crate::messages::MAX_DIRECT_MESSAGE_CHARS;
use crate::moderation::MAX_NOTE_CHARS;
use crate::users::{MAX_BIO_CHARS, MAX_DISPLAY_NAME_CHARS};

/// The configuration of a client.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClientConfig {
    /// How to sign in.
    sign_in: SignIn,
    /// The maximum lengths of texts.
    limits: ClientLimits,
    /// The valid values of `ttl` in a new activity, longest first.
    ttls: Vec<TimeToLive>,
    /// The React client that the answers of a user's page are for.
    client_generation: ClientGeneration,
}

/// How a user signs in.
#[derive(Debug, Serialize, ToSchema)]
struct SignIn {
    /// `cognito`: with the Cognito user pool; `development`: with `/api/dev/session`; `none`: not possible.
    kind: &'static str,
    /// The id of the Cognito user pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_pool_id: Option<String>,
    /// The id of the user pool's app client.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    /// The domain of Cognito's hosted sign-in page.
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<String>,
    /// The URL to which the hosted sign-in page redirects the browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect_uri: Option<String>,
}

/// The maximum lengths of texts, in Unicode scalar values.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Limits)]
struct ClientLimits {
    /// Of the text of a top-level activity.
    message_max_chars: usize,
    /// Of the text of a reply.
    reply_max_chars: usize,
    /// Of the text of a message between two users.
    direct_message_max_chars: usize,
    /// Of a search term.
    search_term_max_chars: usize,
    /// Of a display name.
    display_name_max_chars: usize,
    /// Of a bio.
    bio_max_chars: usize,
    /// Of the note of a report.
    report_note_max_chars: usize,
}

/// Shows how to sign in, the maximum lengths of texts, the times to live and the generation of the React client.
#[utoipa::path(get, path = "/api/config", tag = "probes",
    responses((status = 200, body = ClientConfig)))]
pub async fn show_config(
    request: HttpRequest,
    authenticator: Data<Authenticator>,
    identity: Data<IdentityConfig>,
    http: Data<HttpConfig>,
) -> HttpResponse {
    let cognito = identity.cognito.as_ref();
    HttpResponse::Ok().json(ClientConfig {
        sign_in: SignIn {
            kind: authenticator.kind(&request),
            user_pool_id: cognito.map(|cognito| cognito.user_pool_id.clone()),
            client_id: cognito.map(|cognito| cognito.client_id.clone()),
            domain: cognito.and_then(|cognito| cognito.domain.clone()),
            redirect_uri: cognito.and_then(|cognito| cognito.redirect_uri.clone()),
        },
        limits: ClientLimits {
            message_max_chars: MAX_MESSAGE_CHARS,
            reply_max_chars: MAX_REPLY_CHARS,
            direct_message_max_chars: MAX_DIRECT_MESSAGE_CHARS,
            search_term_max_chars: MAX_SEARCH_TERM_CHARS,
            display_name_max_chars: MAX_DISPLAY_NAME_CHARS,
            bio_max_chars: MAX_BIO_CHARS,
            report_note_max_chars: MAX_NOTE_CHARS,
        },
        ttls: TimeToLive::ALL.to_vec(),
        client_generation: http.client_generation,
    })
}
