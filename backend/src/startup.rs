//! Builds the application from its configuration, and runs it.

use std::error::Error as _;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::web;
use argon2::Params;
use chrono::TimeDelta;
use ori_fleet::{Fleet, FleetConfigError};
use ori_key::Token;
use ori_store::{Store, StoreError};

use crate::background::{BackgroundTasks, WorkerHealth, orphan_recovery};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::connections::Timeouts;
use crate::dispatch::Coordination;
use crate::docs::routes::Documents;
use crate::error::ApiError;
use crate::middleware::SecurityHeaders;
use crate::passwords::{HashingFailed, Passwords};
use crate::random::Random;
use crate::recently_valid_keys::RecentlyValidKeys;
use crate::routes::setup::create::create_first_admin;
use crate::state::{AppState, FAILED_FLEET_SECRETS, FailedKeys, Queue, SessionCookie, SignInThrottle};
use crate::throttle::{NetworkThrottle, Rate, Throttle};
use crate::webhooks::{SenderError, Webhooks};
use crate::{background, connections, database, openapi, page, router};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// A server that is bound to its port and can run.
pub struct Application {
    server: Server,
    state: web::Data<AppState>,
    /// Calls that the process before left, and that could not be recovered yet.
    orphaned: Vec<Uuid>,
    port: u16,
    setup_url: Option<String>,
}

/// External dependencies, created once.
pub struct Environment {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The random source.
    pub random: Arc<Random>,
    /// Cost of hashing a password.
    pub password_params: Params,
    /// Time limits of clients.
    pub timeouts: Timeouts,
}

impl Environment {
    /// The machine's own.
    #[must_use]
    pub fn system() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            random: Arc::new(Random::system()),
            password_params: Params::default(),
            timeouts: Timeouts::default(),
        }
    }
}

/// Stops a server from elsewhere.
#[derive(Clone)]
pub struct ServerHandle {
    server: actix_web::dev::ServerHandle,
    stopping: CancellationToken,
}

impl ServerHandle {
    /// Stops the server; if gracefully, the requests in progress are finished before.
    pub async fn stop(&self, gracefully: bool) {
        self.stopping.cancel();
        self.server.stop(gracefully).await;
    }
}

