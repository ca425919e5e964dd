//! Health and cooldown of one host.

use std::time::Duration;

use chrono::{DateTime, Utc};
use ori_shared::fleet::{HostState, HostStatus};
use tokio::time::Instant;

use crate::dial::NotDialled;
use crate::fleet::ReportedCapacity;
use crate::health::Health;
use crate::host::HostId;

/// Time during which a host is not offered calls after other consoles have filled it.
pub(crate) const FULL_FOR: Duration = Duration::from_secs(1);

/// Last health of a host, and its rejection since.
pub(crate) struct HostRecord {
    id: HostId,
    health: Option<Result<Health, String>>,
    last_checked_at: Option<DateTime<Utc>>,
    /// Event number at which the check that returned `health` began.
    begun: u64,
    cooldown: Option<Cooldown>,
    /// Until then the host is not offered calls because other consoles have filled it.
    full_until: Option<Instant>,
    simulated: bool,
}

/// Period without calls after a rejection; ends with the next health check.
struct Cooldown {
    at: u64,
    /// `None` for a host that is healthy but full.
    why: Option<String>,
}

impl HostRecord {
    pub(crate) fn new(id: HostId) -> Self {
        Self {
            id,
            health: None,
            last_checked_at: None,
            begun: 0,
            cooldown: None,
            full_until: None,
            simulated: false,
        }
    }

    pub(crate) fn id(&self) -> &HostId {
        &self.id
    }

    pub(crate) fn is_simulated(&self) -> bool {
        self.simulated
    }

    /// Records a health response. Returns `false` and ignores it if a later check has completed already.
    pub(crate) fn learn(&mut self, begun: u64, health: Result<Health, String>, at: DateTime<Utc>) -> bool {
        if begun < self.begun {
            return false;
        }
        if let Ok(health) = &health {
            self.simulated = health.simulated;
        }
        self.begun = begun;
        self.health = Some(health);
        self.last_checked_at = Some(at);
        // The response to a check that began before the rejection may be older than the rejection.
        self.cooldown.take_if(|cooldown| cooldown.at < begun);
        true
    }

    /// Starts a cooldown because the host did not dial.
    pub(crate) fn record_rejection(&mut self, at: u64, why: &NotDialled) {
        let why = match why {
            NotDialled::AtCapacity => None,
            NotDialled::NotConfigured => Some("dialout failed: the host is not configured".to_owned()),
            NotDialled::Unreachable { why } => Some(format!("dialout failed: {why}")),
            NotDialled::Lapsed => return,
        };
        self.cooldown = Some(Cooldown { at, why });
    }

    /// Offers the host no calls for [`FULL_FOR`].
    pub(crate) fn mark_full(&mut self, now: Instant) {
        self.full_until = Some(now + FULL_FOR);
    }

    pub(crate) fn state(&self) -> HostState {
        match (&self.health, &self.cooldown) {
            (_, Some(Cooldown { why: Some(_), .. })) | (Some(Err(_)), _) => HostState::Unhealthy,
            (Some(Ok(_)), _) => HostState::Healthy,
            (None, _) => HostState::Unknown,
        }
    }

    /// Returns the available capacity after the `reserved` calls that the host does not count yet.
    pub(crate) fn room(&self, reserved: u64, now: Instant) -> u64 {
        let is_full = self.full_until.is_some_and(|until| now < until);
        match (&self.health, &self.cooldown) {
            (Some(Ok(health)), None) if !is_full => health.available.saturating_sub(reserved),
            _ => 0,
        }
    }

    /// Returns the last reported capacity if the host is healthy and the check has a number.
    pub(crate) fn reported_capacity(&self) -> Option<ReportedCapacity> {
        let health = self.health.as_ref()?.as_ref().ok()?;
        Some(ReportedCapacity {
            available: health.available,
            number: health.number?,
        })
    }

    pub(crate) fn status(&self, reserved: u64) -> HostStatus {
        let state = self.state();
        let health = match &self.health {
            Some(Ok(health)) if state == HostState::Healthy => Some(health),
            _ => None,
        };
        HostStatus {
            host: self.id.as_str().to_owned(),
            state,
            simulated: self.simulated,
            last_error: self.last_error(),
            last_checked_at: self.last_checked_at,
            fleet_calls: health.map(|health| health.calls),
            fleet_max: health.map(|health| health.max),
            fleet_available: health.map(|health| health.available),
            reserved,
            workers: health.map(|health| health.workers.clone()).unwrap_or_default(),
        }
    }

    pub(crate) fn last_error(&self) -> Option<String> {
        let cooldown = self.cooldown.as_ref().and_then(|cooldown| cooldown.why.clone());
        cooldown.or_else(|| self.health.as_ref()?.as_ref().err().cloned())
    }
}
