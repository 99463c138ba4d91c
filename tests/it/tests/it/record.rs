//! Recordings: what an administrator sees of the last runs, takes along, and plays on another version.

use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tokio::process::Command;
use vezne::security::session::COOKIE;
use vezne::store::user::UserRole;
use vezne_it::api::Api;
use vezne_it::component::Component;
use vezne_it::http::Call;
use vezne_it::seed::{self, Store};
use vezne_it::{Browser, Patience, World, host, log, stories};
use vezne_sandbox::{Fault, FaultKind};

use crate::three_ds::{confirm, paid, visit};

const ID: &str = "pos-nestpay";
const CARD: &str = "5401341234567891";
/// Not a number that anything else would be.
const CODE: &str = "837";

async fn runs(world: &World) -> Result<Vec<Value>> {
    let list = world.api.get(&format!("/v1/plugins/{ID}/runs")).await?.good()?;
    list.json["data"].as_array().cloned().context("no list")
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// Plays a file with the real program, without a configuration and without a database.
async fn replay(file: &std::path::Path, component: &std::path::Path) -> Result<(bool, Value)> {
    let output = Command::new(host::vezne())
        .args(["plugin", "replay", "--json"])
        .arg(file)
        .arg("--plugin")
        .arg(component)
        .stdin(Stdio::null())
        .env_clear()
        .kill_on_drop(true)
        .output()
        .await?;
    let told = String::from_utf8_lossy(&output.stdout);
    let json = serde_json::from_str(&told).with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
    Ok((output.status.success(), json))
}

/// The misbehaving connector under this plugin's name: it answers a sale with something else.
fn impostor(version: &str) -> Result<Component> {
    let mut manifest = Component::built(ID)?.manifest;
    manifest["version"] = json!(version);
    manifest["models"] = json!([]);
    manifest["capabilities"] = json!(["sale", "void", "refund", "inquire"]);
    Component::built("bad-connector")?.changed(|own| *own = manifest)
}

async fn pay_in_many_ways(world: &World) -> Result<()> {
    let mut body = world.sale(4_200, CARD);
    body["card"]["security_code"] = json!(CODE);
    let sold = world.pay(&body).await?;
    ensure!(sold.text("/state") == "succeeded", "{}", sold.answer.text());
    let mut declined = body.clone();
    declined["amount"] = json!(1_051);
    world.pay(&declined).await?;
    world.bank.bank.fault(Fault::once(FaultKind::Html));
    let doubt = world.pay(&body).await?;
    world.until_asked(&vezne_it::world::id(&doubt)?, "succeeded").await?;
    for model in ["3d", "3d-pay"] {
        let pos = world.add_pos(model, model, Store::Awkward).await?;
        let visit = visit(world, &pos, CARD).await?;
        let callback = confirm(&visit).await?.automatic_form().context("no callback")?;
        visit.browser.submit(&callback).await?;
        paid(world, &visit).await?;
        world.refund(&visit.payment, &json!({})).await?.good()?;
    }
    Ok(())
}

stories! {
    async fn every_run_can_be_seen_taken_along_and_played_again(world) {
        pay_in_many_ways(world).await?;
        let runs = runs(world).await?;
        let mut functions: Vec<&str> = runs.iter().map(|run| text(run, "function")).collect();
        functions.sort_unstable();
        functions.dedup();
        ensure!(functions == ["cancel", "inquire", "resume", "sale", "start"], "{functions:?}");
        let component = host::components()?.join(format!("{ID}.wasm"));
        let new = world.folder.path().join("new.wasm");
        std::fs::write(&new, &impostor("9.30.0")?.wasm)?;
        for run in &runs {
            let (id, function) = (text(run, "id"), text(run, "function"));
            let detail = world.api.get(&format!("/v1/plugins/{ID}/runs/{id}")).await?.good()?;
            let taken = world.api.get(&format!("/v1/plugins/{ID}/runs/{id}/recording")).await?.good()?;
            for bytes in [&detail.answer.body, &taken.answer.body] {
                for secret in [CARD, "\"837\"", "ISBANK07", "TRPS0200", "Yılmaz"] {
                    ensure!(log::find(bytes, secret.as_bytes()) == 0, "{function} holds {secret}");
                }
            }
            let calls = detail.json["calls"].as_array().context("no calls")?;
            ensure!(detail.json["replayable"] == true && !calls.is_empty(), "{}", detail.answer.text());
            let file = world.folder.path().join(format!("{id}.json"));
            std::fs::write(&file, &taken.answer.body)?;
            let (good, told) = replay(&file, &component).await?;
            ensure!(good && told["same"] == true, "{function} plays otherwise: {told:#}");
            if function == "sale" {
                let (good, told) = replay(&file, &new).await?;
                ensure!(!good && told["same"] == false, "an impostor plays the same: {told:#}");
                ensure!(told["turns"][0]["differences"] != json!([]), "{told:#}");
            }
        }
        let taken = world.auditor().column("select object from audit where act = 'plugin.recording_taken'").await?;
        ensure!(taken.len() == runs.len(), "{taken:?}");
        ensure!(log::count(CARD) == 0, "a log line holds the card number");
        Ok(())
    }

    async fn another_firm_sees_nothing_of_a_run(world) {
        world.pay(&world.sale(4_200, CARD)).await?;
        let id = text(&runs(world).await?[0], "id").to_owned();
        let other = seed::firm(&world.host.app, "komsu").await?;
        let api = Api::new(&world.host.url, &other.secret);
        let list = api.get(&format!("/v1/plugins/{ID}/runs")).await?.good()?;
        ensure!(list.json["data"] == json!([]), "{}", list.answer.text());
        for path in ["", "/recording"] {
            let shown = api.get(&format!("/v1/plugins/{ID}/runs/{id}{path}")).await?;
            ensure!(shown.status == 404, "{}", shown.answer.text());
        }
        let wrong = world.api.get(&format!("/v1/plugins/pos-akbank/runs/{id}")).await?;
        ensure!(wrong.status == 404, "{}", wrong.answer.text());
        Ok(())
    }

    async fn a_shadow_does_everything_again_and_nothing_of_it_leaves(world) {
        let same = world.staged(&Component::built(ID)?.version("9.31.0")?).await?;
        let body = json!({ "digest": same });
        let begun = world.plugin(ID, "shadow", &body).await?.good()?;
        ensure!(begun.text("/state") == "shadow" && begun.json["shadow"]["played"] == 0, "{}", begun.answer.text());
        let before = world.bank.bank.requests().len();
        world.pay(&world.sale(4_200, CARD)).await?;
        world.pay(&world.sale(1_051, CARD)).await?;
        let shadow = shadow_until(world, &same, 2).await?;
        ensure!(shadow["differing"] == 0 && shadow["last"] == json!([]), "{shadow:#}");
        ensure!(world.bank.bank.requests().len() == before + 2, "a shadow sent something");
        ensure!(world.bank_total() == 4_200);

        // Another one takes its place, and does something else. It may ask for more: it gets nothing.
        let other = world.staged(&impostor("9.32.0")?).await?;
        world.plugin(ID, "shadow", &json!({ "digest": other })).await?.good()?;
        ensure!(world.plugin_state(ID, &same).await? == "staged");
        let paid = world.pay(&world.sale(4_300, CARD)).await?;
        ensure!(paid.text("/state") == "succeeded", "{}", paid.answer.text());
        let shadow = shadow_until(world, &other, 1).await?;
        ensure!(shadow["differing"] == 1, "{shadow:#}");
        let differences = shadow["last"][0]["differences"].as_array().context("no differences")?;
        ensure!(!differences.is_empty() && text(&shadow["last"][0], "function") == "sale", "{shadow:#}");
        ensure!(world.bank.bank.requests().len() == before + 3 && world.bank_total() == 8_500);

        let ended = world.plugin(ID, "shadow/end", &json!({ "digest": other })).await?.good()?;
        ensure!(ended.text("/state") == "staged" && ended.json["shadow"].is_null(), "{}", ended.answer.text());
        let active = world.plugin(ID, "activate", &body).await?.good()?;
        ensure!(active.text("/state") == "active", "{}", active.answer.text());
        let serving = world.plugin(ID, "shadow", &body).await?;
        ensure!((serving.status, serving.text("/code")) == (409, "plugin_serving"), "{}", serving.answer.text());
        Ok(())
    }

    async fn a_version_is_uploaded_in_the_portal_and_a_refusal_stands_at_the_file(world) {
        world.person("yonetici", UserRole::FirmAdministrator).await?;
        let browser = Browser::reading("en");
        let page = browser.get(&format!("{}/sign-in", world.host.url)).await?;
        let form = page.form("/sign-in")?.set("email", "yonetici@hikaye.example").set("password", "hikaye-hikaye-hikaye");
        browser.submit(&form).await?;
        let page = browser.get(&format!("{}/plugins", world.host.url)).await?;
        ensure!(page.html.contains("multipart/form-data"), "{}", page.head());
        let cookie = browser.cookie(&world.host.url, COOKIE).context("no session")?;
        let send = async |component: &[u8], signature: &[u8]| {
            let mut body = Vec::new();
            for (name, file) in [("component", component), ("signature", signature)] {
                let head = format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"x\"\r\n\r\n");
                body.extend([head.as_bytes(), file, b"\r\n"].concat());
            }
            body.extend(b"--XX--\r\n");
            let call = Call::new("POST", format!("{}/plugins", world.host.url)).header("origin", &world.host.url);
            let call = call.header("cookie", format!("{COOKIE}={cookie}")).header("accept-language", "en");
            call.body("multipart/form-data; boundary=XX", body).send().await
        };
        let refused = send(b"hello", b"").await?;
        let html = refused.text();
        ensure!(refused.status == 422 && html.contains("component-e"), "{} {html}", refused.status);
        ensure!(html.contains("not a WebAssembly component"), "{html}");
        let nothing = send(b"", b"").await?;
        ensure!(nothing.status == 422 && nothing.text().contains("Choose a file."), "{}", nothing.text());
        let new = Component::built(ID)?.version("9.33.0")?;
        let bad = send(&new.wasm, b"no signature").await?;
        ensure!(bad.status == 422 && bad.text().contains("signature-e"), "{} {}", bad.status, bad.text());
        let good = send(&new.wasm, &serde_json::to_vec(&new.signature())?).await?;
        ensure!(good.status == 303 && good.header("location") == Some("/plugins/pos-nestpay"), "{}", good.text());
        ensure!(world.plugin_state(ID, &new.digest()).await? == "staged");

        world.pay(&world.sale(4_200, CARD)).await?;
        let page = browser.get(&format!("{}/plugins/{ID}", world.host.url)).await?;
        let run = text(&runs(world).await?[0], "id").to_owned();
        ensure!(page.html.contains(&format!("/plugins/{ID}/runs/{run}")) && page.html.contains("9.33.0"), "{}", page.head());
        let page = browser.get(&format!("{}/plugins/{ID}/runs/{run}", world.host.url)).await?;
        ensure!(page.html.contains("«pan") && page.html.contains("/recording"), "{}", page.html);
        ensure!(!page.html.contains(CARD), "the page holds the card number");
        Ok(())
    }
}

/// Waits until a shadow has played so many acts.
async fn shadow_until(world: &World, digest: &str, played: i64) -> Result<Value> {
    let (mut patience, wanted) = (Patience::new(), format!("sha256:{digest}"));
    loop {
        let list = world.api.get(&format!("/v1/plugins/{ID}/versions")).await?.good()?;
        let rows = list.json["data"].as_array().cloned().unwrap_or_default();
        let row = rows.into_iter().find(|row| row["digest"] == wanted.as_str()).context("no such version")?;
        if row["shadow"]["played"].as_i64() == Some(played) {
            return Ok(row["shadow"].clone());
        }
        ensure!(patience.lasts().await, "the shadow did not play: {row:#}");
    }
}
