//! `bench-routing`: what choosing a POS account costs, with 1,000 rules, 60,000 BINs and 20,000 dealers.
//!
//! Two comparisons, interleaved in one run: the compiled rules beside the same rules written by hand, and
//! `POST /v1/routing/explain` (token, scope, rules, explanation) beside a bare axum handler that reads the same body
//! and writes JSON of the same size. Writes its result to the file that `VEZNE_BENCH_OUT` names.

mod endpoint;
mod rules;

use std::hint::black_box;
use std::time::Instant;

use anyhow::Result;
use serde_json::json;
use vezne::domain::id::{NodeId, PosAccountId};
use vezne::domain::routing::Compiled;
use vezne_it::samples::{figure, is_quick, median, out, ratio};

use endpoint::Endpoints;
use rules::{DEALERS, Hand};

/// How much is measured.
struct Effort {
    rounds: usize,
    /// Payments of one round of the pure comparison, each asked several times.
    payments: usize,
    /// How long one side's endpoint is called in a round, milliseconds.
    endpoint_ms: u64,
}

/// What one round gave.
#[derive(Default)]
struct Samples {
    ours_ns: Vec<f64>,
    hand_ns: Vec<f64>,
    linear_ns: Vec<f64>,
    endpoint_rate: Vec<f64>,
    bare_rate: Vec<f64>,
}

#[tokio::main(flavor = "multi_thread")]
async fn main() -> Result<()> {
    vezne_it::host::compile_if_asked();
    let effort = if is_quick() {
        Effort { rounds: 3, payments: 2_000, endpoint_ms: 1_000 }
    } else {
        Effort { rounds: 7, payments: 10_000, endpoint_ms: 4_000 }
    };
    let out = out()?;
    let mut samples = Samples::default();
    let same_answers = pure(&effort, &mut samples);
    let endpoints = Endpoints::start().await?;
    endpoints.warm_up().await?;
    for round in 0..effort.rounds {
        // A-B-B-A over the rounds, so that drift of the machine hits both alike.
        let (first, second) = if round % 2 == 0 { (true, false) } else { (false, true) };
        for ours in [first, second] {
            let rate = endpoints.rate(ours, effort.endpoint_ms).await?;
            if ours { samples.endpoint_rate.push(rate) } else { samples.bare_rate.push(rate) }
        }
    }
    let (same_size, refused) = (endpoints.same_size(), endpoints.refused());
    endpoints.stop().await;
    let over_hand = quotients(&samples.ours_ns, &samples.hand_ns);
    let over_bare = quotients(&samples.endpoint_rate, &samples.bare_rate);
    let result = json!({
        "name": "routing",
        "checks": { "same_answers": same_answers, "answers_of_one_size": same_size, "nothing_refused": refused == 0 },
        "ratios": {
            "over_hand_written": ratio(&over_hand, 3.0, "at_most"),
            "endpoint_over_bare_axum": ratio(&over_bare, 0.5, "at_least"),
        },
        "figures": {
            "evaluate_ns": median(&samples.ours_ns), "hand_written_ns": median(&samples.hand_ns),
            "one_by_one_ns": median(&samples.linear_ns), "endpoint_per_s": median(&samples.endpoint_rate),
            "bare_axum_per_s": median(&samples.bare_rate),
        },
        "samples": {
            "evaluate_ns": samples.ours_ns, "hand_written_ns": samples.hand_ns, "one_by_one_ns": samples.linear_ns,
            "endpoint_per_s": samples.endpoint_rate, "bare_axum_per_s": samples.bare_rate,
        },
    });
    std::fs::write(&out, format!("{result:#}\n"))?;
    Ok(())
}

/// The rules alone: ours, by hand, and one after another. Gives whether all three say the same.
fn pure(effort: &Effort, samples: &mut Samples) -> bool {
    let firm = NodeId::at(1);
    let dealers: Vec<NodeId> = (0..DEALERS).map(|_| NodeId::at(2)).collect();
    let accounts: Vec<PosAccountId> = (0..8).map(|_| PosAccountId::at(3)).collect();
    let rules = rules::rules(&dealers, &accounts);
    let payments = rules::payments(effort.payments, firm, &dealers);
    let hand = Hand::new(&rules);
    let compiled = Compiled::new(rules.clone());
    let ours = |payment: &rules::Payment| compiled.matching(&payment.question()).next();
    let by_hand = |payment: &rules::Payment| hand.first(&rules, &payment.question());
    let one_by_one = |payment: &rules::Payment| {
        let question = payment.question();
        rules.iter().position(|rule| rule.holds(&question))
    };
    let same = payments.iter().all(|payment| {
        let answer = one_by_one(payment);
        answer == ours(payment) && answer == by_hand(payment)
    });
    let timed = |ask: &dyn Fn(&rules::Payment) -> Option<usize>| {
        let start = Instant::now();
        for payment in &payments {
            black_box(ask(black_box(payment)));
        }
        start.elapsed().as_secs_f64() * 1e9 / figure(payments.len())
    };
    for _ in 0..effort.rounds * 3 {
        samples.ours_ns.push(timed(&ours));
        samples.hand_ns.push(timed(&by_hand));
        samples.hand_ns.push(timed(&by_hand));
        samples.ours_ns.push(timed(&ours));
    }
    samples.linear_ns.push(timed(&one_by_one));
    same
}

fn quotients(above: &[f64], below: &[f64]) -> Vec<f64> {
    above.iter().zip(below).map(|(above, below)| above / below).collect()
}
