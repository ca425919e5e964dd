//! State that all requests share.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::cookie::{Cookie, SameSite, time};
use chrono::{DateTime, TimeDelta, Utc};
use ori_fleet::Fleet;
use ori_key::{PREFIX_LENGTH, Token};
use ori_store::{SessionLimits, Store};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use url::Origin;

use crate::background::BackgroundTasks;
use crate::background::WorkerHealth;
use crate::clock::Clock;
use crate::config::Server;
use crate::connections::Timeouts;
use crate::dispatch::Coordination;
use crate::docs::routes::Documents;
use crate::passwords::Passwords;
use crate::random::Random;
use crate::recently_valid_keys::RecentlyValidKeys;
use crate::throttle::{NetworkThrottle, Rate, Throttle};
use crate::webhooks::Webhooks;

/// State that all requests share.
pub struct AppState {
    /// The database.
    pub store: Arc<dyn Store>,
    /// Coordination of dispatch with replicas.
    pub coordination: Coordination,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Draws keys, tokens and ids.
    pub random: Arc<Random>,
    /// Hashes and checks passwords.
    pub passwords: Passwords,
    /// Lifetime of console sessions.
    pub session_limits: SessionLimits,
    /// The cookie that carries it.
    pub session_cookie: SessionCookie,
    /// Public URL of the console, if configured.
    pub public_origin: Option<Origin>,
    /// Number of trusted proxies that append to `X-Forwarded-For`.
    pub trusted_proxies: usize,
    /// Limits failed sign-ins.
    pub sign_ins: SignInThrottle,
    /// Limits unknown API keys.
    pub failed_keys: FailedKeys,
    /// Limits wrong fleet secrets.
    pub failed_fleet_secrets: NetworkThrottle,
    /// API keys that need no look-up before admission.
    pub recently_valid_keys: RecentlyValidKeys,
    /// Limits how often the refusal of a key is stored, by the key's id.
    pub noted_refusals: Throttle,
    /// Limits how often the use of a key without a call is stored, by the key's id.
    pub noted_uses: Throttle,
    /// The voice fleet.
    pub fleet: Fleet,
    /// Tasks that outlive the request that started them.
    pub tasks: BackgroundTasks,
    /// Limits of the queue.
    pub queue: Queue,
    /// Retention of calls that are over; `None` for no limit.
    pub call_retention: Option<TimeDelta>,
    /// Sends events to webhooks.
    pub webhooks: Webhooks,
    /// The OpenAPI document in the forms that are served.
    pub documents: Documents,
    /// Time limits of clients.
    pub timeouts: Timeouts,
    /// Cancelled when the server begins to stop.
    pub stopping: CancellationToken,
    /// Which background workers are running.
    pub worker_health: WorkerHealth,
}

/// The queue: calls that wait for a voice host with capacity.
pub struct Queue {
    /// Maximum number of queued calls.
    pub limit: u32,
    /// Maximum wait of a call before it is refused.
    pub deadline: TimeDelta,
    joined: Notify,
    /// Whether the worker has been notified since it last began to scan the queue. To notify it of each call would cost
    /// more than to record one.
    is_notified: AtomicBool,
}

impl Queue {
    /// Returns a queue with that bound and deadline.
    #[must_use]
    pub fn new(limit: u32, deadline: TimeDelta) -> Self {
        Self {
            limit,
            deadline,
            joined: Notify::new(),
            is_notified: AtomicBool::new(false),
        }
    }

    /// Notifies the worker that a call has joined, which its next scan finds.
    pub fn notify_worker(&self) {
        if !self.is_notified.swap(true, Ordering::SeqCst) {
            self.joined.notify_one();
        }
    }

    /// Waits until a call has joined that the worker may not have found.
    pub async fn joined(&self) {
        self.joined.notified().await;
    }

    /// Marks the beginning of a scan of the queue.
    pub fn begin_scan(&self) {
        self.is_notified.store(false, Ordering::SeqCst);
    }
}

/// Limits attempts with unknown API keys, by the client's network and by the key's prefix. Only failed attempts are
/// counted and only they are refused: a request with a key that works is served.
pub struct FailedKeys {
    by_network: NetworkThrottle,
    /// Throttle by the displayed key prefix, so that many networks together guess no faster than one.
    by_prefix: Throttle,
}

impl FailedKeys {
    /// Counts an unknown key.
    ///
    /// # Errors
    /// Returns how long to wait if there were too many.
    pub fn check(&self, client: IpAddr, presented: &str, now: DateTime<Utc>) -> Result<(), TimeDelta> {
        self.by_network.check(client, &(), now)?;
        let prefix: String = presented.chars().take(PREFIX_LENGTH).collect();
        self.by_prefix.check(&prefix, now)
    }
}

