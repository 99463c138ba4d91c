//! What a collector hears of a server: the spans of each act at a bank, every figure of the dashboard, and no card.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use vezne_it::canary::{Canary, Place};
use vezne_it::collector::{Collector, Span};
use vezne_it::component::Component;
use vezne_it::process::{Process, free_port};
use vezne_it::world::{AMOUNT, id};
use vezne_it::{Api, Patience, World, stories};
use vezne_sandbox::{Fault, FaultKind};

const ID: &str = "pos-nestpay";
const CARD: &str = "5401341234567891";
/// Four digits: three would be found everywhere.
const CODE: &str = "8374";

/// Figures that come only with what does not happen here; `observe.rs` holds that they are counted.
const RARE: &[&str] = &[
    "vezne_plugin_comparisons_false_total",
    "vezne_plugin_faults_total",
    "vezne_plugin_refused_sinks_total",
    "vezne_plugin_shadow_total",
];

/// The real program, which tells a collector.
async fn telling(world: &World, collector: &Collector) -> Result<Process> {
    let environment = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url.as_str()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20toplayan"),
        ("OTEL_SERVICE_NAME", "gise"),
        ("OTEL_BSP_SCHEDULE_DELAY", "50"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "200"),
        // What the log leaves out the collector hears all the same.
        ("RUST_LOG", "error"),
    ];
    Process::start_on(world, free_port().await?, &environment).await
}

fn sale(world: &World, amount: i64) -> Value {
    let mut body = world.sale(amount, CARD);
    body["card"]["security_code"] = json!(CODE);
    body
}

/// What plugin-host.md lists for a call.
const OF_A_CALL: &[&str] = &[
    "plugin",
    "version",
    "digest",
    "tenant",
    "pos_account",
    "attempt",
    "world",
    "func",
    "step",
    "mode",
    "outcome",
    "ticks",
    "processor_us",
    "peak_memory_bytes",
    "queue_us",
    "instantiate_us",
    "call_us",
    "host_calls",
    "bytes_in",
    "bytes_out",
];

fn of_a_sale(act: &Span, inside: &[Span]) -> Result<()> {
    let of = |name: &'static str| inside.iter().filter(move |span| span.text("name") == name);
    ensure!(of("plugin.call").count() == 2 && of("plugin.send").count() == 1, "{inside:#?}");
    ensure!((&*act.attribute("mode"), &*act.attribute("plugin")) == ("active", ID), "{act:#?}");
    for span in inside {
        ensure!(span.text("traceId") == act.text("traceId"), "{span:#?}");
        let times = (span.text("startTimeUnixNano"), span.text("endTimeUnixNano"));
        ensure!(times.0.len() == 19 && times.0 <= times.1 && times.1 <= act.text("endTimeUnixNano"), "{span:#?}");
    }
    for (call, (func, outcome)) in of("plugin.call").zip([("sale", "send"), ("resume", "done")]) {
        for name in OF_A_CALL {
            ensure!(!call.attribute(name).is_empty(), "no {name}: {call:#?}");
        }
        ensure!((&*call.attribute("func"), &*call.attribute("outcome")) == (func, outcome), "{call:#?}");
        // Settings, card and seals are asked for by the first call; the second one only reads the answer.
        ensure!((call.attribute("host_calls").parse::<u64>()? > 0) == (func == "sale"), "{call:#?}");
        ensure!(call.attribute("peak_memory_bytes").parse::<u64>()? >= 65_536, "{call:#?}");
    }
    for send in of("plugin.send") {
        ensure!(send.number("kind") == 3 && send.attribute("status") == "200", "{send:#?}");
        ensure!(send.attribute("endpoint") == "api" && send.attribute("effect") == "once-only-write", "{send:#?}");
        ensure!(send.attribute("bytes_out").parse::<u64>()? > 100, "{send:#?}");
    }
    Ok(())
}

/// Broken code in the connector's place, brought in at the process itself.
async fn broken(world: &World, api: &Api) -> Result<()> {
    let mut manifest = Component::built(ID)?.manifest;
    manifest["version"] = json!("9.44.0");
    manifest["models"] = json!([]);
    manifest["capabilities"] = json!(["sale", "void", "refund", "inquire"]);
    manifest["endpoints"]["no-card"] =
        json!({ "urls": { "test": "http://127.0.0.1:1/", "live": "https://bank.example/" } });
    // Another component each time, so that it must be compiled.
    manifest["names"]["en"] = json!(format!("Broken {}", vezne_it::api::fresh_key()));
    let broken = Component::built("bad-connector")?.changed(|own| *own = manifest)?;
    world.upload_to(api, &broken, None).await?.good()?;
    let body = json!({ "digest": broken.digest(), "percent": 100, "approve": true });
    api.post(&format!("/v1/plugins/{ID}/canary"), &body).await?.good()?;
    for _ in 0..3 {
        let failed = api.post("/v1/payments", &sale(world, 66_600)).await?.good()?;
        ensure!(failed.text("/state") == "failed", "{}", failed.answer.text());
    }
    Ok(())
}

