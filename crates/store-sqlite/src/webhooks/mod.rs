//! The webhooks of the keys. What puts events into the outbox stands with the calls.

pub(crate) mod deliveries;
pub(crate) mod queue;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use ori_key::WebhookSecret;
use ori_shared::webhook::WebhookDelivery;
use ori_store::{
    Attempt, Claiming, DeliveryQuery, DueDelivery, NewWebhook, Replay, Result, SetWebhook, WEBHOOK_REMOVED,
    Webhook, Webhooks,
};
use sqlx::sqlite::SqliteRow;
use sqlx::{Sqlite, SqliteExecutor, Transaction};
use uuid::Uuid;

use crate::SqliteStore;
use crate::convert::{corrupt, failed, get, instant, micros, optional_instant};

#[async_trait]
impl Webhooks for SqliteStore {
    async fn webhook(&self, key: Uuid) -> Result<Option<Webhook>> {
        find(&self.readers, key).await
    }

    async fn set_webhook(&self, webhook: NewWebhook) -> Result<Option<SetWebhook>> {
        let mut writer = self.writer().await?;
        let mut transaction = writer.begin().await?;
        if !is_key(&mut transaction, webhook.key).await? {
            return Ok(None);
        }
        let is_new = find(&mut *transaction, webhook.key).await?.is_none();
        upsert(&mut transaction, &webhook).await?;
        queue::restart(&mut transaction, webhook.key, webhook.now).await?;
        let stored = find(&mut *transaction, webhook.key)
            .await?
            .ok_or_else(|| corrupt("a webhook that was just set is not there"))?;
        transaction.commit().await.map_err(failed)?;
        Ok(Some(if is_new {
            SetWebhook::Created(stored)
        } else {
            SetWebhook::Changed(stored)
        }))
    }

    async fn rotate_webhook_secret(
        &self,
        key: Uuid,
        secret: WebhookSecret,
        previous_until: DateTime<Utc>,
    ) -> Result<bool> {
        let rotate = sqlx::query(
            "update webhooks set previous_secret = secret, previous_until = ?3, secret = ?2 where key_id = ?1",
        );
        let rotate = rotate
            .bind(key)
            .bind(secret.as_bytes().to_vec())
            .bind(micros(previous_until));
        self.changed(rotate).await
    }

    async fn remove_webhook(&self, key: Uuid) -> Result<bool> {
        let mut writer = self.writer().await?;
        let mut transaction = writer.begin().await?;
        let removed = sqlx::query("delete from webhooks where key_id = ?1")
            .bind(key)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        queue::end(&mut transaction, key, WEBHOOK_REMOVED).await?;
        transaction.commit().await.map_err(failed)?;
        Ok(removed.rows_affected() == 1)
    }

    async fn list_deliveries(&self, query: DeliveryQuery) -> Result<(Vec<WebhookDelivery>, bool)> {
        deliveries::list(&self.readers, &query).await
    }

    async fn replay_delivery(&self, id: Uuid, now: DateTime<Utc>) -> Result<Replay> {
        let mut writer = self.writer().await?;
        let mut transaction = writer.begin().await?;
        let replay = deliveries::replay(&mut transaction, id, now).await?;
        transaction.commit().await.map_err(failed)?;
        Ok(replay)
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
        let mut writer = self.writer().await?;
        let mut transaction = writer.begin().await?;
        let next = deliveries::hasten(&mut transaction, now, claims_end, after, limit).await?;
        if next.is_none() {
            queue::hasten(&mut transaction, now).await?;
        }
        transaction.commit().await.map_err(failed)?;
        Ok(next)
    }

    async fn claim_due_deliveries(&self, claim: Claiming) -> Result<Vec<DueDelivery>> {
        let mut writer = self.writer().await?;
        let mut transaction = writer.begin().await?;
        let claimed = deliveries::claim(&mut transaction, claim).await?;
        transaction.commit().await.map_err(failed)?;
        Ok(claimed)
    }

    async fn end_deliveries(&self, before: DateTime<Utc>, limit: u32) -> Result<u64> {
        if !queue::is_any_to_end(&self.readers, before).await? {
            return Ok(0);
        }
        let mut writer = self.writer().await?;
        let mut transaction = writer.begin().await?;
        let ended = queue::end_some(&mut transaction, before, limit).await?;
        transaction.commit().await.map_err(failed)?;
        Ok(ended)
    }

    async fn record_delivery_attempt(&self, attempt: Attempt) -> Result<bool> {
        let mut writer = self.writer().await?;
        let mut transaction = writer.begin().await?;
        let counts = deliveries::record(&mut transaction, &attempt).await?;
        transaction.commit().await.map_err(failed)?;
        Ok(counts)
    }

    async fn forget_deliveries(&self, before: DateTime<Utc>, limit: u32) -> Result<u64> {
        deliveries::forget(self, before, limit).await
    }
}

async fn find(executor: impl SqliteExecutor<'_>, key: Uuid) -> Result<Option<Webhook>> {
    let row = sqlx::query(
        "select url, created_at, updated_at, disabled_at, disabled_reason from webhooks where key_id = ?1",
    )
    .bind(key)
    .fetch_optional(executor)
    .await
    .map_err(failed)?;
    row.as_ref().map(webhook).transpose()
}

async fn is_key(transaction: &mut Transaction<'_, Sqlite>, key: Uuid) -> Result<bool> {
    sqlx::query_scalar("select exists (select 1 from api_keys where id = ?1)")
        .bind(key)
        .fetch_one(&mut **transaction)
        .await
        .map_err(failed)
}

async fn upsert(transaction: &mut Transaction<'_, Sqlite>, webhook: &NewWebhook) -> Result<()> {
    sqlx::query(
        "insert into webhooks (key_id, url, secret, created_at, updated_at) values (?1, ?2, ?3, ?4, ?4)
         on conflict (key_id) do update
         set url = excluded.url, updated_at = excluded.updated_at, disabled_at = null, disabled_reason = null",
    )
    .bind(webhook.key)
    .bind(&webhook.url)
    .bind(&webhook.secret.as_bytes()[..])
    .bind(micros(webhook.now))
    .execute(&mut **transaction)
    .await
    .map_err(failed)?;
    Ok(())
}

fn webhook(row: &SqliteRow) -> Result<Webhook> {
    Ok(Webhook {
        url: get(row, "url")?,
        created_at: instant(row, "created_at")?,
        updated_at: instant(row, "updated_at")?,
        disabled_at: optional_instant(row, "disabled_at")?,
        disabled_reason: get(row, "disabled_reason")?,
    })
}
