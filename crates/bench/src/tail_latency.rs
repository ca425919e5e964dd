//! Measures tail latency at half of the highest rate, during changes of keys and rejected requests.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use tokio::sync::oneshot;

use crate::admin_client::AdminClient;
use crate::load_generator::{self, Load, Measured, Request};
use crate::process::Program;
use crate::table::{Figure, Row, Table};

/// Kind of request with its baseline.
pub(crate) struct Kind<'a> {
    pub(crate) what: &'static str,
    pub(crate) server: &'a Program,
    pub(crate) request: Request,
    pub(crate) status: u16,
    /// The same request with a wrong checksum in the key.
    pub(crate) refused: Request,
    /// Program and request without checks and storage. Their tail latency at the same rates is that of the machine.
    pub(crate) baseline: (&'a Program, Request),
}

/// Measures the tail latency of one kind of request.
pub(crate) async fn tail(oha: &Path, kind: &Kind<'_>, most: Load, rounds: u32) -> Result<Table> {
    let mut rows = [
        Row::new("ori: highest rate"),
        Row::new("ori: refusals, highest rate"),
        Row::new("ori: half of the highest rate"),
        Row::new("ori: half, with all of the following"),
        Row::new("ori: refusals at a quarter"),
        Row::new("ori: changes of keys"),
        Row::new("baseline at the rate of the half"),
        Row::new("baseline at the rate of the refusals"),
    ];
    let admin = AdminClient::sign_in(kind.server).await?;
    let status = [kind.status];
    for _ in 0..rounds {
        rows[0].add(load_generator::apply(oha, most, kind.server, &kind.request, &status).await?);
        rows[1].add(load_generator::apply(oha, most, kind.server, &kind.refused, REFUSED).await?);
        let half = at(most, rows[0].rate() / 2.0);
        rows[2].add(load_generator::apply(oha, half, kind.server, &kind.request, &status).await?);
        let quarter = at(most, rows[1].rate() / 4.0);
        let (stop, stopped) = oneshot::channel();
        let meanwhile = tokio::spawn(manage(admin.clone(), stopped));
        let (served, refused) = tokio::join!(
            load_generator::apply(oha, half, kind.server, &kind.request, &status),
            load_generator::apply(oha, quarter, kind.server, &kind.refused, REFUSED),
        );
        drop(stop);
        rows[3].add(served?);
        rows[4].add(refused?);
        rows[5].add(meanwhile.await??);
        let (program, bare) = &kind.baseline;
        let (served, beside) = tokio::join!(
            load_generator::apply(oha, half, program, bare, &status),
            load_generator::apply(oha, quarter, program, bare, &status),
        );
        rows[6].add(served?);
        rows[7].add(beside?);
    }
    let figures = vec![
        Figure::shown("at half, beside all that: p99 in ms", rows[3].p99()),
        Figure::shown("the baseline at the same rates: p99 in ms", rows[6].p99()),
        Figure::at_most("at half, beside all that: p99.9 in ms", rows[3].p999(), 25.0),
    ];
    Ok(Table::new(kind.what, MEANING, rows.into(), figures))
}

const MEANING: &str = "Latencies at a constant rate of half of what the server reached, alone, then while refusals of mistyped keys \
     come at a quarter of their highest rate and keys are created, switched, listed and deleted a hundred times a \
     second. Each latency counts from when the request was due. The baseline has the same rates and shows what the \
     machine itself makes wait.";

const REFUSED: &[u16] = &[401, 429];

fn at(load: Load, rate: f64) -> Load {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rate is some thousands"
    )]
    let rate = Some(rate as u32);
    Load { rate, ..load }
}

/// Changes keys a hundred times per second until it is stopped.
async fn manage(admin: AdminClient, mut stopped: oneshot::Receiver<()>) -> Result<Measured> {
    let (started, mut times) = (Instant::now(), Vec::new());
    let mut beat = tokio::time::interval(Duration::from_millis(10));
    let mut key: Option<String> = None;
    for step in 0_u32.. {
        tokio::select! {
            _ = &mut stopped => break,
            _ = beat.tick() => {}
        }
        let began = Instant::now();
        match (step % 5, &key) {
            (1 | 2, Some(id)) => admin.switch(id, step % 5 == 2).await?,
            (3, _) => drop(admin.get("/api/v1/api-keys").await?),
            (4, Some(id)) => admin.delete_key(id).await?,
            _ => {
                let created = admin.create_key("Meanwhile").await?;
                let id = created["id"].as_str().context("a new key has an id")?;
                key = Some(id.to_owned());
            }
        }
        times.push(began.elapsed());
    }
    Ok(Measured::of(&mut times, started.elapsed()))
}
