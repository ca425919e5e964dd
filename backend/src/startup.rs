//! From a configuration to a server that runs.

use std::error::Error as _;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::web;
use argon2::Params;
use chrono::TimeDelta;
use ori_fleet::{Fleet, FleetConfigError, Numbers};
use ori_key::Token;
use ori_store::{Store, StoreError};

use crate::app::{App, FailedKeys, Queue, SessionCookie, SignInThrottle};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::connections::Timeouts;
use crate::dials::Dials;
use crate::docs::routes::Documents;
use crate::error::ApiError;
use crate::middleware::SecurityHeaders;
use crate::passwords::{HashingFailed, Passwords};
use crate::random::Random;
use crate::routes::setup::create::create_first_admin;
use crate::throttle::{Rate, Throttle};
use crate::webhooks::{SenderError, Webhooks};
use crate::workers::WorkerHealth;
use crate::{connections, engine, page, workers};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// A server that is bound to its port and can run.
pub struct Application {
    server: Server,
    app: web::Data<App>,
    /// Whether orphaned calls may not have been recovered.
    orphans_remain: bool,
    port: u16,
    setup_url: Option<String>,
}

/// What a program gets from outside, made once.
pub struct Environment {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The random source.
    pub random: Arc<Random>,
    /// What hashing a password costs.
    pub password_params: Params,
    /// How long clients may take.
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

/// Why the server cannot start.
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
    /// Opens the database, makes the first admin where one is configured and there is no account, and binds the port.
    ///
    /// # Errors
    /// [`StartupError`], before anything is served.
    pub async fn build(config: &Config, environment: Environment) -> Result<Self, StartupError> {
        let listener = TcpListener::bind(&config.server.listen)
            .map_err(|error| StartupError::Listen(config.server.listen.clone(), error))?;
        let address = listener
            .local_addr()
            .map_err(|error| StartupError::Listen(config.server.listen.clone(), error))?;
        let store = engine::open(&config.database).await?;
        if !address.ip().is_loopback() && !config.server.secure_cookies() {
            tracing::warn!(
                "listening beyond this machine without TLS: put a proxy in front and set ORI_PUBLIC_URL to its https address"
            );
        }
        let app = web::Data::new(app(config, environment, store)?);
        let setup_token = first_admin(&app, config).await?;
        let base = config
            .server
            .public_url
            .as_ref()
            .map_or_else(|| format!("http://{}/", reachable(address)), ToString::to_string);
        let orphans_remain = !settle_left_over_calls(&app).await?;
        let headers = SecurityHeaders::new(&page::inline_script_hashes(), config.server.secure_cookies());
        let server = connections::serve(listener, config.server.workers, app.clone(), headers)
            .map_err(|error| StartupError::Listen(address.to_string(), error))?;
        Ok(Self {
            server,
            app,
            orphans_remain,
            port: address.port(),
            // In the fragment, which no browser sends and no server logs.
            setup_url: setup_token.map(|token| format!("{base}setup#{}", token.expose())),
        })
    }

    /// The port it is bound to.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The one-time link on which the first admin is made, where there is no account.
    #[must_use]
    pub fn setup_url(&self) -> Option<&str> {
        self.setup_url.as_deref()
    }

    /// What is kept.
    #[must_use]
    pub fn store(&self) -> Arc<dyn Store> {
        self.app.store.clone()
    }

    /// Stops the server from elsewhere.
    #[must_use]
    pub fn handle(&self) -> ServerHandle {
        ServerHandle {
            server: self.server.handle(),
            stopping: self.app.stopping.clone(),
        }
    }

    /// Serves until its handle stops it; then finishes the calls that are being recorded and dialled, and returns.
    ///
    /// # Errors
    /// When the server breaks.
    pub async fn run_until_stopped(self) -> io::Result<()> {
        let (stop, stopped) = watch::channel(());
        let workers = workers::start(&self.app, &stopped, self.orphans_remain);
        let outcome = self.server.await;
        drop(stop);
        for worker in workers {
            if let Err(error) = worker.await {
                tracing::error!(%error, "a background worker broke");
            }
        }
        // What is still unknown then, the next start settles.
        if tokio::time::timeout(FINISH_DIALS, self.app.dials.finish())
            .await
            .is_err()
        {
            tracing::warn!("stopped while voice hosts were still being asked");
        }
        self.app.store.close().await;
        outcome
    }
}

