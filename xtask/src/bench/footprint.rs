//! How small the server is: memory when idle, time from start to healthy, bytes of the pay page.

use super::result::ratio;
use crate::demo::Demo;
use crate::http::{self, Answer};
use crate::place::Place;
use crate::postgres::free_port;
use crate::process::TemporaryFolder;
use crate::{component, wasm_target};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// After start the server settles: caches are filled, jobs have run once.
const SETTLE: Duration = Duration::from_secs(5);

/// Measures with the release build.
pub fn measure(place: &Place, quick: bool) -> Result<Value> {
    let compiler = wasm_target::setup(place, None)?;
    component::build(place, &compiler)?;
    crate::build_release(place, &["vezne"])?;
    crate::build_host(place, &["vezne", "vezne-sandbox"])?;
    let folder = TemporaryFolder::make("footprint")?;
    let mut demo = Demo::new(place, folder.path(), free_port()?, free_port()?);
    demo.server = place.release("vezne");
    demo.prepare()?;
    let _bank = demo.start_bank()?;
    // The first start compiles plugins; every later one finds them compiled.
    drop(demo.start_server()?);
    let (mut start_ms, mut rss_mb) = (Vec::new(), Vec::new());
    let mut page = None;
    for round in 0..if quick { 3 } else { 10 } {
        let start = Instant::now();
        let server = demo.start_server()?;
        start_ms.push(start.elapsed().as_secs_f64() * 1000.0);
        sleep(SETTLE);
        rss_mb.push(resident_mb(server.pid())?);
        if round == 0 {
            page = Some(pay_page(&demo)?);
        }
    }
    let page = page.context("at least one round")?;
    let binary_mb = std::fs::metadata(&demo.server)?.len() / (1 << 20);
    Ok(json!({
        "name": "footprint",
        "checks": { "no_wasm_on_pay_page": !page.has_wasm, "only_own_origin": page.only_own_origin },
        "ratios": {
            "idle_rss_mb": ratio(&rss_mb, 80.0, "at_most"),
            "start_to_healthy_ms": ratio(&start_ms, 1000.0, "at_most"),
            "pay_page_kb": ratio(&[kilobytes(page.total)], 40.0, "at_most"),
            "pay_page_script_kb": ratio(&[kilobytes(page.script)], 8.0, "at_most"),
        },
        "figures": { "binary_mb": binary_mb, "pay_page_requests": page.requests },
        "samples": { "idle_rss_mb": rss_mb, "start_to_healthy_ms": start_ms },
    }))
}

#[expect(clippy::cast_precision_loss, reason = "page sizes are far below 2^52")]
fn kilobytes(bytes: usize) -> f64 {
    bytes as f64 / 1000.0
}

/// Resident memory of a process.
fn resident_mb(pid: i32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("VmRSS")?;
    let kilobytes: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kilobytes / 1024.0)
}

struct Page {
    total: usize,
    script: usize,
    requests: usize,
    has_wasm: bool,
    only_own_origin: bool,
}

/// Fetches the pay page as a signed-in dealer's browser would, with all it links to.
fn pay_page(demo: &Demo) -> Result<Page> {
    let cookie = sign_in(demo)?;
    let headers = [("Accept-Encoding", "br"), ("Cookie", cookie.as_str())];
    let compressed = get(demo, "/pay", &headers)?;
    let plain = get(demo, "/pay", &headers[1..])?;
    let html = String::from_utf8_lossy(&plain.body).into_owned();
    let mut page = Page {
        total: compressed.body.len(),
        script: 0,
        requests: 1,
        has_wasm: html.contains(".wasm"),
        only_own_origin: true,
    };
    for link in links(&html) {
        if link.starts_with("//") || link.contains("://") {
            page.only_own_origin = false;
            continue;
        }
        let file = get(demo, &link, &headers)?;
        page.requests += 1;
        page.total += file.body.len();
        let kind = file.headers("content-type").next().unwrap_or_default().to_owned();
        page.has_wasm |= kind.contains("wasm");
        if kind.contains("javascript") {
            page.script += file.body.len();
        }
    }
    Ok(page)
}

fn get(demo: &Demo, path: &str, headers: &[(&str, &str)]) -> Result<Answer> {
    let answer = http::request(demo.port, "GET", path, headers, "")?;
    if answer.status != 200 {
        bail!("GET {path} answered {}", answer.status);
    }
    Ok(answer)
}

/// Signs in as the demo dealer and returns the session cookie.
fn sign_in(demo: &Demo) -> Result<String> {
    let (user, password) = crate::demo::DEALER;
    let origin = demo.url();
    let headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Origin", origin.as_str())];
    let body = format!("email={user}&password={password}");
    let answer = http::request(demo.port, "POST", "/sign-in", &headers, &body)?;
    let cookies: Vec<&str> = answer.headers("set-cookie").filter_map(|cookie| cookie.split(';').next()).collect();
    if answer.status != 303 || cookies.is_empty() {
        bail!("the demo dealer cannot sign in (status {})", answer.status);
    }
    Ok(cookies.join("; "))
}

/// What a browser fetches for a page without being asked: style sheets, scripts, pictures, preloads.
fn links(html: &str) -> BTreeSet<String> {
    let mut links = BTreeSet::new();
    for tag in html.split('<') {
        let tag = tag.split('>').next().unwrap_or_default();
        let fetched = tag.starts_with("script ")
            || tag.starts_with("img ")
            || (tag.starts_with("link ")
                && ["stylesheet", "preload", "modulepreload", "icon"].iter().any(|kind| tag.contains(kind)));
        let address = ["src=\"", "href=\""].iter().find_map(|start| tag.split_once(start)?.1.split('"').next());
        if let Some(address) = address.filter(|address| fetched && !address.starts_with("data:")) {
            links.insert(address.replace("&amp;", "&"));
        }
    }
    links
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_a_browser_fetches() {
        let html = r#"<link rel="stylesheet" href="/a.css"><a href="/b"><script type="module" src="/c.js"></script>
            <img src="data:image/png;base64,AAAA"><link rel="canonical" href="/pay">"#;
        assert_eq!(links(html).into_iter().collect::<Vec<_>>(), ["/a.css", "/c.js"]);
    }
}
