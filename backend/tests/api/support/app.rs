use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use argon2::Params;
use chrono::{DateTime, TimeDelta, Utc};
use ori_backend::clock::Clock as _;
use ori_backend::config::{Config, Options};
use ori_backend::connections::Timeouts;
use ori_backend::passwords::Passwords;
use ori_backend::random::Random;
use ori_backend::startup::{Application, Environment, ServerHandle};
use ori_key::Token;
use ori_shared::account::Role;
use ori_store::{Account, NewAccount, NewSession, SessionLimits, Store};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tokio::task::JoinHandle;

use super::clock::TestClock;
use super::{Anonymous, Caller as _, SignedIn, http_client};
use crate::engine::Engine;

/// The first admin, whom [`TestApp::start`] configures.
pub(crate) const ADMIN_EMAIL: &str = "ada@example.com";
pub(crate) const ADMIN_PASSWORD: &str = "correct horse battery";

/// A server on a port and a database of its own, whose clock and random source are the test's.
pub(crate) struct TestApp {
    /// What the server keeps.
    pub(crate) store: Arc<dyn Store>,
    pub(crate) random: Arc<Random>,
    pub(crate) setup_url: Option<String>,
    clock: Arc<TestClock>,
    http: reqwest::Client,
    base: String,
    cookie_name: &'static str,
    limits: SessionLimits,
    people: AtomicU32,
    pub(crate) engine: Arc<Engine>,
    handle: ServerHandle,
    running: Mutex<Option<JoinHandle<io::Result<()>>>>,
}

impl TestApp {
    /// With a first admin.
    pub(crate) async fn start() -> Self {
        Self::with("").await
    }

    /// With a first admin, and these options.
    pub(crate) async fn with(options: &str) -> Self {
        let admin = format!("admin_email = '{ADMIN_EMAIL}'\nadmin_password = '{ADMIN_PASSWORD}'\n");
        Self::build(&(admin + options), Engine::new().await.into(), 23).await
    }

    /// Without any account.
    pub(crate) async fn new_install() -> Self {
        Self::build("", Engine::new().await.into(), 23).await
    }

    /// The next server on the same database, with these options: this one stops.
    pub(crate) async fn restart(&self, options: &str) -> Self {
        self.handle.stop(false).await;
        let running = self.running.lock().unwrap().take();
        running
            .expect("it was not stopped before")
            .await
            .unwrap()
            .unwrap();
        Self::build(options, self.engine.clone(), 24).await
    }

    /// With a first admin; clients may take no longer than this.
    pub(crate) async fn with_timeouts(timeouts: Timeouts) -> Self {
        let admin = format!("admin_email = '{ADMIN_EMAIL}'\nadmin_password = '{ADMIN_PASSWORD}'\n");
        Self::build_with(&admin, Engine::new().await.into(), 23, timeouts).await
    }

    /// A server on that database, with these options.
    pub(crate) async fn build(options: &str, engine: Arc<Engine>, seed: u64) -> Self {
        Self::build_with(options, engine, seed, Timeouts::default()).await
    }

    async fn build_with(options: &str, engine: Arc<Engine>, seed: u64, timeouts: Timeouts) -> Self {
        let options = format!(
            "listen = '127.0.0.1:0'\nworkers = 1\ndatabase_url = '{}'\n{options}",
            engine.url()
        );
        let mut config = Config::check(&Options::from_toml(&options).unwrap()).unwrap();
        config.calls.fleet.poll_interval = Duration::from_millis(50);
        let (clock, random) = (
            Arc::new(TestClock::new()),
            Arc::new(Random::new(StdRng::seed_from_u64(seed))),
        );
        let environment = Environment {
            clock: clock.clone(),
            random: random.clone(),
            password_params: cheap(),
            timeouts,
        };
        let application = Application::build(&config, environment).await.unwrap();
        Self {
            store: application.store(),
            random,
            setup_url: application.setup_url().map(str::to_owned),
            clock,
            http: http_client(),
            base: format!("http://127.0.0.1:{}", application.port()),
            cookie_name: if config.server.secure_cookies() {
                "__Host-ori_session"
            } else {
                "ori_session"
            },
            limits: config.sessions,
            people: AtomicU32::new(0),
            engine,
            handle: application.handle(),
            running: Mutex::new(Some(tokio::spawn(application.run_until_stopped()))),
        }
    }

    /// What a browser would name as this server's origin.
    pub(crate) fn origin(&self) -> &str {
        &self.base
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub(crate) fn advance(&self, by: TimeDelta) {
        self.clock.advance(by);
    }

    /// Lets that much time pass.
    pub(crate) fn elapse(&self, by: Duration) {
        self.clock.elapse(by);
    }

    /// Lets hours pass, in each of which the retention worker has run once.
    pub(crate) async fn pass_hours(&self, hours: u32) {
        for _ in 0..hours {
            self.clock.pass(Duration::from_secs(3600)).await;
        }
    }

    /// While it is broken, a worker that begins to wait for a time panics.
    pub(crate) fn set_clock_broken(&self, is_broken: bool) {
        self.clock.set_broken(is_broken);
    }

    /// Somebody who proves nothing.
    pub(crate) fn anonymous(&self) -> Anonymous {
        Anonymous::new(self.http.clone(), &self.base)
    }

    /// A new person of that role, who has a session.
    pub(crate) async fn person(&self, role: Role) -> SignedIn {
        let number = self.people.fetch_add(1, Ordering::SeqCst);
        let email = format!("{}{number}@example.com", role.as_str());
        let account = self.account(&email, role, "no hash").await;
        self.session_of(account).await
    }

    /// The usual case: somebody who may manage API keys.
    pub(crate) async fn admin(&self) -> SignedIn {
        self.person(Role::Admin).await
    }

    /// A new account with that password.
    pub(crate) async fn account_with_password(&self, email: &str, password: &str) -> Account {
        let passwords = Passwords::with_params(cheap(), &self.random).unwrap();
        let hash = passwords.hash(password.to_owned(), &self.random).await.unwrap();
        self.account(email, Role::Admin, &hash).await
    }

    /// Signs in as the first admin.
    pub(crate) async fn sign_in(&self) -> SignedIn {
        let answer = self.anonymous().sign_in(ADMIN_EMAIL, ADMIN_PASSWORD).await;
        assert_eq!(answer.status, 200);
        self.holder_of(answer.cookie(self.cookie_name).value())
    }

    /// Whoever sends that session token.
    pub(crate) fn holder_of(&self, token: &str) -> SignedIn {
        SignedIn::new(self.anonymous(), format!("{}={token}", self.cookie_name))
    }

    async fn account(&self, email: &str, role: Role, password_hash: &str) -> Account {
        let account = NewAccount {
            id: self.random.id(self.now()),
            email: email.to_owned(),
            password_hash: password_hash.to_owned(),
            role,
            created_at: self.now(),
        };
        assert!(self.store.create_account(account).await.unwrap());
        self.store.credentials(email).await.unwrap().unwrap().account
    }

    async fn session_of(&self, account: Account) -> SignedIn {
        let token = self.random.with(|source| Token::generate(source));
        let session = NewSession {
            id: self.random.id(self.now()),
            token: token.digest(),
            account_id: account.id,
            created_at: self.now(),
        };
        assert!(self.store.create_session(session, self.limits).await.unwrap());
        self.holder_of(token.expose())
    }
}

fn cheap() -> Params {
    Params::new(8, 1, 1, None).unwrap()
}
