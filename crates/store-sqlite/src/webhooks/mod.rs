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
use rusqlite::params;
use uuid::Uuid;

use crate::SqliteStore;
use crate::codec::{ReadRow, micros};
use crate::error::{corrupt, read_failed};
use crate::transaction::Transaction;

#[async_trait]
impl Webhooks for SqliteStore {
    async fn webhook(&self, key: Uuid) -> Result<Option<Webhook>> {
        let row = sqlx::query(FIND)
            .bind(key)
            .fetch_optional(&self.readers)
            .await
            .map_err(read_failed)?;
        row.map(|row| rows::webhook(&ReadRow(&row))).transpose()
    }

    async fn set_webhook(&self, webhook: NewWebhook) -> Result<Option<SetWebhook>> {
        self.write(move |transaction| set(transaction, &webhook)).await
    }

    async fn rotate_webhook_secret(
        &self,
        key: Uuid,
        secret: WebhookSecret,
        previous_until: DateTime<Utc>,
    ) -> Result<bool> {
        let rotate = "update webhooks set previous_secret = secret, previous_until = ?3, secret = ?2 where key_id = ?1";
        self.execute_one(rotate, (key, *secret.as_bytes(), micros(previous_until)))
            .await
    }

    async fn remove_webhook(&self, key: Uuid) -> Result<bool> {
        self.write(move |transaction| {
            let removed = transaction.execute_one("delete from webhooks where key_id = ?1", [key])?;
            queue::end(transaction, key, WEBHOOK_REMOVED)?;
            Ok(removed)
        })
        .await
    }

    async fn list_deliveries(&self, query: DeliveryQuery) -> Result<(Vec<WebhookDelivery>, bool)> {
        deliveries::list(&self.readers, &query).await
    }

    async fn replay_delivery(&self, id: Uuid, now: DateTime<Utc>) -> Result<Replay> {
        self.write(move |transaction| deliveries::replay(transaction, id, now))
            .await
    }

    async fn next_delivery_due(&self) -> Result<Option<DateTime<Utc>>> {
        queue::next_due(&self.readers).await
    }

    async fn hasten_deliveries(
        &self,
        now: DateTime<Utc>,
        claims_end: DateTime<Utc>,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Option<Uuid>> {
        self.write(move |transaction| {
            let next = deliveries::hasten(transaction, now, claims_end, after, limit)?;
            if next.is_none() {
                queue::hasten(transaction, now)?;
            }
            Ok(next)
        })
        .await
    }

    async fn claim_due_deliveries(&self, claim: LeaseRequest) -> Result<Vec<DueDelivery>> {
        self.write(move |transaction| deliveries::claim(transaction, &claim))
            .await
    }

    async fn end_deliveries(&self, before: DateTime<Utc>, limit: u32) -> Result<u64> {
        if !queue::is_any_to_end(&self.readers, before).await? {
            return Ok(0);
        }
        self.write(move |transaction| queue::end_some(transaction, before, limit))
            .await
    }

    async fn record_delivery_attempt(&self, attempt: Attempt) -> Result<bool> {
        self.write(move |transaction| deliveries::record(transaction, &attempt))
            .await
    }

    async fn delete_expired_deliveries(&self, before: DateTime<Utc>, limit: u32) -> Result<u64> {
        let delete = "delete from webhook_deliveries where id in (
             select id from webhook_deliveries where created_at < ?1 and status <> 'pending' limit ?2)";
        self.write(move |transaction| {
            let deleted = transaction.execute(delete, params![micros(before), limit])?;
            Ok(deleted as u64)
        })
        .await
    }
}

const FIND: &str =
    "select url, created_at, updated_at, disabled_at, disabled_reason from webhooks where key_id = ?1";

fn set(transaction: &Transaction<'_>, webhook: &NewWebhook) -> Result<Option<SetWebhook>> {
    const UPSERT: &str = "insert into webhooks (key_id, url, secret, created_at, updated_at) values (?1, ?2, ?3, ?4, ?4)
         on conflict (key_id) do update
         set url = excluded.url, updated_at = excluded.updated_at, disabled_at = null, disabled_reason = null";
    let is_key: Option<bool> = transaction.value("select true from api_keys where id = ?1", [webhook.key])?;
    if is_key.is_none() {
        return Ok(None);
    }
    let find = || transaction.find(FIND, [webhook.key], rows::webhook);
    let is_new = find()?.is_none();
    let secret = webhook.secret.as_bytes();
    transaction.execute(
        UPSERT,
        params![webhook.key, webhook.url, secret, micros(webhook.now)],
    )?;
    queue::restart(transaction, webhook.key, webhook.now)?;
    let stored = find()?.ok_or_else(|| corrupt("a webhook that was just set is not there"))?;
    Ok(Some(SetWebhook::new(stored, is_new)))
}
