//! Connections: how many there may be, and how long each may take. actix-http times only the first head of a connection
//! and connections without any request, and answers what it refuses itself with an empty body.

mod file_limit;
mod framework_answer;
mod stream;

use std::io;
use std::net::TcpListener;
use std::num::NonZeroUsize;
use std::time::Duration;

use actix_http::{HttpService, Protocol};
use actix_server::Server;
use actix_service::{IntoServiceFactory as _, ServiceFactoryExt as _, fn_service, map_config};
use actix_web::dev::AppConfig;
use actix_web::web;
use tokio::net::TcpStream;

use crate::middleware::{ResponseMiddleware, SecurityHeaders};
use crate::router;
use crate::state::AppState;
pub use file_limit::raise_file_limit;
pub use stream::RequestsInProgress;
use stream::TimedStream;

/// Time limits of clients. The server's own work is not limited by these: a voice host may take a minute to answer.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// Limit for the first head of a connection.
    pub first_head: Duration,
    /// Limit from the end of a response to the end of the next head, and for the rest of a body that no handler reads.
    pub next_head: Duration,
    /// Limit for an idle connection.
    pub idle: Duration,
    /// Limit for a body, from the start of reading it.
    pub body: Duration,
    /// The same while the server stops.
    pub body_while_stopping: Duration,
    /// Limit for receiving a response, from the moment at which no more of it can be sent.
    pub answer: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            first_head: Duration::from_secs(5),
            next_head: Duration::from_secs(10),
            idle: Duration::from_secs(5),
            body: Duration::from_secs(30),
            body_while_stopping: Duration::from_secs(5),
            answer: Duration::from_secs(60),
        }
    }
}

/// Limit for the shutdown of a closed connection.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// Limit for requests in progress after a SIGTERM, in seconds: a voice host may take 60 to answer.
const SHUTDOWN_SECONDS: u64 = 65;

/// Serves the routes on that port, with so many threads or one per core.
///
/// # Errors
/// Returns an error if the port cannot be used.
pub fn serve(
    listener: TcpListener,
    threads: Option<usize>,
    state: web::Data<AppState>,
    headers: SecurityHeaders,
) -> io::Result<Server> {
    let cores = std::thread::available_parallelism().map_or(2, NonZeroUsize::get);
    let threads = threads.unwrap_or(cores).min(MAX_THREADS);
    let timeouts = state.timeouts;
    let builder = Server::build();
    let stopping = builder.graceful_shutdown_signal();
    builder
        .workers(threads)
        .max_concurrent_connections(file_limit::connections_per_thread(threads))
        .disable_signals()
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .listen("http", listener, move || {
            let around = ResponseMiddleware::new(state.clone(), headers.clone());
            let (routes, stopping) = (around.clone(), stopping.clone());
            let routes = actix_web::App::new()
                .app_data(state.clone())
                .configure(router::routes)
                .wrap_fn(move |request, service| routes.serve(request, service))
                .into_factory()
                .map_err(|error| error.error_response());
            let http = HttpService::build()
                .client_request_timeout(timeouts.first_head)
                .keep_alive(timeouts.idle)
                .client_disconnect_timeout(DISCONNECT_TIMEOUT)
                .graceful_shutdown_signal(move || {
                    let stopping = stopping.clone();
                    async move { stopping.notified().await }
                })
                .on_connect_ext(|stream: &TimedStream, data| {
                    data.insert(stream.requests());
                })
                .finish(map_config(routes, |()| AppConfig::default()));
            fn_service(move |stream: TcpStream| {
                let around = around.clone();
                async move {
                    let peer = stream.peer_addr().ok();
                    Ok((TimedStream::new(stream, around, timeouts), Protocol::Http1, peer))
                }
            })
            .and_then(http)
        })
        .map(actix_server::ServerBuilder::run)
}

/// actix-server takes no more.
const MAX_THREADS: usize = 512;
