//! Plugin versions: brought in, chosen, tried on a few, taken back, withdrawn; while payments run.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::json;
use tokio::process::Command;
use vezne_it::api::Api;
use vezne_it::component::Component;
use vezne_it::host::{self, Host};
use vezne_it::seed::Store;
use vezne_it::world::{AMOUNT, GOOD_CARD, id};
use vezne_it::{Patience, World, stories};
use vezne_sandbox::{Fault, FaultKind};

use crate::three_ds::{confirm, paid, visit};

const ID: &str = "pos-nestpay";

/// Pays once and names the version that did it.
async fn paid_by(world: &World, api: &Api) -> Result<String> {
    let paid = api.post("/v1/payments", &world.sale(AMOUNT, GOOD_CARD)).await?.good()?;
    ensure!(paid.text("/state") == "succeeded", "{}", paid.answer.text());
    version_of(world, &id(&paid)?).await
}

/// The version on which a payment's attempt began.
async fn version_of(world: &World, payment: &str) -> Result<String> {
    let payment = payment.trim_start_matches("pay_");
    let sql = format!("select plugin_version from attempt where payment_id = '{payment}'");
    world.auditor().column(&sql).await?.pop().context("no attempt")
}

async fn acts(world: &World) -> Result<Vec<String>> {
    world.auditor().column("select act from audit where act like 'plugin.%' order by act").await
}

/// Runs the real program on the story's database.
async fn vezne(world: &World, arguments: &[&str], environment: &[(&str, &str)]) -> Result<(bool, String)> {
    let config = &world.host.config;
    let output = Command::new(host::vezne())
        .args(arguments)
        .env("VEZNE_DATABASE_URL", &world.database_url)
        .env("VEZNE_PLUGINS_DIR", &config.plugins_dir)
        .env("VEZNE_PRIVATE_DIR", &config.private_dir)
        .env("VEZNE_TRUST_STORE", config.trust_store.as_deref().unwrap_or(Path::new("")))
        .env("VEZNE_SANDBOX", "true")
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await?;
    let good = output.status.success();
    let said = if good { &output.stdout } else { &output.stderr };
    Ok((good, String::from_utf8_lossy(said).into_owned()))
}

/// Broken code in the connector's place, as a canary that takes everything.
async fn broken(world: &World, version: &str) -> Result<String> {
    let mut manifest = Component::built(ID)?.manifest;
    manifest["version"] = json!(version);
    manifest["models"] = json!([]);
    manifest["capabilities"] = json!(["sale", "void", "refund", "inquire"]);
    manifest["endpoints"]["no-card"] =
        json!({ "urls": { "test": "http://127.0.0.1:1/", "live": "https://bank.example/" } });
    let broken = Component::built("bad-connector")?.changed(|own| *own = manifest)?;
    let digest = world.staged(&broken).await?;
    let body = json!({ "digest": digest, "percent": 100, "approve": true });
    world.plugin(ID, "canary", &body).await?.good()?;
    Ok(digest)
}

