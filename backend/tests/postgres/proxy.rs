//! A TCP proxy between a server and PostgreSQL that loses chosen replies, goes silent, or has no server.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;
use url::Url;

/// Forwards each connection to a PostgreSQL server. It ends when the test's runtime does.
pub(crate) struct Proxy {
    url: String,
    lost: Arc<Lost>,
    hold: watch::Sender<Hold>,
    network: watch::Sender<Network>,
}

/// A statement that is held on its way to the server, and how its transaction ended.
#[derive(Clone, Default)]
struct Hold {
    /// Text of the statement, until a client sends it.
    text: Option<Vec<u8>>,
    /// Text that is awaited after the transaction.
    next: Option<Vec<u8>>,
    is_released: bool,
    is_committed: bool,
    is_rolled_back: bool,
}

/// Behaviour towards connections.
#[derive(Clone, Default)]
struct Network {
    /// The given number of connections, the oldest, stay open without any traffic.
    silent: usize,
    /// Number of connections so far.
    opened: usize,
    /// New connections are silent, too.
    is_down: bool,
    /// There is no server: a client is sent this and its connection is closed.
    reply: Option<&'static [u8]>,
}

/// The reply to lose next: that to the last of these texts, once all of them have passed one connection in this order.
#[derive(Default)]
struct Lost(Mutex<Option<Vec<Vec<u8>>>>);

impl Proxy {
    /// Listens on a port of 127.0.0.1 in front of the server at this address, which names its socket's folder.
    pub(crate) async fn before(database: &str) -> Self {
        let address = Url::parse(database).unwrap();
        let (_, folder) = address.query_pairs().find(|(name, _)| name == "host").unwrap();
        let socket = format!("{folder}/.s.PGSQL.5432");
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let lost = Arc::<Lost>::default();
        let shared = lost.clone();
        let hold = watch::Sender::new(Hold::default());
        let network = watch::Sender::new(Network::default());
        let (changes, held) = (network.clone(), hold.clone());
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let Network { opened, reply, .. } = changes.borrow().clone();
                changes.send_modify(|network| network.opened += 1);
                let mut changes = changes.subscribe();
                let (socket, lost, hold) = (socket.clone(), shared.clone(), held.clone());
                tokio::spawn(async move {
                    if let Some(reply) = reply {
                        drop(client.write_all(reply).await);
                        return;
                    }
                    let mut server = UnixStream::connect(socket).await.unwrap();
                    let is_silent = |network: &Network| network.is_down || network.silent > opened;
                    let ends = |network: &Network| is_silent(network) || network.reply.is_some();
                    let is_silent = tokio::select! {
                        () = forward(&mut client, &mut server, lost, hold) => false,
                        network = changes.wait_for(ends) => is_silent(&network.unwrap()),
                    };
                    if is_silent {
                        // Both ends stay open.
                        std::future::pending::<()>().await;
                    }
                });
            }
        });
        let url = format!(
            "postgres://ori@127.0.0.1:{port}{}?sslmode=disable",
            address.path()
        );
        Self {
            url,
            lost,
            hold,
            network,
        }
    }

    /// The database's address through the proxy.
    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }

    /// The server executes what these texts belong to, its reply is dropped, and the client's connection is reset.
    pub(crate) fn lose_reply_to(&self, texts: &[&[u8]]) {
        *self.lost.lock() = Some(texts.iter().map(|text| text.to_vec()).collect());
    }

    /// Holds the statement that contains `text` until [`Self::release`].
    pub(crate) fn hold_at(&self, text: &[u8], next: Option<&[u8]>) {
        self.hold.send_replace(Hold {
            text: Some(text.to_vec()),
            next: next.map(<[u8]>::to_vec),
            ..Hold::default()
        });
    }

    /// Waits until the statement is held.
    pub(crate) async fn until_held(&self) {
        let mut hold = self.hold.subscribe();
        hold.wait_for(|hold| hold.text.is_none()).await.unwrap();
    }

    /// Lets the held statement go.
    pub(crate) fn release(&self) {
        self.hold.send_modify(|hold| hold.is_released = true);
    }

    /// Waits until the transaction of the held statement has ended and, if it was committed, the awaited text has passed.
    /// Returns whether it was committed.
    pub(crate) async fn until_completed(&self) -> bool {
        let mut hold = self.hold.subscribe();
        let has_ended = |hold: &Hold| hold.is_rolled_back || (hold.is_committed && hold.next.is_none());
        hold.wait_for(has_ended).await.unwrap().is_committed
    }

    /// Nothing passes the connections that are open now. New ones are forwarded.
    pub(crate) fn silence_connections(&self) {
        self.network
            .send_modify(|network| network.silent = network.opened);
    }

    /// Nothing passes any connection, and new ones do not reach the server.
    pub(crate) fn silence_all(&self) {
        self.network.send_modify(|network| network.is_down = true);
    }

    /// Closes all connections, and sends new ones this instead of what the server would.
    pub(crate) fn reply_without_server(&self, reply: Option<&'static [u8]>) {
        self.network.send_modify(|network| network.reply = reply);
    }

    /// Whether the reply was lost.
    pub(crate) fn has_lost_it(&self) -> bool {
        self.lost.lock().is_none()
    }
}

