//! Every route, grouped by who calls.

use actix_web::http::Method;
use actix_web::{Resource, Route, guard, web};

use crate::error::ApiError;
use crate::page;
use crate::routes::{
    api_keys, auth, call_results, calls, dialout, fleet, health, openapi, problems, session, settings, setup,
    webhooks,
};

/// Adds every route.
pub fn routes(config: &mut web::ServiceConfig) {
    // People in the console
    config
        .service(resource(
            "/api/v1/session",
            [
                (Method::POST, web::to(session::create::create)),
                (Method::GET, web::to(session::show::show)),
                (Method::DELETE, web::to(session::delete::delete)),
            ],
        ))
        .service(resource(
            "/api/v1/setup",
            [(Method::POST, web::to(setup::create::create))],
        ))
        .service(resource(
            "/api/v1/api-keys",
            [
                (Method::GET, web::to(api_keys::list::list)),
                (Method::POST, web::to(api_keys::create::create)),
            ],
        ))
        .service(resource(
            "/api/v1/api-keys/{id}",
            [
                (Method::GET, web::to(api_keys::show::show)),
                (Method::PATCH, web::to(api_keys::change::change)),
                (Method::DELETE, web::to(api_keys::delete::delete)),
            ],
        ))
        .service(resource(
            "/api/v1/api-keys/{id}/webhook",
            [
                (Method::GET, web::to(webhooks::show::show)),
                (Method::PUT, web::to(webhooks::set::set)),
                (Method::DELETE, web::to(webhooks::remove::remove)),
            ],
        ))
        .service(resource(
            "/api/v1/api-keys/{id}/webhook/secret",
            [(Method::POST, web::to(webhooks::rotate::rotate))],
        ))
        .service(resource(
            "/api/v1/webhook-deliveries",
            [(Method::GET, web::to(webhooks::deliveries::deliveries))],
        ))
        .service(resource(
            "/api/v1/webhook-deliveries/{id}/replay",
            [(Method::POST, web::to(webhooks::replay::replay))],
        ))
        .service(resource(
            "/api/v1/settings",
            [
                (Method::GET, web::to(settings::show::show)),
                (Method::PATCH, web::to(settings::change::change)),
            ],
        ));

    config.service(resource(
        "/api/v1/fleet/status",
        [(Method::GET, web::to(fleet::status::status))],
    ));

    // CRMs, by API key; the second address is an older name of the first
    config
        .service(resource(
            "/api/v1/sip/dialout",
            [(Method::POST, web::to(dialout::place::place))],
        ))
        .service(resource(
            "/api/v1/dialout",
            [(Method::POST, web::to(dialout::place::place))],
        ))
        .service(resource(
            "/api/v1/auth/whoami",
            [(Method::GET, web::to(auth::whoami::whoami))],
        ));

    // CRMs and people
    config
        .service(resource(
            "/api/v1/calls",
            [(Method::GET, web::to(calls::list::list))],
        ))
        .service(resource(
            "/api/v1/calls/{id}",
            [(Method::GET, web::to(calls::show::show))],
        ));

    // Voice workers
    config.service(resource(
        "/api/v1/call-results",
        [(Method::POST, web::to(call_results::create::create))],
    ));

    // Whoever runs the server
    config
        .service(resource("/healthz", [(Method::GET, web::to(health::alive))]))
        .service(resource("/readyz", [(Method::GET, web::to(health::ready))]));

    // Integrators
    config
        .service(resource("/openapi.yaml", [(Method::GET, web::to(openapi::yaml))]))
        .service(resource("/openapi.json", [(Method::GET, web::to(openapi::json))]))
        .service(resource(
            "/problems/{code}",
            [(Method::GET, web::to(problems::show))],
        ));

    // Everyone
    config.default_service(web::to(page::serve));
}

/// A resource that answers HEAD as it answers GET (RFC 9110, section 9.3.2), and other methods with 405 and an `Allow`
/// that is true.
fn resource<const N: usize>(path: &str, methods: [(Method, Route); N]) -> Resource {
    let names = methods.iter().map(|(method, _)| {
        if method == Method::GET {
            "GET, HEAD"
        } else {
            method.as_str()
        }
    });
    let allow = names.collect::<Vec<_>>().join(", ");
    methods
        .into_iter()
        .fold(web::resource(path), |resource, (method, route)| {
            resource.route(match method {
                Method::GET => route.guard(guard::Any(guard::Get()).or(guard::Head())),
                method => route.method(method),
            })
        })
        .default_service(web::to(move || std::future::ready(refuse(&allow))))
}

fn refuse(allow: &str) -> Result<actix_web::HttpResponse, ApiError> {
    Err(ApiError::method_not_allowed(allow))
}
