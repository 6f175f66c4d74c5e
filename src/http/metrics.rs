//! Metrics for Prometheus, on an address of their own.

use super::routes::Address;
use crate::service::Service;
use actix_web::http::{Method, StatusCode};
use prometheus::{
    Encoder, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry, TextEncoder,
};
use std::sync::OnceLock;
use std::time::Duration;

/// What is measured of every request.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    seconds: HistogramVec,
}

/// The measures of what is read at an address.
#[derive(Debug, Default)]
pub(super) struct Measured {
    ok: OnceLock<IntCounter>,
    not_modified: OnceLock<IntCounter>,
    seconds: OnceLock<Histogram>,
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

    /// Counts an answer by the pattern of its address, so that labels are few. What nearly all
    /// requests are – pages that are read – is found without looking for its labels.
    pub(super) fn count(&self, method: &Method, address: Option<&Address>, status: StatusCode, took: Duration) {
        let path = address.map_or("unmatched", |address| address.pattern.as_str());
        let counter = || self.requests.with_label_values(&[method.as_str(), path, status.as_str()]);
        let histogram = || self.seconds.with_label_values(&[method.as_str(), path]);
        let measured = address.map(|address| &address.measured).filter(|_| *method == Method::GET);
        match (measured, status) {
            (Some(measured), StatusCode::OK) => measured.ok.get_or_init(counter).inc(),
            (Some(measured), StatusCode::NOT_MODIFIED) => measured.not_modified.get_or_init(counter).inc(),
            _ => counter().inc(),
        }
        let took = took.as_secs_f64();
        match measured {
            Some(measured) => measured.seconds.get_or_init(histogram).observe(took),
            None => histogram().observe(took),
        }
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
