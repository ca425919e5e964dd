//! The webhooks of the keys. What puts events into the outbox stands with the calls.

pub(crate) mod deliveries;
pub(crate) mod queue;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use ori_key::WebhookSecret;
use ori_shared::webhook::WebhookDelivery;
use ori_store::{
    Attempt, DeliveryQuery, DueDelivery, LeaseRequest, NewWebhook, Replay, Result, SetWebhook,
    WEBHOOK_REMOVED, Webhook, Webhooks, rows,
};
use sqlx::{PgExecutor, Postgres, Transaction};
use uuid::Uuid;

use crate::codec::text;
use crate::error::corrupt;
use crate::statement::{ScalarQuery as _, Statement as _};
use crate::{PostgresStore, commit};

#[async_trait]
impl Webhooks for PostgresStore {
    async fn webhook(&self, key: Uuid) -> Result<Option<Webhook>> {
        find(&self.pool, key).await
    }

    async fn set_webhook(&self, webhook: NewWebhook) -> Result<Option<SetWebhook>> {
        let mut transaction = self.begin().await?;
        if !is_key(&mut transaction, webhook.key).await? {
            return Ok(None);
        }
        let is_new = find(&mut *transaction, webhook.key).await?.is_none();
        upsert(&mut transaction, &webhook).await?;
        queue::restart(&mut transaction, webhook.key, webhook.now).await?;
        let stored = find(&mut *transaction, webhook.key)
            .await?
            .ok_or_else(|| corrupt("a webhook that was just set is not there"))?;
        commit(transaction).await?;
        Ok(Some(SetWebhook::new(stored, is_new)))
    }

    async fn rotate_webhook_secret(
        &self,
        key: Uuid,
        secret: WebhookSecret,
        previous_until: DateTime<Utc>,
    ) -> Result<bool> {
        let rotate = sqlx::query(
            "update webhooks set previous_secret = secret, previous_until = $3, secret = $2 where key_id = $1",
        );
        let rotate = rotate
            .bind(key)
            .bind(secret.as_bytes().to_vec())
            .bind(previous_until);
        self.changed(rotate).await
    }

    async fn remove_webhook(&self, key: Uuid) -> Result<bool> {
        let mut transaction = self.begin().await?;
        let removed = sqlx::query("delete from webhooks where key_id = $1")
            .bind(key)
            .run(&mut *transaction)
            .await?;
        queue::end(&mut transaction, key, WEBHOOK_REMOVED).await?;
        commit(transaction).await?;
        Ok(removed == 1)
    }

    async fn list_deliveries(&self, query: DeliveryQuery) -> Result<(Vec<WebhookDelivery>, bool)> {
        deliveries::list(&self.pool, &query).await
    }

    async fn replay_delivery(&self, id: Uuid, now: DateTime<Utc>) -> Result<Replay> {
        let mut transaction = self.begin().await?;
        let replay = deliveries::replay(&mut transaction, id, now).await?;
        commit(transaction).await?;
        Ok(replay)
    }

    async fn next_delivery_due(&self) -> Result<Option<DateTime<Utc>>> {
        queue::next_due(&self.pool).await
    }

    async fn hasten_deliveries(
        &self,
        now: DateTime<Utc>,
        claims_end: DateTime<Utc>,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Option<Uuid>> {
        let mut transaction = self.begin().await?;
        let next = deliveries::hasten(&mut transaction, now, claims_end, after, limit).await?;
        commit(transaction).await?;
        // In a transaction of its own: elsewhere, a webhook is locked before its deliveries.
        if next.is_none() {
            let mut transaction = self.begin().await?;
            queue::hasten(&mut transaction, now).await?;
            commit(transaction).await?;
        }
        Ok(next)
    }

    async fn claim_due_deliveries(&self, claim: LeaseRequest) -> Result<Vec<DueDelivery>> {
        let mut transaction = self.begin().await?;
        let claimed = deliveries::claim(&mut transaction, claim).await?;
        commit(transaction).await?;
        Ok(claimed)
    }

    async fn end_deliveries(&self, before: DateTime<Utc>, limit: u32) -> Result<u64> {
        let mut transaction = self.begin().await?;
        let ended = queue::end_some(&mut transaction, before, limit).await?;
        commit(transaction).await?;
        Ok(ended)
    }

    async fn record_delivery_attempt(&self, attempt: Attempt) -> Result<bool> {
        let mut transaction = self.begin().await?;
        let counts = deliveries::record(&mut transaction, &attempt).await?;
        commit(transaction).await?;
        Ok(counts)
    }

    async fn delete_expired_deliveries(&self, before: DateTime<Utc>, limit: u32) -> Result<u64> {
        deliveries::forget(self, before, limit).await
    }
}

async fn find(executor: impl PgExecutor<'_>, key: Uuid) -> Result<Option<Webhook>> {
    sqlx::query(
        "select url, created_at, updated_at, disabled_at, disabled_reason from webhooks where key_id = $1",
    )
    .bind(key)
    .find(executor, rows::webhook)
    .await
}

/// Returns whether there is such a key, and locks it and its webhook until the transaction ends.
async fn is_key(transaction: &mut Transaction<'_, Postgres>, key: Uuid) -> Result<bool> {
    let key: Option<i32> = sqlx::query_scalar("select 1 from api_keys where id = $1 for no key update")
        .bind(key)
        .find_value(&mut **transaction)
        .await?;
    Ok(key.is_some())
}

async fn upsert(transaction: &mut Transaction<'_, Postgres>, webhook: &NewWebhook) -> Result<()> {
    sqlx::query(
        "insert into webhooks (key_id, url, secret, created_at, updated_at) values ($1, $2, $3, $4, $4)
         on conflict (key_id) do update
         set url = excluded.url, updated_at = excluded.updated_at, disabled_at = null, disabled_reason = null",
    )
    .bind(webhook.key)
    .bind(text(&webhook.url))
    .bind(&webhook.secret.as_bytes()[..])
    .bind(webhook.now)
    .run(&mut **transaction)
        .await?;
    Ok(())
}
