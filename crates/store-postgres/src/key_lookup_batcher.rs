//! Look-ups of keys that wait at the same time are one statement. Each of them sees what was committed when that
//! statement began, which is after it was asked for, as if it had been a statement of its own.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use ori_key::KeyDigest;
use ori_store::{KnownKey, Result, StoreError, restart_on_panic};
use sqlx::postgres::PgPool;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::time::timeout;

use crate::api_keys;
use crate::connection::ACQUIRE_TIMEOUT;
use crate::sticky_connection::{StickyConnection, UNUSED_FOR};

/// Submits look-ups to the batcher.
pub(crate) struct KeyLookupBatcher(mpsc::UnboundedSender<LookUp>);

impl KeyLookupBatcher {
    /// Reads from that pool, in a task that ends when this is dropped.
    pub(crate) fn new(pool: PgPool) -> Self {
        let (sender, waiting) = mpsc::unbounded_channel();
        let waiting = Arc::new(Mutex::new(waiting));
        let start = move || answer_all(pool.clone(), waiting.clone());
        tokio::spawn(restart_on_panic("key look-ups", start));
        Self(sender)
    }

    /// The key of that digest, whatever its status.
    pub(crate) async fn find(&self, digest: KeyDigest) -> Result<Option<KnownKey>> {
        let gone = || StoreError::Unavailable("the store is closed".into());
        let (reply, found) = oneshot::channel();
        self.0.send(LookUp { digest, reply }).map_err(|_| gone())?;
        found.await.map_err(|_| gone())?
    }
}

struct LookUp {
    digest: KeyDigest,
    reply: oneshot::Sender<Result<Option<KnownKey>>>,
}

/// The most look-ups in one statement.
const MAX_BATCH: usize = 256;

async fn answer_all(pool: PgPool, waiting: Arc<Mutex<mpsc::UnboundedReceiver<LookUp>>>) {
    let mut waiting = waiting.lock().await;
    let mut together = Vec::new();
    let mut kept = None;
    loop {
        let arrival = waiting.recv_many(&mut together, MAX_BATCH);
        let arrived = match kept {
            None => arrival.await,
            Some(_) => match timeout(UNUSED_FOR, arrival).await {
                Ok(arrived) => arrived,
                Err(_) => {
                    kept = None;
                    continue;
                }
            },
        };
        if arrived == 0 {
            return;
        }
        // One at a time: meanwhile others join.
        kept = answer(&pool, kept, &mut together).await;
    }
}

/// Returns the connection, unless an error occurred on it.
async fn answer(
    pool: &PgPool,
    kept: Option<StickyConnection>,
    together: &mut Vec<LookUp>,
) -> Option<StickyConnection> {
    let digests: BTreeSet<_> = together
        .iter()
        .map(|look_up| &look_up.digest.as_bytes()[..])
        .collect();
    let digests: Vec<_> = digests.into_iter().collect();
    let found = timeout(ACQUIRE_TIMEOUT, find(pool, kept, &digests)).await;
    let found = found.unwrap_or_else(|late| Err(StoreError::Unavailable(late.into())));
    let (found, kept) = match found {
        Ok((keys, kept)) => (Ok(keys), Some(kept)),
        Err(error) => (Err(error), None),
    };
    for LookUp { digest, reply } in together.drain(..) {
        let told = match &found {
            Ok(keys) => Ok(keys.get(&digest).cloned()),
            Err(error) => Err(error.repeat()),
        };
        // The caller may have gone away.
        drop(reply.send(told));
    }
    kept
}

async fn find(
    pool: &PgPool,
    kept: Option<StickyConnection>,
    digests: &[&[u8]],
) -> Result<(HashMap<KeyDigest, KnownKey>, StickyConnection)> {
    let mut kept = StickyConnection::of(kept, pool).await?;
    let keys = api_keys::known_keys(kept.connection(), digests).await?;
    Ok((keys, kept))
}
