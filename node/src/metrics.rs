//! The counters and gauges that an operator reads, in one place: one function a metric, each documented in `docs/METRICS.md`.
//!
//! Names begin with `aosec_`, end with their unit, and carry no label whose values a caller can choose.

use std::sync::LazyLock;

use prometheus::{
    Encoder as _, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    Registry, TextEncoder,
};

static REGISTRY: LazyLock<Registry> = LazyLock::new(Registry::new);

macro_rules! metric {
    ($(#[$doc:meta])* $function:ident: $kind:ty = $make:expr) => {
        $(#[$doc])*
        #[must_use]
        pub fn $function() -> &'static $kind {
            static METRIC: LazyLock<$kind> = LazyLock::new(|| registered($make));
            &METRIC
        }
    };
}

fn registered<M: prometheus::core::Collector + Clone + 'static>(made: prometheus::Result<M>) -> M {
    let metric = made.expect("names and help texts are constants of this file");
    REGISTRY
        .register(Box::new(metric.clone()))
        .expect("each metric is registered once, by its own function");
    metric
}

metric! {
    /// Request handlers that panicked. Must stay 0: each one is a bug.
    panics: IntCounter = IntCounter::new("aosec_panics_total", "Request handlers that panicked; each is a bug.")
}
metric! {
    /// Assignments signed and acknowledged by this node's SU.
    assignments: IntCounter = IntCounter::new("aosec_su_assignments_total", "Assignments acknowledged by the SU.")
}
metric! {
    /// Items refused at the entrance of SU and MU, by unit.
    refusals: IntCounterVec = IntCounterVec::new(
        Opts::new("aosec_refusals_total", "Items refused at the entrance, by unit."), &["unit"])
}
metric! {
    /// Seconds from taking a message to its signed assignment.
    assignment_seconds: Histogram = Histogram::with_opts(
        HistogramOpts::new("aosec_su_assignment_seconds", "From a message taken to its assignment signed, in seconds.")
            .buckets(vec![0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0]))
}
metric! {
    /// 1 while the SU only observes and signs nothing until its operator acts, else 0.
    guard_observer: IntGauge = IntGauge::new(
        "aosec_su_guard_observer_state", "1 while the SU signs nothing until its operator acts.")
}
metric! {
    /// Processes that are not signed for because the store lacks slots that the guard has recorded.
    guard_blocked: IntGauge = IntGauge::new(
        "aosec_su_guard_blocked_processes", "Processes whose slots the store lacks; they are not signed for.")
}
metric! {
    /// Slots of which items or record are in no block yet.
    publication_backlog: IntGauge = IntGauge::new(
        "aosec_su_publication_backlog_slots", "Slots of which items or record are in no block yet.")
}
metric! {
    /// Blocks since the stamp of the oldest slot that is not published.
    publication_lag: IntGauge = IntGauge::new(
        "aosec_su_publication_lag_blocks", "Blocks since the stamp of the oldest unpublished slot.")
}
metric! {
    /// 1 while the SU takes no messages because what it signed does not reach the base layer (D5).
    publication_stalled: IntGauge = IntGauge::new(
        "aosec_su_publication_stalled", "1 while no messages are taken for want of publication.")
}
metric! {
    /// Transactions that were lost or misplaced, and whose content was posted again.
    publication_lost: IntCounter = IntCounter::new(
        "aosec_su_publication_lost_total", "Transactions given up; their content is posted again.")
}
metric! {
    /// Ticks that this node's CU evaluated.
    ticks: IntCounter = IntCounter::new(
        "aosec_cu_ticks_total", "Ticks of processes that wake themselves, evaluated by the CU.")
}
metric! {
    /// Processes that the MU watches.
    watched: IntGauge = IntGauge::new(
        "aosec_mu_watched_processes", "Processes whose ticks the MU pushes, by their owners' wish.")
}
metric! {
    /// Slots that this node's CU evaluated.
    evaluations: IntCounter = IntCounter::new("aosec_cu_evaluations_total", "Slots evaluated by the CU.")
}
metric! {
    /// Live instances that the CU keeps hot.
    hot_instances: IntGauge = IntGauge::new("aosec_cu_hot_instances", "Processes whose instance is in memory.")
}
metric! {
    /// Messages in the MU's outbox that are not done.
    outbox_pending: IntGauge = IntGauge::new("aosec_mu_outbox_pending_messages", "Messages of the MU not yet done.")
}
metric! {
    /// Messages that the MU gave to an SU and got a slot for.
    messages_carried: IntCounter = IntCounter::new(
        "aosec_mu_messages_carried_total", "Messages that got a slot through this MU.")
}
metric! {
    /// Entries of the outbox that ended without what they were for: refused by a scheduler, or not computable.
    outbox_refused: IntCounter = IntCounter::new(
        "aosec_mu_outbox_refused_total", "Entries of the MU's outbox that ended refused.")
}
metric! {
    /// Pushes cut off by the depth or fan-out cap.
    pushes_capped: IntCounter = IntCounter::new(
        "aosec_mu_pushes_capped_total", "Produced messages cut off by the depth or fan-out cap.")
}
metric! {
    /// Fees of the MU that were kept: for items that got their slot, and for ticks that sent something.
    fees_kept: IntCounter = IntCounter::new(
        "aosec_mu_fees_kept_total", "Items and ticks that were paid for and carried.")
}
metric! {
    /// Items and ticks that the MU did not carry because nobody had paid for them.
    fees_unpaid: IntCounter = IntCounter::new(
        "aosec_mu_fees_unpaid_total", "Items and ticks that were not carried for want of credit.")
}
metric! {
    /// Payments to the MU's operator that count for nobody.
    fee_payments_uncounted: IntCounter = IntCounter::new(
        "aosec_mu_fee_payments_uncounted_total", "Payments that count for nobody; the log says why.")
}
metric! {
    /// Height of the tip as this node sees it; 0 before the first.
    tip_height: IntGauge = IntGauge::new("aosec_base_layer_tip_height_blocks", "Height of the base layer's tip.")
}
metric! {
    /// What the node's wallet paid for storage, in thousandths of an AR, each transaction rounded up.
    spent_milli_ar: IntCounter = IntCounter::new(
        "aosec_base_layer_spent_milli_ar_total", "Paid for storage on the base layer, in thousandths of an AR.")
}
metric! {
    /// Height of the soft court that this node computes; 0 before the first block.
    origin_height: IntGauge = IntGauge::new("aosec_origin_height_blocks", "Height of Origin as this node computes it.")
}
metric! {
    /// Times that the court was computed no further: another root than before, a deep reorg, a fault of the machine.
    origin_alarms: IntCounter = IntCounter::new(
        "aosec_origin_alarms_total", "Times that Origin was computed no further; a human must look.")
}
metric! {
    /// Words by which pay goes on: heartbeats, and looks that were asked for.
    heartbeats: IntCounter = IntCounter::new(
        "aosec_heartbeats_total", "Heartbeats sent for leases of this node's operator, and looks asked for.")
}
metric! {
    /// Cases that this node has answered before the court: those against its operator, and those about messages that it has.
    cases_answered: IntCounter = IntCounter::new(
        "aosec_cases_answered_total", "Cases against this node's operator, or about a message that it has, that it has answered.")
}
metric! {
    /// Faults that the hunter has found, by kind.
    hunter_findings: IntCounterVec = IntCounterVec::new(
        Opts::new("aosec_hunter_findings_total", "Faults that the hunter has found, by kind."), &["fault"])
}
metric! {
    /// Charges of this node's hunter that the court has taken, by kind.
    hunter_reports: IntCounterVec = IntCounterVec::new(
        Opts::new("aosec_hunter_reports_total", "Charges of the hunter that the court has taken, by kind."), &["fault"])
}
metric! {
    /// Height up to which the base layer's blocks were read for logs; 0 before the first.
    followed_height: IntGauge = IntGauge::new(
        "aosec_follow_height_blocks", "Height up to which the base layer was read for logs.")
}
metric! {
    /// Reorgs deeper than the settlement depth: after the first the base layer is followed no further.
    follow_alarms: IntCounter = IntCounter::new(
        "aosec_follow_alarms_total", "Reorgs deeper than the settlement depth; a human must look.")
}

