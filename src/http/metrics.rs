//! Metrics for Prometheus, on an address of their own.

use crate::service::Service;
use actix_web::http::StatusCode;
use prometheus::{Encoder, HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry, TextEncoder};
use std::time::Duration;

/// What is measured of every request.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    seconds: HistogramVec,
}

impl Metrics {
    /// New ones, all at nought.
    ///
    /// # Errors
    /// Where a name is taken.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let requests = Opts::new("greenzone_http_requests_total", "Requests answered, by operation and status");
        let requests = IntCounterVec::new(requests, &["method", "path", "status"])?;
        let seconds = HistogramOpts::new("greenzone_http_request_seconds", "Time to the answer, by operation")
            .buckets(vec![0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5]);
        let seconds = HistogramVec::new(seconds, &["method", "path"])?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(seconds.clone()))?;
        Ok(Self { registry, requests, seconds })
    }

    /// Counts an answer; `path` is the pattern of the address, so that labels are few.
    pub fn count(&self, method: &str, path: &str, status: StatusCode, took: Duration) {
        self.requests.with_label_values(&[method, path, status.as_str()]).inc();
        self.seconds.with_label_values(&[method, path]).observe(took.as_secs_f64());
    }

    /// All of them, with those of the service, as Prometheus reads them.
    pub fn text(&self, service: &Service) -> String {
        let mut text = Vec::new();
        let families = [self.registry.gather(), service.measured()].concat();
        // writing into memory does not fail
        let _ = TextEncoder::new().encode(&families, &mut text);
        String::from_utf8(text).unwrap_or_default()
    }
}