stories! {
    async fn a_version_is_brought_in_chosen_and_taken_back(world) {
        let built = Component::built(ID)?;
        let old = built.manifest["version"].as_str().context("no version")?.to_owned();
        let new = built.version("9.0.0")?;
        ensure!(paid_by(world, &world.api).await? == old);
        let digest = world.staged(&new).await?;
        ensure!(world.upload(&new, None).await?.good()?.text("/state") == "staged", "the same bytes change nothing");
        ensure!(paid_by(world, &world.api).await? == old, "nothing runs on a staged version");

        let moved = world.plugin(ID, "activate", &json!({ "digest": digest })).await?.good()?;
        ensure!(moved.text("/state") == "active" && moved.text("/changed_by").starts_with("key_"), "{}", moved.answer.text());
        ensure!(paid_by(world, &world.api).await? == "9.0.0");
        let back = world.plugin(ID, "rollback", &json!({ "reason": "hikâye" })).await?.good()?;
        ensure!(back.text("/state") == "draining", "{}", back.answer.text());
        ensure!(paid_by(world, &world.api).await? == old);
        let nothing = world.plugin(ID, "rollback", &json!({})).await?;
        ensure!((nothing.status, nothing.text("/code")) == (409, "nothing_to_roll_back"), "{}", nothing.answer.text());
        ensure!(acts(world).await? == ["plugin.activated", "plugin.rolled_back", "plugin.staged"]);
        Ok(())
    }

    async fn a_canary_takes_its_share_and_an_attempt_stays_on_its_version(world) {
        let built = Component::built(ID)?;
        let digest = world.staged(&built.version("9.1.0")?).await?;
        let pos = world.add_pos("3d", "3d", Store::Demo).await?;
        world.plugin(ID, "canary", &json!({ "digest": digest, "percent": 50 })).await?.good()?;
        let (mut new, mut old, mut at_the_gate) = (0, 0, None);
        for _ in 0..12 {
            if paid_by(world, &world.api).await? == "9.1.0" { new += 1 } else { old += 1 }
        }
        ensure!(new > 0 && old > 0, "{new} of the canary, {old} of the other");
        for _ in 0..20 {
            let visit = visit(world, &pos, GOOD_CARD).await?;
            if version_of(world, &visit.payment).await? == "9.1.0" {
                at_the_gate = Some(visit);
                break;
            }
            let callback = confirm(&visit).await?.automatic_form().context("no callback")?;
            visit.browser.submit(&callback).await?;
            paid(world, &visit).await?;
        }
        let visit = at_the_gate.context("no 3-D payment fell to the canary")?;
        world.plugin(ID, "rollback", &json!({})).await?.good()?;
        ensure!(world.plugin_state(ID, &digest).await? == "draining");
        // The payer comes back after the rollback: the version that began it ends it.
        let callback = confirm(&visit).await?.automatic_form().context("no callback")?;
        visit.browser.submit(&callback).await?;
        paid(world, &visit).await?;
        ensure!(version_of(world, &visit.payment).await? == "9.1.0");
        for _ in 0..5 {
            ensure!(paid_by(world, &world.api).await? != "9.1.0", "the canary is over");
        }
        // A void is a new act: the version that serves does it.
        let refund = world.refund(&visit.payment, &json!({})).await?.good()?;
        ensure!(refund.text("/state") == "succeeded", "{}", refund.answer.text());
        Ok(())
    }

    async fn an_attempt_keeps_its_version_across_a_restart(world) {
        let built = Component::built(ID)?;
        let digest = world.staged(&built.version("9.2.0")?).await?;
        let pos = world.add_pos("3d", "3d", Store::Demo).await?;
        world.plugin(ID, "activate", &json!({ "digest": digest })).await?.good()?;
        let visit = visit(world, &pos, GOOD_CARD).await?;
        world.plugin(ID, "rollback", &json!({})).await?.good()?;
        // Long after the time for a rollback: what an attempt needs is not retired.
        let restarted = Host::start(&world.database_url, &world.bank.url(), world.clock.clone()).await?;
        ensure!(restarted.app.plugins.loaded().contains(&digest), "a restarted host has the attempt's version");
        let mut callback = confirm(&visit).await?.automatic_form().context("no callback")?;
        callback.action = callback.action.replace(&world.host.url, &restarted.url);
        visit.browser.submit(&callback).await?;
        paid(world, &visit).await?;
        ensure!(version_of(world, &visit.payment).await? == "9.2.0");
        restarted.stop().await;
        Ok(())
    }

    async fn a_canary_that_traps_is_taken_back_by_itself(world) {
        let digest = broken(world, "9.12.0").await?;
        let sell = async || anyhow::Ok(world.pay(&world.sale(66_600, GOOD_CARD)).await?.text("/state").to_owned());
        for strike in 0..3 {
            ensure!(sell().await? == "failed", "strike {strike}");
        }
        let mut patience = Patience::new();
        while world.plugin_state(ID, &digest).await? != "draining" {
            ensure!(patience.lasts().await, "nobody took it back");
        }
        ensure!(sell().await? == "succeeded");
        let by = world.auditor().column("select actor from audit where act = 'plugin.rolled_back'").await?;
        ensure!(by == ["job:guard"], "{by:?}");
        ensure!(world.bank_total() == 66_600, "nothing was sent by what trapped");
        Ok(())
    }

    async fn how_a_plugin_fares_is_shown(world) {
        let health = async || {
            let list = world.api.get("/v1/plugins").await?.good()?;
            let row = list.json["data"].as_array().into_iter().flatten().find(|row| row["id"] == ID).cloned();
            let shown = world.api.get(&format!("/v1/plugins/{ID}")).await?.good()?;
            anyhow::Ok((row.context("it is not listed")?["health"].clone(), shown.json["health"].clone()))
        };
        let (_, idle) = health().await?;
        ensure!(idle["figures"]["calls"] == 0 && idle["figures"]["p95_us"].is_null(), "{idle}");
        paid_by(world, &world.api).await?;
        world.bank.bank.fault(Fault::once(FaultKind::SilenceAfter));
        let doubt = world.pay(&world.sale(AMOUNT, GOOD_CARD)).await?;
        let (list, shown) = health().await?;
        for (place, health) in [("list", &list), ("page", &shown)] {
            let figures = &health["figures"];
            ensure!(health["window_s"] == 900 && health["state"] == "closed", "{place}: {health}");
            // The sale that was answered is two calls, the other one; questions may have been asked by now.
            ensure!(figures["calls"].as_i64() >= Some(3) && figures["acts"].as_i64() >= Some(2), "{place}: {health}");
            ensure!(figures["unknown"].as_i64() >= Some(1) && figures["traps"] == 0, "{place}: {health}");
            ensure!(figures["p50_us"].as_i64() <= figures["p95_us"].as_i64(), "{place}: {health}");
            ensure!(figures["p50_us"].as_i64() > Some(0), "{place}: {health}");
            ensure!(figures["memory_bytes"].as_i64() >= Some(65_536), "{place}: {health}");
        }
        ensure!(list["servers"] == json!([]) && shown["servers"][0]["this"] == true, "{shown}");
        world.until_asked(&id(&doubt)?, "succeeded").await?;

        let digest = broken(world, "9.14.0").await?;
        for _ in 0..3 {
            world.pay(&world.sale(66_600, GOOD_CARD)).await?;
        }
        let mut patience = Patience::new();
        while world.plugin_state(ID, &digest).await? != "draining" {
            ensure!(patience.lasts().await, "nobody took it back");
        }
        let mut shown = health().await?.1;
        while shown["state"] != "closed" {
            ensure!(patience.lasts().await, "what serves again is told to be stopped: {shown}");
            shown = health().await?.1;
        }
        let versions = shown["servers"][0]["versions"].as_array().cloned().unwrap_or_default();
        let version = versions.iter().find(|version| version["version"] == "9.14.0");
        let version = version.with_context(|| format!("the broken one is not shown: {shown}"))?;
        ensure!(version["figures"]["traps"] == 3 && version["state"] != "closed", "{version}");
        let phase = &version["phases"][0];
        ensure!(phase["phase"] == "charge" && phase["strikes"].as_i64() >= Some(2), "{version}");
        Ok(())
    }

    async fn a_version_that_leaks_a_card_is_taken_back_at_once(world) {
        let digest = broken(world, "9.13.0").await?;
        world.plugin(ID, "activate", &json!({ "digest": digest, "approve": true })).await?.good()?;
        let leaking = world.pay(&world.sale(66_601, GOOD_CARD)).await?;
        ensure!(leaking.text("/state") == "failed", "{}", leaking.answer.text());
        let mut patience = Patience::new();
        while world.plugin_state(ID, &digest).await? != "draining" {
            ensure!(patience.lasts().await, "nobody took it back");
        }
        ensure!(paid_by(world, &world.api).await? != "9.13.0");
        Ok(())
    }

    async fn another_node_follows(world) {
        let digest = world.staged(&Component::built(ID)?.version("9.3.0")?).await?;
        let other = Host::start(&world.database_url, &world.bank.url(), world.clock.clone()).await?;
        let api = Api::new(&other.url, &world.firm.secret);
        let old = paid_by(world, &api).await?;
        for (act, body, version) in
            [("activate", json!({ "digest": digest }), "9.3.0"), ("rollback", json!({}), old.as_str())]
        {
            world.plugin(ID, act, &body).await?.good()?;
            let mut patience = Patience::new();
            while paid_by(world, &api).await? != version {
                ensure!(patience.lasts().await, "{act} does not come to the other node");
            }
        }
        other.stop().await;
        Ok(())
    }

    async fn a_version_that_asks_for_more_needs_a_yes(world) {
        let greedy = Component::built(ID)?.changed(|manifest| {
            manifest["version"] = json!("9.4.0");
            manifest["endpoints"]["elsewhere"] = json!({ "takes_card": true, "urls": { "live": "https://other.example/" } });
        })?;
        let staged = world.upload(&greedy, None).await?.good()?;
        let asks = staged.json["asks"].to_string();
        ensure!(asks.contains("other.example") && asks.contains("\"card\"") && !asks.contains("store-key"), "{asks}");
        let grants = staged.json["grants"].as_array().cloned().unwrap_or_default();
        let row = |kind: &str, name: &str| grants.iter().find(|row| row["kind"] == kind && row["name"] == name).cloned();
        let host = row("host", "elsewhere").unwrap_or_default();
        ensure!(host["asked"] == "other.example" && host["granted"].is_null() && host["new"] == true, "{grants:?}");
        let key = row("secret", "store-key").unwrap_or_default();
        ensure!(key["asked"] == "" && key["granted"] == "" && key["new"] == false, "{grants:?}");
        let sale = json!({ "name": "sale", "here": true, "active": true });
        ensure!(staged.json["capabilities"].as_array().is_some_and(|all| all.contains(&sale)), "{}", staged.json["capabilities"]);
        let body = json!({ "digest": greedy.digest(), "percent": 10 });
        let refused = world.plugin(ID, "canary", &body).await?;
        ensure!((refused.status, refused.text("/code")) == (409, "grants_not_approved"), "{}", refused.answer.text());
        let body = json!({ "digest": greedy.digest(), "percent": 10, "approve": true });
        let canary = world.plugin(ID, "canary", &body).await?.good()?;
        ensure!(canary.number("/percent") == Some(10) && canary.json["asks"] == json!([]), "{}", canary.answer.text());
        Ok(())
    }

    async fn a_plugin_that_nobody_lets_serve_yet_is_listed_as_such(world) {
        let fresh = Component::built(ID)?.changed(|manifest| {
            manifest["id"] = json!("pos-fresh");
            manifest["version"] = json!("9.7.0");
            manifest["day_end"] = json!("22:15");
            manifest["config"]["properties"]["form-hash"]["x-show-if"] = json!({ "server-callback": "true" });
        })?;
        world.upload(&fresh, None).await?.good()?;
        let ids = async |path: &str| -> Result<Vec<String>> {
            let page = world.api.get(path).await?.good()?;
            let rows = page.json["data"].as_array().cloned().unwrap_or_default();
            Ok(rows.iter().map(|row| format!("{} {}", row["id"].as_str().unwrap_or_default(), row["serves"])).collect())
        };
        ensure!(ids("/v1/plugins").await? == ["pos-nestpay true"], "{:?}", ids("/v1/plugins").await?);
        let all = ids("/v1/plugins?all=true").await?;
        ensure!(all == ["pos-fresh false", "pos-nestpay true"], "{all:?}");
        let shown = world.api.get("/v1/plugins/pos-fresh").await?.good()?;
        ensure!(shown.text("/version") == "9.7.0" && shown.json["serves"] == json!(false), "{}", shown.answer.text());

        // Serving, it states when its banks close, and a setting that does not count is neither kept nor checked.
        world.plugin("pos-fresh", "activate", &json!({ "digest": fresh.digest(), "approve": true })).await?.good()?;
        let url = world.bank.url();
        let body = |name: &str, callback: &str, hash: &str| json!({
            "name": name, "plugin": "pos-fresh", "bank": "isbank", "environment": "test",
            "config": { "client-id": "700655000200", "user-name": "ISBANKAPI", "server-callback": callback, "form-hash": hash },
            "endpoints": { "api": format!("{url}/fim/api"), "gate": format!("{url}/fim/est3Dgate") },
            "secrets": { "api-password": "ISBANK07", "store-key": "TRPS0200" },
        });
        let made = world.api.post("/v1/pos_accounts", &body("Bir", "false", "nonsense")).await?.good()?;
        ensure!(made.text("/day_end") == "22:15", "{}", made.answer.text());
        ensure!(made.json["config"].get("form-hash").is_none(), "{}", made.answer.text());
        let shown = world.api.post("/v1/pos_accounts", &body("İki", "true", "ver1")).await?.good()?;
        ensure!(shown.text("/config/form-hash") == "ver1", "{}", shown.answer.text());
        let wrong = world.api.post("/v1/pos_accounts", &body("Üç", "true", "nonsense")).await?;
        ensure!((wrong.status, wrong.text("/errors/0/pointer")) == (422, "/config/form-hash"), "{}", wrong.answer.text());
        Ok(())
    }

    async fn what_cannot_be_trusted_is_refused_with_a_sentence(world) {
        let built = Component::built(ID)?;
        let refused = async |component: &Component, code: &str, word: &str| -> Result<()> {
            let reply = world.upload(component, None).await?;
            let told = reply.text("/errors/0/detail");
            ensure!(reply.status == 422 && reply.text("/code") == code && told.contains(word), "{}", reply.answer.text());
            Ok(())
        };
        let garbage = Component { wasm: b"hello".to_vec(), manifest: json!({}) };
        refused(&garbage, "plugin_refused", "not a WebAssembly component").await?;
        let strange = built.changed(|manifest| manifest["colour"] = json!("red"))?;
        refused(&strange, "plugin_refused", "unknown field `colour`").await?;
        let dishonest = built.changed(|manifest| {
            manifest["version"] = json!("9.5.0");
            manifest["models"] = json!([]);
        })?;
        refused(&dishonest, "plugin_refused", "names no 3-D model").await?;
        let twin = built.changed(|manifest| manifest["publisher"] = json!("somebody else"))?;
        refused(&twin, "plugin_version_taken", "a version never changes").await?;
        // It stands every check but the first call.
        let trap = Component::built("bad-connector")?.changed(|manifest| {
            manifest["version"] = json!("9.5.0");
            manifest["config"]["properties"]["mode"]["default"] = json!("trap");
        })?;
        refused(&trap, "plugin_refused", "fails on plain terms (trap)").await?;
        let mut torn = built.version("9.6.0")?;
        let middle = torn.wasm.len() / 2;
        torn.wasm[middle..middle + 64].fill(0xff);
        refused(&torn, "plugin_refused", "it does not compile").await?;

        let new = built.version("9.7.0")?;
        for (signature, word) in [
            (new.signature_by([1; 32], "hikaye"), "not the publisher's"),
            (new.signature_by([42; 32], "nobody"), "not in the trust store"),
            (new.signature_by([42; 32], "dar"), "may not ask for card data"),
            (built.signature(), "not the publisher's"),
        ] {
            let reply = world.upload(&new, Some(&signature)).await?;
            let told = reply.text("/errors/0/detail");
            ensure!(reply.text("/code") == "plugin_untrusted" && told.contains(word), "{}", reply.answer.text());
        }
        let signed = world.upload(&new, Some(&new.signature())).await?.good()?;
        ensure!(signed.text("/origin") == "signed", "{}", signed.answer.text());
        let list = world.api.get(&format!("/v1/plugins/{ID}/versions")).await?.good()?;
        ensure!(list.json["data"].as_array().map_or(0, Vec::len) == 2, "{}", list.answer.text());
        Ok(())
    }

    async fn a_withdrawn_version_never_serves_again(world) {
        let built = Component::built(ID)?;
        let old = paid_by(world, &world.api).await?;
        let digest = world.staged(&built.version("9.8.0")?).await?;
        world.plugin(ID, "activate", &json!({ "digest": digest })).await?.good()?;
        let silent = world.plugin(ID, "revoke", &json!({ "digest": digest, "reason": "" })).await?;
        ensure!(silent.status == 422, "{}", silent.answer.text());
        // By the operator, from everyone: the firm's own choice does not outlive it.
        let (good, told) = vezne(world, &["plugin", "revoke", "pos-nestpay@9.8.0", "--reason", "stolen key"], &[]).await?;
        ensure!(good && told.contains("revoked"), "{told}");
        let mut patience = Patience::new();
        while paid_by(world, &world.api).await? != old {
            ensure!(patience.lasts().await, "it still serves");
        }
        let again = world.plugin(ID, "activate", &json!({ "digest": digest })).await?;
        ensure!((again.status, again.text("/code")) == (409, "plugin_revoked"), "{}", again.answer.text());
        let again = world.upload(&built.version("9.8.0")?, None).await?;
        ensure!((again.status, again.text("/code")) == (409, "plugin_revoked"), "{}", again.answer.text());
        ensure!(world.plugin_state(ID, &digest).await? == "revoked");
        Ok(())
    }

    async fn the_operator_does_the_same_by_hand(world) {
        let new = Component::built(ID)?.version("9.9.0")?;
        let file = world.folder.path().join("new.wasm");
        let key = world.folder.path().join("publisher.key");
        std::fs::write(&file, &new.wasm)?;
        let path = file.to_string_lossy().into_owned();
        let (good, told) = vezne(world, &["plugin", "add", &path], &[]).await?;
        ensure!(!good && told.contains("it is not signed"), "{told}");
        let (good, public) = vezne(world, &["plugin", "key", &key.to_string_lossy()], &[]).await?;
        ensure!(good && public.trim().len() == 64, "{public}");
        let store = world.folder.path().join("trust.toml");
        let text = format!("[[publisher]]\nname = \"usta\"\nkey = \"{}\"\nprefixes = [\"pos-\"]\ntakes_card = true\n", public.trim());
        std::fs::write(&store, text)?;
        let sign = ["plugin", "sign", &path, "--key", &key.to_string_lossy(), "--publisher", "usta"];
        ensure!(vezne(world, &sign, &[]).await?.0);
        let trust = [("VEZNE_TRUST_STORE", &*store.to_string_lossy())];
        let (good, told) = vezne(world, &["plugin", "add", &path], &trust).await?;
        ensure!(good && told.contains("staged") && told.contains("signed"), "{told}");
        let (good, told) = vezne(world, &["plugin", "activate", "pos-nestpay@9.9.0"], &trust).await?;
        ensure!(good && told.contains("active"), "{told}");
        let (good, told) = vezne(world, &["plugin", "show", &new.digest()[..12]], &trust).await?;
        ensure!(good && told.contains("vezne:pos@1.0.0"), "{told}");
        // The serving node does not believe this publisher: it does not load the version and stays on the one before.
        tokio::time::sleep(Duration::from_millis(600)).await;
        ensure!(paid_by(world, &world.api).await? != "9.9.0");
        let (good, told) = vezne(world, &["plugin", "rollback", ID], &trust).await?;
        ensure!(good && told.contains("taken back"), "{told}");
        let (good, told) = vezne(world, &["plugin", "list", ID], &trust).await?;
        ensure!(good && told.lines().filter(|line| line.contains(ID)).count() == 2, "{told}");
        let cli = world.auditor().column("select distinct actor from audit where act like 'plugin.%'").await?;
        ensure!(cli == ["job:cli"], "{cli:?}");
        Ok(())
    }

    async fn what_nobody_needs_is_retired_and_can_be_chosen_again(world) {
        let digest = world.staged(&Component::built(ID)?.version("9.10.0")?).await?;
        world.plugin(ID, "activate", &json!({ "digest": digest })).await?.good()?;
        world.plugin(ID, "rollback", &json!({})).await?.good()?;
        vezne::flow::plugin::plugins_tend(&world.host.app).await?;
        ensure!(world.plugin_state(ID, &digest).await? == "draining", "a rollback may still want it");
        world.advance(Duration::from_hours(25));
        vezne::flow::plugin::plugins_tend(&world.host.app).await?;
        ensure!(world.plugin_state(ID, &digest).await? == "retired");
        ensure!(!world.host.app.plugins.loaded().contains(&digest));
        world.plugin(ID, "activate", &json!({ "digest": digest })).await?.good()?;
        ensure!(paid_by(world, &world.api).await? == "9.10.0");
        Ok(())
    }

    async fn a_version_written_into_the_database_by_hand_is_not_loaded(world) {
        let digest = world.staged(&Component::built(ID)?.version("9.11.0")?).await?;
        world.auditor().change(&format!("update plugin_version set origin = 'bundled' where digest = '{digest}'")).await?;
        let other = Host::start(&world.database_url, &world.bank.url(), world.clock.clone()).await?;
        ensure!(!other.app.plugins.loaded().contains(&digest), "a row that was changed by hand was believed");
        other.stop().await;
        Ok(())
    }
}