metric! {
    /// Whether each gateway of the base layer answered last, by its place in the configuration.
    gateways_up: IntGaugeVec = IntGaugeVec::new(
        Opts::new("aosec_base_layer_gateway_up", "1 where the gateway answered last, 0 where it failed or lied."),
        &["gateway"])
}
metric! {
    /// What gateways of the base layer did instead of answering, by place in the configuration and kind.
    gateway_faults: IntCounterVec = IntCounterVec::new(
        Opts::new("aosec_base_layer_gateway_faults_total", "Questions that a gateway failed, by kind."),
        &["gateway", "kind"])
}

/// Says whether the gateway at this place answered last.
pub fn gateway_up(number: usize, up: bool) {
    gateways_up()
        .with_label_values(&[&number.to_string()])
        .set(i64::from(up));
}

/// Counts what the gateway at this place did instead of answering.
pub fn gateway_fault(number: usize, kind: &'static str) {
    gateway_faults()
        .with_label_values(&[number.to_string().as_str(), kind])
        .inc();
}

/// All metrics in Prometheus' text format.
#[must_use]
pub fn text() -> String {
    touch();
    let mut page = Vec::new();
    if let Err(error) = TextEncoder::new().encode(&REGISTRY.gather(), &mut page) {
        tracing::error!(%error, "the metrics page could not be written whole");
    }
    String::from_utf8_lossy(&page).into_owned()
}