/// The figures that the dashboard names.
fn shown() -> Result<BTreeSet<String>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/grafana/plugins.json");
    let text = std::fs::read_to_string(path)?;
    let letter = |c: char| c.is_ascii_lowercase() || c == '_';
    let names = text.match_indices("vezne_plugin_").map(|(at, _)| text[at..].split(|c| !letter(c)).next());
    let base = |name: &str| {
        let ending = ["_bucket", "_count", "_sum"].into_iter().find(|ending| name.ends_with(ending));
        name.strip_suffix(ending.unwrap_or_default()).unwrap_or(name).to_owned()
    };
    Ok(names.flatten().map(base).collect())
}

stories! {
    async fn a_collector_hears_every_act_and_figure_and_no_card(world) {
        let collector = Collector::start().await?;
        let process = telling(world, &collector).await?;
        let api = Api::new(&process.url, &world.firm.secret);
        let paid = api.post("/v1/payments", &sale(world, AMOUNT)).await?.good()?;
        ensure!(paid.text("/state") == "succeeded", "{}", paid.answer.text());
        let (act, inside) = collector.act(|act| act.attribute("outcome") == "approved").await?;
        of_a_sale(&act, &inside)?;
        ensure!(!act.is_failed() && act.attribute("func") == "sale", "{act:#?}");

        world.bank.bank.fault(Fault::once(FaultKind::SilenceAfter));
        let doubt = api.post("/v1/payments", &sale(world, AMOUNT)).await?.good()?;
        let (act, inside) = collector.act(|act| act.attribute("outcome") == "unknown").await?;
        ensure!(act.is_failed() && act.attribute("reason") == act.attribute("error"), "{act:#?}");
        ensure!(inside.iter().any(|span| span.text("name") == "plugin.send" && span.is_failed()), "{inside:#?}");
        let mut patience = Patience::new();
        while api.get(&format!("/v1/payments/{}", id(&doubt)?)).await?.good()?.text("/state") != "succeeded" {
            ensure!(patience.lasts().await, "nobody asks the bank");
        }

        broken(world, &api).await?;
        let (_, inside) = collector.act(|act| act.attribute("version") == "9.44.0").await?;
        ensure!(inside.iter().any(|span| span.text("name") == "plugin.call" && span.is_failed()), "{inside:#?}");
        let shown: BTreeSet<String> = shown()?.into_iter().filter(|name| !RARE.contains(&name.as_str())).collect();
        ensure!(shown.len() > 15, "{shown:?}");
        collector.until_figures(&shown).await?;
        let exports = collector.exports();
        for export in &exports {
            let part = if export.json["resourceSpans"].is_array() { "resourceSpans" } else { "resourceMetrics" };
            let path = if part == "resourceSpans" { "/v1/traces" } else { "/v1/metrics" };
            ensure!(export.path == path && export.content_type == "application/json", "{export:?}");
            ensure!(export.token == "Bearer toplayan", "the header does not arrive");
            let resource = export.json[part][0]["resource"]["attributes"].to_string();
            ensure!(resource.contains("\"gise\""), "{resource}");
        }
        let words = collector.words();
        ensure!(words.len() > 5_000, "hardly anything was told");
        Canary::new(CARD, CODE).nowhere(Place::Text, "what the collector heard", words.as_bytes())?;
        for secret in ["ISBANK07", "TRPS0200", "Ayşe"] {
            ensure!(!words.contains(secret), "the collector heard a secret or a name");
        }
        process.kill().await
    }

    async fn a_collector_that_is_away_costs_nobody_anything(world) {
        let collector = Collector::start().await?;
        let url = collector.url.clone();
        drop(collector);
        let environment = [("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str()), ("OTEL_BSP_SCHEDULE_DELAY", "20")];
        let process = Process::start_on(world, free_port().await?, &environment).await?;
        let api = Api::new(&process.url, &world.firm.secret);
        for _ in 0..3 {
            let paid = api.post("/v1/payments", &sale(world, AMOUNT)).await?.good()?;
            ensure!(paid.text("/state") == "succeeded", "{}", paid.answer.text());
        }
        let mut patience = Patience::new();
        loop {
            let text = api.get("/metrics").await?.answer.text();
            if text.contains("vezne_spans_lost_total") && text.contains("vezne_plugin_pool_used") {
                break;
            }
            ensure!(patience.lasts().await, "lost spans are not counted");
        }
        process.kill().await
    }
}
