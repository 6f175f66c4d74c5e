//! What an operator sees of the service's inside: the writer, answers, the facts in memory.

use super::fault::Code;
use super::live::Live;
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
            registry,
        };
        let all: [Box<dyn Collector>; 7] = [
            Box::new(measures.queued.clone()),
            Box::new(measures.batch.clone()),
            Box::new(measures.commit.clone()),
            Box::new(measures.refused.clone()),
            Box::new(measures.hits.clone()),
            Box::new(measures.render.clone()),
            Box::new(measures.behind.clone()),
        ];
        for collector in all {
            measures.registry.register(collector)?;
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

    /// All of them, as they stand.
    pub(super) fn gather(&self, live: &Live) -> Vec<prometheus::proto::MetricFamily> {
        for (campaign, revisions) in live.behind() {
            self.behind.with_label_values(&[campaign.as_str()]).set(revisions);
        }
        self.registry.gather()
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
