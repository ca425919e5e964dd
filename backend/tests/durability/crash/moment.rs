//! The moment of a kill, and the behaviour of the voice host.

use ori_fleet::fake_host::{Behaviour, FakeHost};
use rand::RngExt as _;
use rand::rngs::StdRng;

/// The moment at which a server is killed, told by how far its work has come: time would mean another moment on
/// each machine.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Moment {
    /// The given number of requests has been answered.
    Answers(usize),
    /// The given number of calls has been dialled.
    Dialled(usize),
}

/// Behaviour of the voice host in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Weather {
    /// It dials and says so.
    Fair,
    /// It dials and responds late, so that the server is killed in between.
    Slow,
    /// It dials and hangs up.
    HangsUp,
    /// It does not dial: it is not configured.
    Refuses,
    /// It does not dial: it has been full since it was last asked how it is.
    Full,
}

impl Weather {
    pub(crate) fn draw(rng: &mut StdRng) -> Self {
        match rng.random_range(0..10) {
            0..4 => Self::Fair,
            4..7 => Self::Slow,
            7 => Self::HangsUp,
            8 => Self::Refuses,
            _ => Self::Full,
        }
    }

    pub(crate) fn set(self, host: &FakeHost, workers: u16) {
        match self {
            Self::Fair => host.on_dial(Behaviour::Honest),
            Self::Slow => host.on_dial(Behaviour::Held),
            Self::HangsUp => host.on_dial(Behaviour::HangUp),
            Self::Refuses => host.on_dial(Behaviour::status(503)),
            Self::Full => host.take(workers.into()),
        }
    }

    /// A moment that will come in this weather.
    pub(crate) fn moment(self, rng: &mut StdRng) -> Moment {
        match self {
            // Each client waits for its answer, so that fewer calls are dialled than there are clients.
            Self::Slow => Moment::Dialled(rng.random_range(1..=4)),
            Self::Fair | Self::HangsUp if rng.random() => Moment::Dialled(rng.random_range(1..=25)),
            _ => Moment::Answers(rng.random_range(1..=25)),
        }
    }
}