/// Registers every metric, so that the page lists those that have not moved yet.
fn touch() {
    for counter in [
        panics(),
        assignments(),
        evaluations(),
        ticks(),
        publication_lost(),
        messages_carried(),
        outbox_refused(),
        pushes_capped(),
        fees_kept(),
        fees_unpaid(),
        fee_payments_uncounted(),
        spent_milli_ar(),
        follow_alarms(),
        origin_alarms(),
        heartbeats(),
        cases_answered(),
    ] {
        counter.inc_by(0);
    }
    for gauge in [
        guard_observer(),
        guard_blocked(),
        publication_backlog(),
        publication_lag(),
        publication_stalled(),
        hot_instances(),
        outbox_pending(),
        watched(),
        tip_height(),
        followed_height(),
        origin_height(),
    ] {
        gauge.add(0);
    }
    for fault in ["double", "chain", "tenure", "publication", "data"] {
        hunter_findings().with_label_values(&[fault]).inc_by(0);
        hunter_reports().with_label_values(&[fault]).inc_by(0);
    }
    for unit in ["su", "mu"] {
        refusals().with_label_values(&[unit]).inc_by(0);
    }
    let _gateways = (gateways_up(), gateway_faults());
    let _sum = assignment_seconds().get_sample_sum();
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Names in backticks or quotes, up to their labels.
    fn names<'a>(lines: impl Iterator<Item = &'a str>) -> BTreeSet<&'a str> {
        let ends = |letter: char| !(letter.is_ascii_alphanumeric() || letter == '_');
        lines
            .filter(|line| line.starts_with("aosec_"))
            .map(|line| line.split(ends).next().unwrap_or_default())
            .collect()
    }

    fn of_this_file() -> BTreeSet<&'static str> {
        let source = include_str!("metrics.rs");
        let source = source.split("#[cfg(test)]").next().unwrap_or_default();
        names(source.split('"'))
    }

    #[test]
    fn the_page_of_the_docs_names_every_metric_and_no_other() {
        let rows = include_str!("../../docs/METRICS.md").lines();
        let documented = names(rows.filter_map(|row| row.strip_prefix("| `")));
        assert_eq!(documented, of_this_file());
    }

    #[test]
    fn a_node_that_has_just_begun_lists_every_metric() {
        // Those of gateways begin with the first question.
        gateway_up(0, true);
        gateway_fault(0, "status");
        let page = text();
        let listed = names(page.lines().filter_map(|line| line.strip_prefix("# HELP ")));
        assert_eq!(listed, of_this_file());
    }
}
