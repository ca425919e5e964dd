//! Look-ups of keys that wait at the same time are one statement. Each of them sees what was committed when that statement
//! began, which is after it was asked for, as if it had been a statement of its own.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use ori_key::KeyDigest;
use ori_store::{KnownKey, Result, StoreError};
use sqlx::Postgres;
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgPool;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::api_keys;
use crate::convert::failed;
use crate::open::ACQUIRE_TIMEOUT;

/// Where look-ups are handed in.
pub(crate) struct LookUps(mpsc::UnboundedSender<LookUp>);

impl LookUps {
    /// Reads from that pool, in a task that ends when this is dropped.
    pub(crate) fn new(pool: PgPool) -> Self {
        let (sender, waiting) = mpsc::unbounded_channel();
        tokio::spawn(answer_all(pool, waiting));
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
const MOST: usize = 256;

async fn answer_all(pool: PgPool, mut waiting: mpsc::UnboundedReceiver<LookUp>) {
    let mut together = Vec::new();
    let mut connection = None;
    loop {
        if waiting.is_empty() {
            // Others may need it.
            connection = None;
        }
        if waiting.recv_many(&mut together, MOST).await == 0 {
            return;
        }
        // One at a time: meanwhile others join.
        connection = answer(&pool, connection, &mut together).await;
    }
}

/// Gives the connection back, where nothing went wrong on it.
async fn answer(pool: &PgPool, connection: Option<Pooled>, together: &mut Vec<LookUp>) -> Option<Pooled> {
    let digests: BTreeSet<_> = together
        .iter()
        .map(|look_up| &look_up.digest.as_bytes()[..])
        .collect();
    let digests: Vec<_> = digests.into_iter().collect();
    let found = timeout(ACQUIRE_TIMEOUT, find(pool, connection, &digests)).await;
    let found = found.unwrap_or_else(|late| Err(StoreError::Unavailable(late.into())));
    let (found, connection) = match found {
        Ok((keys, connection)) => (Ok(keys), Some(connection)),
        Err(error) => (Err(Arc::new(error)), None),
    };
    for LookUp { digest, reply } in together.drain(..) {
        let told = match &found {
            Ok(keys) => Ok(keys.get(&digest).cloned()),
            Err(error) => Err(shared(error)),
        };
        // Whoever has gone away is not told.
        drop(reply.send(told));
    }
    connection
}

type Pooled = PoolConnection<Postgres>;

async fn find(
    pool: &PgPool,
    connection: Option<Pooled>,
    digests: &[&[u8]],
) -> Result<(HashMap<KeyDigest, KnownKey>, Pooled)> {
    let mut connection = match connection {
        Some(connection) => connection,
        None => pool.acquire().await.map_err(failed)?,
    };
    let keys = api_keys::known_keys(&mut connection, digests).await?;
    Ok((keys, connection))
}

/// What failed for all of them, for one of them.
pub(crate) fn shared(error: &Arc<StoreError>) -> StoreError {
    match **error {
        StoreError::Unavailable(_) => StoreError::Unavailable(error.clone().into()),
        StoreError::Fault(_) => StoreError::Fault(error.clone().into()),
    }
}
