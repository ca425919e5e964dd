//! The OpenAPI document, put together from the handlers.

use utoipa::openapi::OpenApi as Tree;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::routes::{
    api_keys, auth, call_results, calls, dialout, fleet, health, session, settings, setup, webhooks,
};

/// The document.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Ori Console",
        description = "The keys that let a CRM place calls: managed by people in a console session.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    servers((url = "/", description = "This server")),
    tags(
        (name = "crm", description = "For systems that place calls with an API key."),
        (name = "voice worker", description = "For the voice fleet, by the secret that it shares with this server."),
        (name = "console", description = "For people who are signed in to the console. API keys cannot do any of this."),
        (name = "operations", description = "For whoever runs the server."),
    ),
    paths(
        session::create::create,
        session::show::show,
        session::delete::delete,
        setup::create::create,
        api_keys::list::list,
        api_keys::create::create,
        api_keys::show::show,
        api_keys::change::change,
        api_keys::delete::delete,
        webhooks::show::show,
        webhooks::set::set,
        webhooks::remove::remove,
        webhooks::rotate::rotate,
        webhooks::deliveries::deliveries,
        webhooks::replay::replay,
        settings::show::show,
        settings::change::change,
        dialout::place::place,
        auth::whoami::whoami,
        calls::list::list,
        calls::show::show,
        fleet::status::status,
        call_results::create::create,
        health::alive,
        health::ready,
    ),
    modifiers(&SecuritySchemes),
)]
pub struct Document;

struct SecuritySchemes;

impl Modify for SecuritySchemes {
    fn modify(&self, document: &mut Tree) {
        let cookie = ApiKeyValue::with_description(
            "ori_session",
            "Set by signing in. Over https it is named `__Host-ori_session`.",
        );
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
        let key = ApiKeyValue::with_description("X-API-Key", "A key from the API Keys page.");
        components.add_security_scheme("api_key", SecurityScheme::ApiKey(ApiKey::Header(key)));
        components.add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
        let secret = ApiKeyValue::with_description(
            "X-Fleet-Secret",
            "The header's name is configured: `ORI_FLEET_SECRET_HEADER`.",
        );
        components.add_security_scheme("fleet_secret", SecurityScheme::ApiKey(ApiKey::Header(secret)));
    }
}
