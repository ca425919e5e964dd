//! `GET /api/v1/auth/whoami`

use actix_web::web::Json;
use ori_shared::call::WhoAmI;

use crate::extract::CallingKey;

/// Tells a key what it is: the connection test of a CRM.
#[utoipa::path(get, path = "/api/v1/auth/whoami", tag = "crm", operation_id = "whoAmI",
    summary = "Test the connection", description = "Tells which key was presented, if it works. It does not count as a use.",
    security(("api_key" = []), ("bearer" = [])),
    responses(
        (status = 200, description = "The key works", body = WhoAmI),
    ))]
pub async fn whoami(CallingKey { key, .. }: CallingKey) -> Json<WhoAmI> {
    Json(WhoAmI {
        key_id: key.id,
        name: key.name,
        key_prefix: key.prefix,
        expires_at: key.expires_at,
    })
}
