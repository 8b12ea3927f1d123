//! The list of the server's metrics: name, labels and meaning of each, from which `/metrics` and the reference page come.
//! A module registers its metrics here, and changes them where something happens.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry, Unit};

const PREFIX: &str = "cruddur";

/// The only label of a metric, and its value.
pub type Label = [(&'static str, &'static str); 1];
/// Counters, one for each value of a label.
pub type Counters = Family<Label, Counter>;
/// Gauges, one for each value of a label.
pub type Gauges = Family<Label, Gauge>;
/// Histograms, one for each value of a label.
pub type Histograms = Family<Label, Histogram, fn() -> Histogram>;

/// What the reference page says about a metric.
#[derive(Debug, Clone)]
pub struct Description {
    /// The section of the page.
    pub section: &'static str,
    /// The name without the suffixes of a counter (`_total`) and of a histogram (`_bucket`, `_sum`, `_count`).
    pub name: String,
    /// `counter`, `gauge`, `histogram` or `info`.
    pub kind: String,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// What it counts or measures.
    pub meaning: &'static str,
}

/// The metrics that were registered.
pub struct Catalogue {
    registry: Registry,
    descriptions: Vec<Description>,
    section: &'static str,
}

impl Catalogue {
    /// Without any metric.
    pub fn new() -> Self {
        Self {
            registry: Registry::with_prefix(PREFIX),
            descriptions: Vec::new(),
            section: "",
        }
    }

    /// Begins a section of the reference page.
    pub fn begin_section(&mut self, title: &'static str) {
        self.section = title;
    }

    /// Adds a metric that has no unit.
    pub fn add(
        &mut self,
        name: &'static str,
        labels: &'static [&'static str],
        meaning: &'static str,
        metric: impl Metric,
    ) {
        self.describe(name.to_owned(), labels, meaning, &metric);
        self.registry.register(name, meaning, metric);
    }

    /// Adds a metric in seconds; its name gets the suffix `_seconds`.
    pub fn add_seconds(
        &mut self,
        name: &'static str,
        labels: &'static [&'static str],
        meaning: &'static str,
        metric: impl Metric,
    ) {
        self.describe(format!("{name}_seconds"), labels, meaning, &metric);
        self.registry
            .register_with_unit(name, meaning, Unit::Seconds, metric);
    }

    /// Adds a metric in bytes; its name gets the suffix `_bytes`.
    pub fn add_bytes(
        &mut self,
        name: &'static str,
        labels: &'static [&'static str],
        meaning: &'static str,
        metric: impl Metric,
    ) {
        self.describe(format!("{name}_bytes"), labels, meaning, &metric);
        self.registry
            .register_with_unit(name, meaning, Unit::Bytes, metric);
    }

    fn describe(
        &mut self,
        name: String,
        labels: &'static [&'static str],
        meaning: &'static str,
        metric: &impl Metric,
    ) {
        self.descriptions.push(Description {
            section: self.section,
            name: format!("{PREFIX}_{name}"),
            kind: metric.metric_type().as_str().to_owned(),
            labels,
            meaning,
        });
    }

    /// The descriptions in the order of registration.
    pub fn descriptions(&self) -> &[Description] {
        &self.descriptions
    }

    /// The registry, for the encoder.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }
}

impl Default for Catalogue {
    fn default() -> Self {
        Self::new()
    }
}

/// A family of histograms with these buckets.
pub fn histograms(new: fn() -> Histogram) -> Histograms {
    Family::new_with_constructor(new)
}

/// Creates the series of a label's value, so that its rate is right from the first event on.
pub fn create_series<M>(family: &Family<Label, M>, label: &Label) {
    drop(family.get_or_create(label));
}