impl Lost {
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Vec<Vec<u8>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the last text is in what a client sent, of whose connection this many have passed.
    fn is_met(&self, passed: &mut usize, sent: &[u8]) -> bool {
        let mut lost = self.lock();
        let Some(texts) = &*lost else {
            *passed = 0;
            return false;
        };
        while texts.get(*passed).is_some_and(|text| contains(sent, text)) {
            *passed += 1;
        }
        let is_met = *passed == texts.len();
        if is_met {
            *lost = None;
        }
        is_met
    }
}

impl Hold {
    /// Notes what a client sent on a connection. Returns whether to hold it.
    fn note(&mut self, sent: &[u8], is_held_connection: bool) -> bool {
        if is_held_connection && !self.is_rolled_back && !self.is_committed {
            self.is_committed = contains(sent, b"COMMIT");
            self.is_rolled_back = contains(sent, b"ROLLBACK");
        } else if self.is_committed {
            self.next.take_if(|next| contains(sent, next));
        }
        self.text.take_if(|text| contains(sent, text)).is_some()
    }
}

fn contains(sent: &[u8], text: &[u8]) -> bool {
    sent.windows(text.len()).any(|window| window == text)
}

/// Forwards what either side sends. What the client sends is small enough to arrive at once.
async fn forward(
    client: &mut TcpStream,
    server: &mut UnixStream,
    lost: Arc<Lost>,
    hold: watch::Sender<Hold>,
) {
    let (mut is_held_connection, mut released) = (false, hold.subscribe());
    let (mut from_client, mut from_server) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    let (mut passed, mut is_lost) = (0, false);
    loop {
        let done = tokio::select! {
            read = client.read(&mut from_client) => match read {
                Ok(1..) if is_lost => return,
                Ok(count @ 1..) => {
                    let sent = &from_client[..count];
                    is_lost = lost.is_met(&mut passed, sent);
                    let mut is_held = false;
                    hold.send_if_modified(|hold| {
                        let is_over = hold.text.is_some();
                        is_held_connection &= !is_over;
                        is_held = hold.note(sent, is_held_connection);
                        true
                    });
                    if is_held {
                        is_held_connection = true;
                        released.wait_for(|hold| hold.is_released).await.unwrap();
                    }
                    server.write_all(&from_client[..count]).await
                }
                _ => return,
            },
            read = server.read(&mut from_server) => match read {
                Ok(count @ 1..) if !is_lost => client.write_all(&from_server[..count]).await,
                // A reply is sent when the transaction has been committed.
                _ => {
                    client.set_zero_linger().unwrap();
                    return;
                }
            },
        };
        if done.is_err() {
            return;
        }
    }
}
