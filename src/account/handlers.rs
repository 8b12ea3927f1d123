//! The routes of one's own account: parse the request, read or write once, respond.

use std::io;

use actix_web::http::Method;
use actix_web::http::header::{self, ContentEncoding};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream;

use super::export::{Export, NDJSON};
use super::exports::Exports;
use super::model::{Confirmation, DeleteProfileBody, DeletedAccount, ExportLine};
use super::store;
use crate::auth::Authenticated;
use crate::db::Pool;
use crate::error::{Code, Result};
use crate::http::{Body, IdempotencyHeader, answer_json};
use crate::users::Provisioner;

/// Exports everything that the user has written, as newline-delimited JSON: the profile, the activities and replies that
/// have not expired, the private messages that the user has sent, the likes and the reposts. The last line has the type
/// `end` and the number of lines before it; without that line the export is not complete. Rows that change during the
/// export may be in it or not. One export of a user runs at a time, for 15 minutes at most; another one gets 429.
#[utoipa::path(get, path = "/api/profile/export", tag = "users", security(("token" = [])),
    responses((status = 200, content_type = NDJSON, body = ExportLine,
        description = "Lines, each of which is a JSON object of this schema.")))]
pub async fn export_profile(
    request: HttpRequest,
    Authenticated(user, ()): Authenticated<()>,
    pool: Data<Pool>,
    provisioner: Data<Provisioner>,
    exports: Data<Exports>,
) -> Result<HttpResponse> {
    let find = async || {
        let profile = pool.run(async |db| store::find_profile(db, &user).await);
        profile.await?.ok_or(Code::CognitoUserIdBlank.into())
    };
    let profile = provisioner.provision_if_missing(&user, find).await?;
    let mut response = HttpResponse::Ok();
    response
        .insert_header((header::CONTENT_TYPE, NDJSON))
        .insert_header((header::CONTENT_DISPOSITION, profile.content_disposition()))
        // A compressed stream would need megabytes of memory for each export.
        .insert_header(ContentEncoding::Identity);
    Ok(match *request.method() {
        Method::HEAD => response.streaming(stream::empty::<io::Result<Bytes>>()),
        _ => response.streaming(Export::begin(exports.into_inner(), &pool, profile)?.into_stream()),
    })
}

/// Deletes the account of the user, if `confirm` is the user's handle. At once the profile, the activities and the
/// messages are not shown any more and the handle is free; the server deletes the rows later, with the replies below the
/// activities. The token becomes useless; a later sign-in with Cognito makes a new, empty account. The user pool keeps
/// the user with the e-mail address until it is deleted there.
#[utoipa::path(delete, path = "/api/profile", tag = "users",
    request_body = DeleteProfileBody, security(("token" = [])),
    responses((status = 200, body = DeletedAccount)))]
pub async fn delete_profile(
    Authenticated(user, (key, body)): Authenticated<(IdempotencyHeader, Body<DeleteProfileBody>)>,
    pool: Data<Pool>,
) -> Result<HttpResponse> {
    let confirmation = Confirmation::try_from(body.value)?;
    let key = key.into_key(user.subject(), &body.bytes);
    pool.write(key.as_ref(), async |db| {
        store::delete_account(db, &user, &confirmation).await
    })
    .await
    .map(answer_json)
}
