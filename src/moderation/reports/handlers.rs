//! The route with which a user reports an activity.

use actix_web::HttpResponse;
use actix_web::web::Data;

use super::model::{CreateReportBody, CreatedReport, NewReport};
use super::store;
use crate::auth::Authenticated;
use crate::db::Pool;
use crate::error::Result;
use crate::http::{Body, IdempotencyHeader, PathUuid, answer_json};
use crate::users::Provisioner;

/// Reports an activity to the operators, while it is live and for 24 hours after it has expired or was deleted. The
/// report has copies of the activity and of the one that it answers, which only operators see. A user's further reports
/// of the same activity change nothing and return the id of the first one.
#[utoipa::path(post, path = "/api/activities/{uuid}/report", tag = "activities",
    params(("uuid" = uuid::Uuid, Path)),
    request_body = CreateReportBody, security(("token" = [])),
    responses((status = 200, body = CreatedReport)))]
pub async fn create_report(
    Authenticated(user, (PathUuid(activity), key, body)): Authenticated<(
        PathUuid,
        IdempotencyHeader,
        Body<CreateReportBody>,
    )>,
    pool: Data<Pool>,
    provisioner: Data<Provisioner>,
) -> Result<HttpResponse> {
    let new = NewReport::try_from(body.value)?;
    let key = key.into_key(user.subject(), &body.bytes);
    let insert = async || {
        pool.write(key.as_ref(), async |db| {
            store::insert_report(db, &user, activity, &new).await
        })
        .await
    };
    provisioner
        .provision_if_missing(&user, insert)
        .await
        .map(answer_json)
}
