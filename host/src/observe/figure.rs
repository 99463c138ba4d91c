//! The figures of `/metrics` in the form of OTLP: counted once, told twice.

use std::collections::BTreeMap;

use serde_json::{Value, json};

type Labels = Vec<(String, String)>;

/// One sample: its name, its labels, its value.
struct Sample<'a> {
    name: &'a str,
    labels: Labels,
    value: f64,
}

/// What is told of one set of labels.
#[derive(Default)]
struct Point {
    value: f64,
    sum: f64,
    count: f64,
    /// Upper bound and cumulative count, or quantile and value; in the order of the text, which is ascending.
    steps: Vec<(f64, f64)>,
}

/// All figures of a text in the format of Prometheus, counted since `began_ns`.
pub(super) fn metrics(text: &str, began_ns: u64, now_ns: u64) -> Vec<Value> {
    let mut all = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) else { continue };
        let mut points: BTreeMap<Labels, Point> = BTreeMap::new();
        while let Some(sample) = lines.next_if(|line| !line.starts_with('#')) {
            if let Some(sample) = read(sample) {
                take(&mut points, name, kind, sample);
            }
        }
        let times = json!({ "startTimeUnixNano": began_ns.to_string(), "timeUnixNano": now_ns.to_string() });
        let points: Vec<Value> = points.iter().map(|(labels, point)| told(kind, labels, point, &times)).collect();
        // Counted from the start of the process: cumulative, 2.
        all.push(match kind {
            "counter" => {
                json!({ "name": name, "sum": { "dataPoints": points, "aggregationTemporality": 2, "isMonotonic": true } })
            }
            "histogram" => json!({ "name": name, "histogram": { "dataPoints": points, "aggregationTemporality": 2 } }),
            "summary" => json!({ "name": name, "summary": { "dataPoints": points } }),
            _ => json!({ "name": name, "gauge": { "dataPoints": points } }),
        });
    }
    all
}

fn take(points: &mut BTreeMap<Labels, Point>, name: &str, kind: &str, sample: Sample<'_>) {
    let Sample { name: own, mut labels, value } = sample;
    let step = match kind {
        "histogram" => "le",
        "summary" => "quantile",
        _ => "",
    };
    let at = labels.iter().position(|(label, _)| label == step);
    let step = at.map(|at| labels.remove(at).1);
    let point = points.entry(labels).or_default();
    match (step, own.strip_prefix(name).unwrap_or_default()) {
        (Some(step), _) => point.steps.push((number(&step), value)),
        (None, "_sum") => point.sum = value,
        (None, "_count") => point.count = value,
        (None, _) => point.value = value,
    }
}

fn told(kind: &str, labels: &Labels, point: &Point, times: &Value) -> Value {
    let attributes: Vec<Value> =
        labels.iter().map(|(name, value)| json!({ "key": name, "value": { "stringValue": value } })).collect();
    let mut told = times.clone();
    told["attributes"] = json!(attributes);
    match kind {
        "histogram" => {
            let mut before = 0.0;
            let counts: Vec<String> = point
                .steps
                .iter()
                .map(|(_, count)| {
                    let own = count - before;
                    before = *count;
                    whole(own)
                })
                .collect();
            let bounds: Vec<f64> = point.steps.iter().map(|(bound, _)| *bound).filter(|b| b.is_finite()).collect();
            told["bucketCounts"] = json!(counts);
            told["explicitBounds"] = json!(bounds);
            (told["count"], told["sum"]) = (json!(whole(point.count)), json!(point.sum));
        }
        "summary" => {
            let steps: Vec<Value> =
                point.steps.iter().map(|(quantile, value)| json!({ "quantile": quantile, "value": value })).collect();
            told["quantileValues"] = json!(steps);
            (told["count"], told["sum"]) = (json!(whole(point.count)), json!(point.sum));
        }
        _ => told["asDouble"] = json!(point.value),
    }
    told
}

/// A count, as the JSON form writes 64 bits.
fn whole(count: f64) -> String {
    format!("{count:.0}")
}

fn number(text: &str) -> f64 {
    match text {
        "+Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        text => text.parse().unwrap_or(f64::NAN),
    }
}

/// `name{label="value",…} 12.5`
fn read(line: &str) -> Option<Sample<'_>> {
    let (name, rest) = line.split_at(line.find(['{', ' '])?);
    let (labels, value) = match rest.strip_prefix('{') {
        Some(rest) => labelled(rest)?,
        None => (Vec::new(), rest),
    };
    let value = value.trim().split(' ').next()?;
    Some(Sample { name, labels, value: number(value) })
}

/// The labels after the brace, and what follows them. A value may hold anything: quotes, lines and backslashes are escaped.
fn labelled(mut rest: &str) -> Option<(Labels, &str)> {
    let mut labels = Vec::new();
    loop {
        rest = rest.trim_start_matches([',', ' ']);
        if let Some(after) = rest.strip_prefix('}') {
            return Some((labels, after));
        }
        let (name, quoted) = rest.split_once("=\"")?;
        let mut value = String::new();
        let mut letters = quoted.char_indices();
        let end = loop {
            match letters.next()? {
                (at, '"') => break at,
                (_, '\\') => match letters.next()?.1 {
                    'n' => value.push('\n'),
                    other => value.push(other),
                },
                (_, letter) => value.push(letter),
            }
        };
        labels.push((name.to_owned(), value));
        rest = &quoted[end + 1..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"# HELP calls Calls
# TYPE calls counter
calls{plugin="a \"b\" \\ c,d}",kind="x"} 3

# TYPE alive gauge
alive 2.5

# TYPE took histogram
took_bucket{f="s",le="0.1"} 2
took_bucket{f="s",le="0.5"} 5
took_bucket{f="s",le="+Inf"} 6
took_sum{f="s"} 1.75
took_count{f="s"} 6

# TYPE asked summary
asked{quantile="0.5"} 0.01
asked{quantile="1"} 0.2
asked_sum 0.4
asked_count 9
"#;

    #[test]
    fn every_kind_of_figure_is_told() {
        let all = metrics(TEXT, 1, 2);
        let names: Vec<_> = all.iter().map(|metric| metric["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["calls", "alive", "took", "asked"]);
        let calls = &all[0]["sum"];
        assert!(calls["isMonotonic"] == true && calls["aggregationTemporality"] == 2);
        let point = &calls["dataPoints"][0];
        assert_eq!(point["attributes"][0]["value"]["stringValue"], "a \"b\" \\ c,d}");
        assert_eq!((&point["asDouble"], &point["timeUnixNano"]), (&json!(3.0), &json!("2")));
        assert_eq!(all[1]["gauge"]["dataPoints"][0]["asDouble"], 2.5);
        let took = &all[2]["histogram"]["dataPoints"][0];
        assert_eq!(took["bucketCounts"], json!(["2", "3", "1"]));
        assert_eq!(took["explicitBounds"], json!([0.1, 0.5]));
        assert_eq!((&took["count"], &took["sum"]), (&json!("6"), &json!(1.75)));
        let asked = &all[3]["summary"]["dataPoints"][0];
        assert_eq!(asked["quantileValues"][1], json!({ "quantile": 1.0, "value": 0.2 }));
        assert_eq!(asked["count"], "9");
    }
}
