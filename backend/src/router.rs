//! Every route, grouped by who calls.

use actix_web::http::Method;
use actix_web::{Resource, Route, guard, web};

use crate::docs::routes as docs;
use crate::error::ApiError;
use crate::page;
use crate::routes::{
    api_keys, auth, call_results, calls, dialout, fleet, health, session, settings, setup, webhooks,
};

/// Adds every route.
pub fn routes(config: &mut web::ServiceConfig) {
    for (path, methods) in table() {
        config.service(resource(path, methods));
    }
    // The page
    config.default_service(web::to(page::serve));
}

/// Every address with the methods that it takes, besides HEAD.
pub fn served() -> impl Iterator<Item = (&'static str, Method)> {
    let addresses = table().into_iter();
    addresses.flat_map(|(path, methods)| methods.into_iter().map(move |(method, _)| (path, method)))
}

type Methods = Vec<(Method, Route)>;

fn table() -> Vec<(&'static str, Methods)> {
    const GET: Method = Method::GET;
    const POST: Method = Method::POST;
    const PUT: Method = Method::PUT;
    const PATCH: Method = Method::PATCH;
    const DELETE: Method = Method::DELETE;
    vec![
        // CRMs, by API key; the second address is an older name of the first. They ask most often, and addresses are
        // tried in this order.
        (
            "/api/v1/sip/dialout",
            vec![(POST, web::to(dialout::create::create))],
        ),
        ("/api/v1/dialout", vec![(POST, web::to(dialout::create::create))]),
        ("/api/v1/auth/whoami", vec![(GET, web::to(auth::whoami::whoami))]),
        // People in the console
        (
            "/api/v1/session",
            vec![
                (POST, web::to(session::create::create)),
                (GET, web::to(session::get::get)),
                (DELETE, web::to(session::delete::delete)),
            ],
        ),
        ("/api/v1/setup", vec![(POST, web::to(setup::create::create))]),
        (
            "/api/v1/api-keys",
            vec![
                (GET, web::to(api_keys::list::list)),
                (POST, web::to(api_keys::create::create)),
            ],
        ),
        (
            "/api/v1/api-keys/{id}",
            vec![
                (GET, web::to(api_keys::get::get)),
                (PATCH, web::to(api_keys::update::update)),
                (DELETE, web::to(api_keys::delete::delete)),
            ],
        ),
        (
            "/api/v1/api-keys/{id}/webhook",
            vec![
                (GET, web::to(webhooks::get::get)),
                (PUT, web::to(webhooks::put::put)),
                (DELETE, web::to(webhooks::delete::delete)),
            ],
        ),
        (
            "/api/v1/api-keys/{id}/webhook/secret",
            vec![(POST, web::to(webhooks::rotate::rotate))],
        ),
        (
            "/api/v1/webhook-deliveries",
            vec![(GET, web::to(webhooks::deliveries::deliveries))],
        ),
        (
            "/api/v1/webhook-deliveries/{id}/replay",
            vec![(POST, web::to(webhooks::replay::replay))],
        ),
        (
            "/api/v1/settings",
            vec![
                (GET, web::to(settings::get::get)),
                (PATCH, web::to(settings::update::update)),
            ],
        ),
        (
            "/api/v1/fleet/status",
            vec![(GET, web::to(fleet::status::status))],
        ),
        // CRMs and people
        ("/api/v1/calls", vec![(GET, web::to(calls::list::list))]),
        ("/api/v1/calls/{id}", vec![(GET, web::to(calls::get::get))]),
        // Voice workers
        (
            "/api/v1/call-results",
            vec![(POST, web::to(call_results::create::create))],
        ),
        // Whoever runs the server
        ("/healthz", vec![(GET, web::to(health::alive))]),
        ("/readyz", vec![(GET, web::to(health::ready))]),
        // Integrators
        ("/docs", vec![(GET, web::to(docs::reference))]),
        ("/docs/guide", vec![(GET, web::to(docs::guide))]),
        ("/docs/style.css", vec![(GET, web::to(docs::style))]),
        ("/docs/icon.svg", vec![(GET, web::to(docs::icon))]),
        ("/problems", vec![(GET, web::to(docs::problems))]),
        ("/problems/{code}", vec![(GET, web::to(docs::problem))]),
        ("/openapi.yaml", vec![(GET, web::to(docs::openapi_yaml))]),
        ("/openapi.json", vec![(GET, web::to(docs::openapi_json))]),
    ]
}

/// A resource that answers HEAD as it answers GET (RFC 9110, section 9.3.2), and other methods with 405 and an `Allow`
/// that is true.
fn resource(path: &str, methods: Methods) -> Resource {
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
            // Actix's own guards note in each request which methods they let pass, for a 405 of its own.
            let takes = guard::fn_guard(move |asked| takes(&method, &asked.head().method));
            resource.route(route.guard(takes))
        })
        .default_service(web::to(move || std::future::ready(refuse(&allow))))
}

fn takes(method: &Method, asked: &Method) -> bool {
    asked == method || (method == Method::GET && asked == Method::HEAD)
}

fn refuse(allow: &str) -> Result<actix_web::HttpResponse, ApiError> {
    Err(ApiError::method_not_allowed(allow))
}
