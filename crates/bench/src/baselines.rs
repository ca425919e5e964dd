//! Baselines: the minimal work of a server on this machine, each on its own path.

use std::collections::HashMap;
use std::sync::Mutex;

use actix_web::http::header::CONTENT_TYPE;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use anyhow::{Context, Result};
use serde_json::json;
use sha2::{Digest as _, Sha256};

/// Serves the baselines on a free port and prints the URL.
pub(crate) async fn serve(host: Option<String>, key: Option<&str>) -> Result<()> {
    let baselines = web::Data::new(Baselines {
        answer: whoami(),
        keys: key.into_iter().map(|key| (digest(key), whoami())).collect(),
        host,
    });
    let server = HttpServer::new(move || {
        // Each worker has its own client, as in a program that only forwards.
        let client = web::Data::new(Mutex::new(None::<reqwest::Client>));
        App::new()
            .app_data(baselines.clone())
            .app_data(client)
            .route("/bare", web::get().to(bare))
            .route("/verify", web::get().to(verify))
            .route("/accept", web::post().to(accept))
            .route("/forward", web::post().to(forward))
            .route("/health/fleet", web::get().to(health))
            .route("/livekit/dialout", web::post().to(dial))
    })
    .bind("127.0.0.1:0")?;
    let address = *server.addrs().first().context("bound to no address")?;
    println!("http://{address}");
    server.run().await.context("the baselines failed")
}

struct Baselines {
    answer: String,
    keys: HashMap<[u8; 32], String>,
    host: Option<String>,
}

fn whoami() -> String {
    json!({"key_id": uuid::Uuid::nil(), "name": "Bench", "key_prefix": "ori_abc", "expires_at": null})
        .to_string()
}

fn digest(key: &str) -> [u8; 32] {
    Sha256::digest(key).into()
}

/// Measures HTTP only.
async fn bare(baselines: web::Data<Baselines>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/json"))
        .body(baselines.answer.clone())
}

/// Measures HTTP, SHA-256 and a hash map.
async fn verify(request: HttpRequest, baselines: web::Data<Baselines>) -> HttpResponse {
    let key = request
        .headers()
        .get("x-api-key")
        .and_then(|key| key.to_str().ok());
    match key.and_then(|key| baselines.keys.get(&digest(key))) {
        Some(body) => HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, "application/json"))
            .body(body.clone()),
        None => HttpResponse::Unauthorized().finish(),
    }
}

/// Measures HTTP with a parsed body.
async fn accept(body: web::Json<serde_json::Value>) -> HttpResponse {
    HttpResponse::Accepted()
        .json(json!({"status": "queued", "call_id": uuid::Uuid::nil(), "bot": body["bot_id"]}))
}

/// Forwards the body to the voice host, and the response back.
async fn forward(
    body: web::Bytes,
    baselines: web::Data<Baselines>,
    client: web::Data<Mutex<Option<reqwest::Client>>>,
) -> HttpResponse {
    let client = {
        let Ok(mut client) = client.lock() else {
            return HttpResponse::InternalServerError().finish();
        };
        match &*client {
            Some(client) => client.clone(),
            None => match crate::load_generator::client() {
                Ok(made) => client.insert(made).clone(),
                Err(_) => return HttpResponse::InternalServerError().finish(),
            },
        }
    };
    let url = format!(
        "{}/livekit/dialout",
        baselines.host.as_deref().unwrap_or_default()
    );
    let sent = client
        .post(url)
        .header("content-type", "application/json")
        .body(body)
        .send()
        .await;
    match sent {
        Ok(answer) => match answer.bytes().await {
            Ok(body) => HttpResponse::Ok()
                .insert_header((CONTENT_TYPE, "application/json"))
                .body(body),
            Err(_) => HttpResponse::BadGateway().finish(),
        },
        Err(_) => HttpResponse::BadGateway().finish(),
    }
}

/// Reports a voice host with capacity for all calls.
async fn health() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "ok", "fleet_calls": 0, "fleet_max": 100_000_000, "fleet_available": 100_000_000, "workers": []}))
}

/// Accepts every call immediately.
async fn dial(_: web::Bytes) -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "accepted", "call_id": uuid::Uuid::nil(), "room_name": "room"}))
}
