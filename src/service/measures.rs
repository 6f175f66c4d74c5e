//! What an operator sees of the service's inside: the writer, answers, the facts in memory.

use super::fault::Code;
use super::live::Live;
use crate::domain::Instant;
use crate::store::webhooks::DeliveryState;
use prometheus::core::Collector;
use prometheus::{
    Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, exponential_buckets,
};
use std::sync::Arc;
use std::time::Duration;

/// The service's measures; clones count together.
#[derive(Clone, Debug)]
pub(super) struct Measures {
    registry: Registry,
    /// Writes that wait for the writer.
    pub(super) queued: IntGauge,
    /// Writes of a transaction.
    pub(super) batch: Histogram,
    /// From the first write of a transaction to its commit, in seconds.
    pub(super) commit: Histogram,
    refused: IntCounterVec,
    /// Answers that were there already.
    pub(super) hits: IntCounter,
    /// What it took to compute and print an answer that was not, in seconds.
    pub(super) render: Histogram,
    behind: IntGaugeVec,
    read: IntCounterVec,
    closed: IntCounter,
    closing_lag: IntGauge,
    tried: IntCounterVec,
    waiting: IntGaugeVec,
    message_lag: IntGauge,
}

impl Measures {
    /// New ones, all at nought.
    ///
    /// # Errors
    /// Where a name is taken or none.
    pub(super) fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        // 100 µs to 26 s
        let buckets = exponential_buckets(0.0001, 4.0, 10)?;
        let seconds = |name, help| HistogramOpts::new(name, help).buckets(buckets.clone());
        let of_batch = HistogramOpts::new("greenzone_write_batch_size", "Writes that one transaction carried");
        let refused = Opts::new("greenzone_writes_refused_total", "Writes that were refused, by the problem's code");
        let behind = Opts::new(
            "greenzone_revisions_behind",
            "Committed revisions of a campaign that its facts in memory do not have; they are read when somebody asks",
        );
        let read = Opts::new(
            "greenzone_campaign_reads_total",
            "How often the facts of a campaign were read: all of it, or only what others changed",
        );
        let tried =
            Opts::new("greenzone_webhook_attempts_total", "Messages that were sent, by the state they then had");
        let waiting = Opts::new("greenzone_webhook_messages", "Messages that wait to be sent, or were given up");
        let measures = Self {
            queued: IntGauge::new("greenzone_writes_queued", "Writes that wait for the writer")?,
            batch: Histogram::with_opts(of_batch.buckets(exponential_buckets(1.0, 2.0, 10)?))?,
            commit: Histogram::with_opts(seconds(
                "greenzone_write_transaction_seconds",
                "From the first write of a transaction to its commit",
            ))?,
            refused: IntCounterVec::new(refused, &["code"])?,
            hits: IntCounter::new("greenzone_answers_kept_total", "Answers that were given out of memory")?,
            render: Histogram::with_opts(seconds(
                "greenzone_answer_seconds",
                "What it took to compute and print an answer that was not in memory: a board and its page",
            ))?,
            behind: IntGaugeVec::new(behind, &["campaign"])?,
            read: IntCounterVec::new(read, &["what"])?,
            closed: IntCounter::new("greenzone_day_closings_total", "Closings of days that this process ran")?,
            closing_lag: IntGauge::new(
                "greenzone_day_closing_lag_seconds",
                "How long after its cut-off the last closing that this process ran came",
            )?,
            tried: IntCounterVec::new(tried, &["state"])?,
            waiting: IntGaugeVec::new(waiting, &["state"])?,
            message_lag: IntGauge::new(
                "greenzone_webhook_lag_seconds",
                "How long the oldest message that is due waits to be sent",
            )?,
            registry,
        };
        let all: [Box<dyn Collector>; 13] = [
            Box::new(measures.queued.clone()),
            Box::new(measures.batch.clone()),
            Box::new(measures.commit.clone()),
            Box::new(measures.refused.clone()),
            Box::new(measures.hits.clone()),
            Box::new(measures.render.clone()),
            Box::new(measures.behind.clone()),
            Box::new(measures.read.clone()),
            Box::new(measures.closed.clone()),
            Box::new(measures.closing_lag.clone()),
            Box::new(measures.tried.clone()),
            Box::new(measures.waiting.clone()),
            Box::new(measures.message_lag.clone()),
        ];
        for collector in all {
            measures.registry.register(collector)?;
        }
        // shown from the start, so that a rise from nothing is one
        measures.messages(0, 0, 0);
        for state in [DeliveryState::Pending, DeliveryState::Delivered, DeliveryState::Failed] {
            measures.tried.with_label_values(&[state.code()]);
        }
        for what in [Read::Whole, Read::Changes] {
            measures.read.with_label_values(&[what.code()]);
        }
        Ok(measures)
    }

    /// Counts a transaction of the writer.
    pub(super) fn transaction(&self, writes: usize, took: Duration) {
        self.batch.observe(writes as f64);
        self.commit.observe(took.as_secs_f64());
    }

    /// Counts a write that was refused.
    pub(super) fn refuse(&self, code: Code) {
        self.refused.with_label_values(&[code.name()]).inc();
    }

    /// Counts a reading of a campaign's facts.
    pub(super) fn read(&self, what: Read) {
        self.read.with_label_values(&[what.code()]).inc();
    }

    /// Counts a closing, and how late it came.
    pub(super) fn day_closed(&self, due_at: Instant, now: Instant) {
        self.closed.inc();
        self.closing_lag.set((now.micros() - due_at.micros()) / 1_000_000);
    }

    /// Counts a message that was sent, by the state that it then had.
    pub(super) fn message_tried(&self, state: &str) {
        self.tried.with_label_values(&[state]).inc();
    }

    /// How many messages wait and were given up, and for how many seconds the oldest waits.
    pub(super) fn messages(&self, pending: i64, failed: i64, lag: i64) {
        self.waiting.with_label_values(&["pending"]).set(pending);
        self.waiting.with_label_values(&["failed"]).set(failed);
        self.message_lag.set(lag);
    }

    /// All of them, as they stand.
    pub(super) fn gather(&self, live: &Live) -> Vec<prometheus::proto::MetricFamily> {
        for (campaign, revisions) in live.behind() {
            self.behind.with_label_values(&[campaign.as_str()]).set(revisions);
        }
        self.registry.gather()
    }
}

/// What of a campaign's facts is read from the database.
#[derive(Clone, Copy, Debug)]
pub(super) enum Read {
    /// All of them.
    Whole,
    /// What other processes changed.
    Changes,
}

impl Read {
    fn code(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Changes => "changes",
        }
    }
}

/// A count that goes down again when it is dropped, whatever happened meanwhile.
#[derive(Debug)]
pub(super) struct Queued(Arc<Measures>);

impl Queued {
    /// Counts one that waits.
    pub(super) fn new(measures: &Arc<Measures>) -> Self {
        measures.queued.inc();
        Self(measures.clone())
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        self.0.queued.dec();
    }
}