/// Error of the start.
#[derive(Debug, thiserror::Error)]
pub enum StartupError {
    /// The address is taken or is none of this machine.
    #[error("cannot listen on {0}: {1}")]
    Listen(String, #[source] io::Error),
    /// The database cannot be opened.
    #[error("cannot open the database: {}", .0.source().map_or_else(|| .0.to_string(), ToString::to_string))]
    Database(#[from] StoreError),
    /// Passwords cannot be hashed.
    #[error(transparent)]
    Passwords(#[from] HashingFailed),
    /// The voice fleet is not configured as one can be.
    #[error("cannot use the voice fleet: {0}")]
    Fleet(#[from] FleetConfigError),
    /// Nothing can be sent to webhooks.
    #[error("cannot send to webhooks: {0}")]
    Webhooks(#[from] SenderError),
    /// The first admin cannot be made.
    #[error("cannot make the first admin: {0}")]
    FirstAdmin(ApiError),
}

impl Application {
    /// Opens the database, creates the first admin if one is configured and there is no account, and binds the port.
    ///
    /// # Errors
    /// [`StartupError`], before anything is served.
    pub async fn build(config: &Config, environment: Environment) -> Result<Self, StartupError> {
        let listener = TcpListener::bind(&config.server.listen)
            .map_err(|error| StartupError::Listen(config.server.listen.clone(), error))?;
        let address = listener
            .local_addr()
            .map_err(|error| StartupError::Listen(config.server.listen.clone(), error))?;
        let store = database::open(&config.database).await?;
        if !address.ip().is_loopback() && !config.server.secure_cookies() {
            tracing::warn!(
                "listening beyond this machine without TLS: put a proxy in front and set ORI_PUBLIC_URL to its https address"
            );
        }
        warn_of_plain_http(&config.calls.fleet.hosts);
        let state = web::Data::new(state(config, environment, store)?);
        let setup_token = first_admin(&state, config).await?;
        let base = config
            .server
            .public_url
            .as_ref()
            .map_or_else(|| format!("http://{}/", reachable(address)), ToString::to_string);
        let orphaned = recover_orphaned_calls(&state).await?;
        let headers = SecurityHeaders::new(&page::inline_script_hashes(), config.server.secure_cookies());
        let server = connections::serve(listener, config.server.workers, state.clone(), headers)
            .map_err(|error| StartupError::Listen(address.to_string(), error))?;
        Ok(Self {
            server,
            state,
            orphaned,
            port: address.port(),
            // In the fragment, which no browser sends and no server logs.
            setup_url: setup_token.map(|token| format!("{base}setup#{}", token.expose())),
        })
    }

    /// Returns the port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the one-time link on which the first admin is created, if there is no account.
    #[must_use]
    pub fn setup_url(&self) -> Option<&str> {
        self.setup_url.as_deref()
    }

    /// Returns the database.
    #[must_use]
    pub fn store(&self) -> Arc<dyn Store> {
        self.state.store.clone()
    }

    /// Stops the server from elsewhere.
    #[must_use]
    pub fn handle(&self) -> ServerHandle {
        ServerHandle {
            server: self.server.handle(),
            stopping: self.state.stopping.clone(),
        }
    }

    /// Serves until its handle stops it, then waits for background tasks.
    ///
    /// # Errors
    /// Returns the error of the server.
    pub async fn run_until_stopped(self) -> io::Result<()> {
        let (stop, stopped) = watch::channel(());
        let workers = background::start(&self.state, &stopped, self.orphaned);
        let outcome = self.server.await;
        drop(stop);
        for worker in workers {
            if let Err(error) = worker.await {
                tracing::error!(%error, "background worker panicked");
            }
        }
        // The next start recovers what is left.
        if tokio::time::timeout(FINISH_TASKS, self.state.tasks.finish())
            .await
            .is_err()
        {
            tracing::warn!("stopped while calls were being dispatched");
        }
        self.state.store.close().await;
        outcome
    }
}

/// Time limit of tasks after the server has stopped.
const FINISH_TASKS: Duration = Duration::from_secs(65);

/// Rate at which the rejections of a known key, and its uses without a call, are stored.
const NOTE_KEYS: Rate = Rate {
    burst: 1,
    interval: TimeDelta::minutes(1),
};

fn state(config: &Config, environment: Environment, store: Arc<dyn Store>) -> Result<AppState, StartupError> {
    let clock = environment.clock.clone();
    let ties = environment.random.with(|source| StdRng::from_rng(source));
    let (hosts, clock) = (config.calls.fleet.clone(), Arc::new(move || clock.now()));
    let coordination = Coordination::of(&store);
    let fleet = match coordination.numbers() {
        Some(numbers) => Fleet::shared(hosts, clock, Box::new(ties), numbers)?,
        None => Fleet::new(hosts, clock, Box::new(ties))?,
    };
    let session_cookie = SessionCookie::of(&config.server);
    let documented_cookie = session_cookie.clone();
    let secret_header = fleet.secret_header().clone();
    Ok(AppState {
        store,
        coordination,
        clock: environment.clock,
        passwords: Passwords::with_params(environment.password_params, &environment.random)?,
        random: environment.random,
        session_limits: config.sessions,
        session_cookie,
        public_origin: config.server.public_url.as_ref().map(url::Url::origin),
        trusted_proxies: config.server.trusted_proxies,
        sign_ins: SignInThrottle::default(),
        failed_keys: FailedKeys::default(),
        failed_fleet_secrets: NetworkThrottle::new(FAILED_FLEET_SECRETS),
        recently_valid_keys: RecentlyValidKeys::default(),
        noted_refusals: Throttle::new(NOTE_KEYS),
        noted_uses: Throttle::new(NOTE_KEYS),
        fleet,
        tasks: BackgroundTasks::here(),
        queue: Queue::new(config.calls.queue_limit, config.calls.queue_deadline),
        call_retention: config.calls.retention,
        webhooks: Webhooks::new(config.webhook_networks.clone())?,
        documents: Documents::new(move || {
            let cookie = documented_cookie.name();
            openapi::document_of_server(router::endpoints(), cookie, secret_header.as_str())
        }),
        timeouts: environment.timeouts,
        stopping: CancellationToken::new(),
        worker_health: WorkerHealth::default(),
    })
}

/// Warns of voice hosts that are asked over plain http across a network.
fn warn_of_plain_http(hosts: &[url::Url]) {
    for host in hosts.iter().filter(|host| is_exposed(host)) {
        tracing::warn!(
            host = host.host_str(),
            "a voice host is reached over plain http: the fleet secret, numbers and variables can be read on the way; use https"
        );
    }
}

/// Whether requests to that address leave the machine unencrypted.
fn is_exposed(address: &url::Url) -> bool {
    let is_loopback = match address.host() {
        Some(url::Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    address.scheme() == "http" && !is_loopback
}

/// Returns the URL at which a browser on this machine reaches a server on that address.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    (ip, address.port()).into()
}

/// Recovers the calls that the process before left, and returns them if the database takes no change at the moment (its disk
/// is full). Beside replicas, a worker does so later.
async fn recover_orphaned_calls(state: &AppState) -> Result<Vec<Uuid>, StoreError> {
    let Some(store) = state.coordination.single_process() else {
        return Ok(Vec::new());
    };
    let orphaned = store.orphaned_calls().await?;
    if orphaned.is_empty() {
        return Ok(Vec::new());
    }
    match orphan_recovery::recover(state, &**store, orphaned.clone()).await {
        Ok(()) => Ok(Vec::new()),
        Err(error @ StoreError::Unavailable(_)) => {
            ApiError::from(error).log();
            Ok(orphaned)
        }
        Err(error) => Err(error),
    }
}

/// Creates the first admin, or returns the token of a link on which one is created; neither if there is an account.
async fn first_admin(state: &AppState, config: &Config) -> Result<Option<Token>, StartupError> {
    if state.store.any_account().await? {
        return Ok(None);
    }
    let Some(admin) = &config.first_admin else {
        let token = state.random.with(|source| Token::generate(source));
        state
            .store
            .keep_setup_link(&token.digest(), state.clock.now())
            .await?;
        return Ok(Some(token));
    };
    create_first_admin(state, admin.email.clone(), admin.password.clone())
        .await
        .map_err(StartupError::FirstAdmin)?;
    tracing::info!("created the initial admin");
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_exposed_beyond_loopback() {
        for (address, exposed) in [
            ("http://voice-1.example.com", true),
            ("http://10.0.0.7:8080", true),
            ("http://localhost.example.com", true),
            ("http://localhost:8080", false),
            ("http://127.0.0.2", false),
            ("http://[::1]:8080", false),
            ("https://voice-1.example.com", false),
        ] {
            assert_eq!(is_exposed(&address.parse().unwrap()), exposed, "{address}");
        }
    }
}