impl Default for FailedKeys {
    fn default() -> Self {
        Self {
            by_network: NetworkThrottle::new(Rate {
                burst: 60,
                interval: TimeDelta::seconds(1),
            }),
            by_prefix: Throttle::new(Rate {
                burst: 600,
                interval: TimeDelta::milliseconds(100),
            }),
        }
    }
}

/// Rate of wrong fleet secrets of one network.
pub const FAILED_FLEET_SECRETS: Rate = Rate {
    burst: 60,
    interval: TimeDelta::seconds(1),
};

/// Limits failed sign-ins.
///
/// The limit that a guesser meets first is that of one account from one network, so that wrong passwords from one
/// network do not keep the account's owner out on another. The limit of the account alone bounds what many networks
/// guess together. It refills faster than one network, an IPv6 /48 included, can use it up.
pub struct SignInThrottle {
    by_network: NetworkThrottle,
    /// Throttle by e-mail address, whether or not there is such an account.
    by_account_and_network: NetworkThrottle,
    by_account: Throttle,
}

impl SignInThrottle {
    /// Counts a sign-in as failed before it is checked. [`Self::refund`] takes back one that did not fail.
    ///
    /// # Errors
    /// Returns how long to wait if there were too many failed ones. This one is then not counted.
    pub fn check(&self, client: IpAddr, email: &str, now: DateTime<Utc>) -> Result<(), TimeDelta> {
        self.by_network.check(client, &(), now)?;
        // An account that is tried too often must not use up what others behind the same address have left.
        self.by_account_and_network
            .check(client, &email, now)
            .inspect_err(|_| self.by_network.refund(client, &()))?;
        self.by_account.check(&email, now).inspect_err(|_| {
            self.by_network.refund(client, &());
            self.by_account_and_network.refund(client, &email);
        })
    }

    /// Takes back what [`Self::check`] counted.
    pub fn refund(&self, client: IpAddr, email: &str) {
        self.by_network.refund(client, &());
        self.by_account_and_network.refund(client, &email);
        self.by_account.refund(&email);
    }
}

impl Default for SignInThrottle {
    fn default() -> Self {
        Self {
            by_network: NetworkThrottle::new(Rate {
                burst: 30,
                interval: TimeDelta::seconds(10),
            }),
            by_account_and_network: NetworkThrottle::new(Rate {
                burst: 10,
                interval: TimeDelta::seconds(60),
            }),
            by_account: Throttle::new(Rate {
                burst: 100,
                interval: TimeDelta::seconds(6),
            }),
        }
    }
}

/// Returns the port in an address to listen on, unless the system chooses one.
fn listening_port(listen: &str) -> Option<u16> {
    let (_, port) = listen.rsplit_once(':')?;
    port.parse().ok().filter(|port| *port != 0)
}

/// The cookie of a console session.
///
/// It is never sent with a request that another site causes (`SameSite=Strict`), scripts cannot read it, and if the console
/// is on https it has the `__Host-` prefix (RFC 6265bis, section 4.1.3.2).
///
/// Cookies are shared by all ports of a host (RFC 6265, section 8.5), so a console that is reached by an unusual port has
/// the port in its cookie's name: two consoles on one host do not sign each other out.
#[derive(Clone, Debug)]
pub struct SessionCookie {
    name: String,
    secure: bool,
}

impl SessionCookie {
    /// Returns the cookie of a server that is reached like this.
    #[must_use]
    pub fn of(server: &Server) -> Self {
        let secure = server.secure_cookies();
        let prefix = if secure { "__Host-" } else { "" };
        let port = match &server.public_url {
            Some(url) => url.port(),
            None => listening_port(&server.listen),
        };
        let suffix = port.map(|port| format!("_{port}")).unwrap_or_default();
        Self {
            name: format!("{prefix}ori_session{suffix}"),
            secure,
        }
    }

    /// Returns the cookie's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the cookie that carries that token.
    #[must_use]
    pub fn issue(&self, token: &Token, limits: SessionLimits) -> Cookie<'static> {
        Cookie::build(self.name.clone(), token.expose().to_owned())
            .path("/")
            .http_only(true)
            .secure(self.secure)
            .same_site(SameSite::Strict)
            .max_age(time::Duration::seconds(limits.absolute.num_seconds()))
            .finish()
    }

    /// Returns the cookie that makes a browser delete it.
    #[must_use]
    pub fn clear(&self) -> Cookie<'static> {
        let mut cookie = Cookie::build(self.name.clone(), "")
            .path("/")
            .http_only(true)
            .secure(self.secure)
            .finish();
        cookie.make_removal();
        cookie
    }
}
