//! `GET /api/v1/fleet/status`

use actix_web::web::{Data, Json};
use ori_shared::error_code::ErrorCode;
use ori_shared::fleet::FleetStatus;

use crate::endpoint::{Endpoint, endpoint};
use crate::extractors::RequireSupervisor;
use crate::openapi::samples;
use crate::state::AppState;

/// Describes the endpoint.
pub(crate) fn endpoint() -> Endpoint {
    endpoint!(status).errors(&[ErrorCode::RoleTooLow]).response(
        200,
        "One host of two answers",
        samples::fleet(),
    )
}

/// Shows what the voice fleet can do at this moment, from what was last reported: no host is polled for this.
#[utoipa::path(get, path = "/api/v1/fleet/status", tag = "console", operation_id = "showFleetStatus",
    summary = "Show the voice fleet", description = "Totals over the healthy hosts, and each host with its last error.",
    security(("session" = [])),
    responses(
        (status = 200, description = "The fleet", body = FleetStatus),
    ))]
pub async fn status(state: Data<AppState>, _: RequireSupervisor) -> Json<FleetStatus> {
    Json(state.fleet.status())
}
