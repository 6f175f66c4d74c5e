//! The service's clock: the only place that asks what time it is.
//!
//! "The service tells the time" (domain.md section 2): instants of records come
//! from here, never from a client and never from SQL. Tests set it.

use crate::domain::Instant;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Where the current instant comes from.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The system's clock.
    #[default]
    System,
    /// A clock that tests move by hand; microseconds since 1970 UTC.
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at an instant until it is moved.
    pub fn fixed(at: Instant) -> Self {
        Self::Fixed(Arc::new(AtomicI64::new(at.micros())))
    }

    /// The current instant.
    pub fn now(&self) -> Instant {
        match self {
            Self::System => Instant::from_utc(chrono::Utc::now()),
            Self::Fixed(at) => Instant::from_micros(at.load(Ordering::SeqCst)),
        }
    }

    /// Moves a fixed clock; the system's clock cannot be moved.
    pub fn set(&self, to: Instant) {
        if let Self::Fixed(at) = self {
            at.store(to.micros(), Ordering::SeqCst);
        }
    }
}
