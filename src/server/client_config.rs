//! `/api/config`: what a client reads at its start, which is how to sign in and the longest texts.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

use crate::activities::{MAX_MESSAGE_CHARS, MAX_REPLY_CHARS, MAX_SEARCH_TERM_CHARS, TimeToLive};
use crate::auth::Authenticator;
use crate::config::IdentityConfig;
use crate::messages::MAX_DIRECT_MESSAGE_CHARS;
use crate::users::{MAX_BIO_CHARS, MAX_DISPLAY_NAME_CHARS};

/// The answer of `/api/config`.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClientConfig {
    sign_in: SignIn,
    limits: ClientLimits,
    /// Longest first; each is a valid `ttl`.
    ttls: Vec<TimeToLive>,
}

/// How to sign in.
#[derive(Debug, Serialize, ToSchema)]
struct SignIn {
    /// `cognito`, `development` or `none`.
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_pool_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    /// The hosted sign-in page's domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect_uri: Option<String>,
}

/// Longest texts, in Unicode scalar values.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Limits)]
struct ClientLimits {
    message_max_chars: usize,
    reply_max_chars: usize,
    direct_message_max_chars: usize,
    search_term_max_chars: usize,
    display_name_max_chars: usize,
    bio_max_chars: usize,
}

/// How to sign in, the limits and the times to live.
#[utoipa::path(get, path = "/api/config", tag = "probes",
    responses((status = 200, body = ClientConfig)))]
pub async fn show_config(
    request: HttpRequest,
    authenticator: Data<Authenticator>,
    identity: Data<IdentityConfig>,
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
        },
        ttls: TimeToLive::ALL.to_vec(),
    })
}