/// How long calls may still be recorded and dialled after the server has stopped.
const FINISH_DIALS: Duration = Duration::from_secs(65);

/// A refusal of a known key is noted once a minute.
const NOTE_REFUSALS: Rate = Rate {
    burst: 1,
    interval: TimeDelta::minutes(1),
};

fn app(config: &Config, environment: Environment, store: Arc<dyn Store>) -> Result<App, StartupError> {
    let clock = environment.clock.clone();
    let ties = environment.random.with(|source| StdRng::from_rng(source));
    let (hosts, clock) = (config.calls.fleet.clone(), Arc::new(move || clock.now()));
    let fleet = if store.is_shared() {
        Fleet::shared(hosts, clock, Box::new(ties), numbers(store.clone()))?
    } else {
        Fleet::new(hosts, clock, Box::new(ties))?
    };
    Ok(App {
        store,
        clock: environment.clock,
        passwords: Passwords::with_params(environment.password_params, &environment.random)?,
        random: environment.random,
        session_limits: config.sessions,
        session_cookie: SessionCookie::of(&config.server),
        public_origin: config.server.public_url.as_ref().map(url::Url::origin),
        trusted_proxies: config.server.trusted_proxies,
        sign_ins: SignInThrottle::default(),
        failed_keys: FailedKeys::default(),
        noted_refusals: Throttle::new(NOTE_REFUSALS),
        fleet,
        dials: Dials::here(),
        queue: Queue::new(config.calls.queue_limit, config.calls.queue_deadline),
        call_retention: config.calls.retention,
        webhooks: Webhooks::new(config.webhook_networks.clone())?,
        documents: Documents::default(),
        timeouts: environment.timeouts,
        stopping: CancellationToken::new(),
        worker_health: WorkerHealth::default(),
    })
}

/// Numbers what replicas do at the voice hosts. Without one, a health answer lets no call be given.
fn numbers(store: Arc<dyn Store>) -> Numbers {
    Arc::new(move || {
        let store = store.clone();
        Box::pin(async move {
            let drawn = store.draw_number().await;
            drawn.map_err(|error| ApiError::from(error).log()).ok()
        })
    })
}

/// Where a browser on this machine reaches a server that listens there.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    (ip, address.port()).into()
}

/// Recovers the calls that a crash orphaned, before any request is served, and returns whether that is done. If other
/// processes use the database as well, or it takes no change at the moment (its disk is full), a worker does so later.
async fn settle_left_over_calls(app: &App) -> Result<bool, StoreError> {
    if app.store.is_shared() {
        return Ok(false);
    }
    let (unknown, refused) = match app.store.settle_left_over_calls(None, app.clock.now()).await {
        Ok(recovered) => recovered,
        Err(error @ StoreError::Unavailable(_)) => {
            ApiError::from(error).log();
            return Ok(false);
        }
        Err(error) => return Err(error),
    };
    if unknown + refused > 0 {
        tracing::warn!(
            unknown,
            refused,
            "settled calls that were under way when the server last stopped"
        );
    }
    Ok(true)
}

/// Makes the first admin, or the token of a link on which one is made; neither where there is an account.
async fn first_admin(app: &App, config: &Config) -> Result<Option<Token>, StartupError> {
    if app.store.any_account().await? {
        return Ok(None);
    }
    let Some(admin) = &config.first_admin else {
        let token = app.random.with(|source| Token::generate(source));
        app.store
            .keep_setup_link(&token.digest(), app.clock.now())
            .await?;
        return Ok(Some(token));
    };
    create_first_admin(app, admin.email.clone(), admin.password.clone())
        .await
        .map_err(StartupError::FirstAdmin)?;
    tracing::info!("made the first admin");
    Ok(None)
}
