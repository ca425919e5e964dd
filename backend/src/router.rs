//! The list of endpoints, grouped by caller, and the routes that follow from it.

use std::sync::LazyLock;

use actix_web::http::Method;
use actix_web::{Resource, guard, web};

use crate::docs;
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::page;
use crate::routes::{
    api_keys, auth, call_results, calls, dialout, fleet, health, session, settings, setup, webhooks,
};

/// Returns every endpoint, in the order of the document.
pub fn endpoints() -> &'static [Endpoint] {
    static ENDPOINTS: LazyLock<Vec<Endpoint>> = LazyLock::new(|| {
        let mut endpoints = vec![
            // CRMs, by API key. They send most requests, and paths are matched in this order.
            dialout::create::endpoint(),
            auth::whoami::endpoint(),
            // CRMs and people
            calls::list::endpoint(),
            calls::get::endpoint(),
            // People in the console
            session::create::endpoint(),
            session::get::endpoint(),
            session::delete::endpoint(),
            setup::create::endpoint(),
            api_keys::list::endpoint(),
            api_keys::create::endpoint(),
            api_keys::get::endpoint(),
            api_keys::update::endpoint(),
            api_keys::delete::endpoint(),
            webhooks::get::endpoint(),
            webhooks::put::endpoint(),
            webhooks::delete::endpoint(),
            webhooks::rotate::endpoint(),
            webhooks::deliveries::endpoint(),
            webhooks::replay::endpoint(),
            settings::get::endpoint(),
            settings::update::endpoint(),
            fleet::status::endpoint(),
            // Voice workers
            call_results::create::endpoint(),
        ];
        // Operators and integrators
        endpoints.extend(health::endpoints());
        endpoints.extend(docs::routes::endpoints());
        endpoints
    });
    &ENDPOINTS
}

/// Adds every route. What no route matches is the console's.
pub fn routes(config: &mut web::ServiceConfig) {
    let mut resources: Vec<(&str, Vec<&'static Endpoint>)> = Vec::new();
    for endpoint in endpoints() {
        for path in endpoint.paths() {
            match resources.iter_mut().find(|(known, _)| *known == path) {
                Some((_, methods)) => methods.push(endpoint),
                None => resources.push((path, vec![endpoint])),
            }
        }
    }
    for (path, methods) in resources {
        config.service(resource(path, &methods));
    }
    config.default_service(web::to(page::serve));
}

/// Returns a resource that responds to HEAD as to GET (RFC 9110, section 9.3.2), and to other methods with 405 and the
/// methods that it has.
fn resource(path: &str, endpoints: &[&'static Endpoint]) -> Resource {
    let names = endpoints.iter().map(|endpoint| match *endpoint.method() {
        Method::GET => "GET, HEAD",
        _ => endpoint.method().as_str(),
    });
    let allow = names.collect::<Vec<_>>().join(", ");
    endpoints
        .iter()
        .fold(web::resource(path), |resource, endpoint| {
            // Actix's own method guards record in each request which methods they accept, for a 405 of their own.
            let method = endpoint.method();
            let matches = guard::fn_guard(move |context| serves(method, &context.head().method));
            resource.route(endpoint.route().guard(matches))
        })
        .default_service(web::to(move || std::future::ready(method_not_allowed(&allow))))
}

fn serves(method: &Method, requested: &Method) -> bool {
    requested == method || (method == Method::GET && requested == Method::HEAD)
}

fn method_not_allowed(allow: &str) -> Result<actix_web::HttpResponse, ApiError> {
    Err(ApiError::method_not_allowed(allow))
}
