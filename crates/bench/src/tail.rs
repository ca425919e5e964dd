//! How long the slowest wait, at a constant rate of half of what the server can do at the most, while others are at
//! work on the keys and guessers are turned away.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use tokio::sync::oneshot;

use crate::console::Console;
use crate::load::{self, Load, Measured, Request};
use crate::program::Program;
use crate::report::{Goal, Row, Table};

/// What is asked, what of, and how that is answered.
pub(crate) struct Asked<'a> {
    pub(crate) what: &'static str,
    pub(crate) server: &'a Program,
    pub(crate) request: Request,
    pub(crate) status: u16,
    /// The same with a key that has a wrong checksum.
    pub(crate) refused: Request,
    /// What stands for it where nothing is checked and kept, and where: how long the slowest wait for that, at the same
    /// rates, is how long the machine makes them wait.
    pub(crate) limit: (&'a Program, Request),
}

/// Measures the tail of one kind of request.
pub(crate) async fn tail(oha: &Path, asked: &Asked<'_>, most: Load, rounds: u32) -> Result<Table> {
    let mut rows = [
        Row::new("as fast as it goes"),
        Row::new("refusals, as fast as they go"),
        Row::new("at half of that"),
        Row::new("at half, beside the next two"),
        Row::new("refusals, at a quarter"),
        Row::new("creating, switching, listing, deleting keys"),
        Row::new("the limit program at the rate of the half, beside"),
        Row::new("the same, at the rate of the refusals"),
    ];
    let console = Console::sign_in(asked.server).await?;
    let status = [asked.status];
    for _ in 0..rounds {
        rows[0].add(load::apply(oha, most, asked.server, &asked.request, &status).await?);
        rows[1].add(load::apply(oha, most, asked.server, &asked.refused, REFUSED).await?);
        let half = at(most, rows[0].rate() / 2.0);
        rows[2].add(load::apply(oha, half, asked.server, &asked.request, &status).await?);
        let quarter = at(most, rows[1].rate() / 4.0);
        let (stop, stopped) = oneshot::channel();
        let meanwhile = tokio::spawn(manage(console.clone(), stopped));
        let (served, refused) = tokio::join!(
            load::apply(oha, half, asked.server, &asked.request, &status),
            load::apply(oha, quarter, asked.server, &asked.refused, REFUSED),
        );
        drop(stop);
        rows[3].add(served?);
        rows[4].add(refused?);
        rows[5].add(meanwhile.await??);
        let (program, bare) = &asked.limit;
        let (served, beside) = tokio::join!(
            load::apply(oha, half, program, bare, &status),
            load::apply(oha, quarter, program, bare, &status),
        );
        rows[6].add(served?);
        rows[7].add(beside?);
    }
    let goals = vec![
        Goal::at_most("at half, beside all that: p99 in ms", rows[3].p99(), 5.0),
        Goal::at_most("at half, beside all that: p99.9 in ms", rows[3].p999(), 25.0),
    ];
    Ok(Table::new(asked.what, rows.into(), goals))
}

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

/// Manages keys until it is stopped, a hundred steps a second.
async fn manage(console: Console, mut stopped: oneshot::Receiver<()>) -> Result<Measured> {
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
            (1 | 2, Some(id)) => console.switch(id, step % 5 == 2).await?,
            (3, _) => drop(console.get("/api/v1/api-keys").await?),
            (4, Some(id)) => console.delete_key(id).await?,
            _ => {
                let created = console.create_key("Meanwhile").await?;
                let id = created["id"].as_str().context("a new key has an id")?;
                key = Some(id.to_owned());
            }
        }
        times.push(began.elapsed());
    }
    Ok(Measured::of(&mut times, started.elapsed()))
}
