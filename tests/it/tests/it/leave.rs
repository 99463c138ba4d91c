//! The real binary is asked to end: it finishes what it is at, and where there are others nobody notices.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use serde_json::json;
use vezne_it::api::{Api, fresh_key};
use vezne_it::http::{Call, Line};
use vezne_it::nodes::join_and_leave;
use vezne_it::process::{Process, free_port};
use vezne_it::receiver::Receiver;
use vezne_it::world::{AMOUNT, GOOD_CARD};
use vezne_it::{Patience, World, stories};
use vezne_sandbox::{Fault, FaultKind};

use crate::webhook::endpoint;

/// What `/readyz` says.
async fn ready(process: &Process) -> Result<u16> {
    Ok(Call::new("GET", format!("{}/readyz", process.url)).send().await?.status)
}

/// Waits until an attempt is on its way to the bank.
async fn until_sending(world: &World) -> Result<()> {
    let mut patience = Patience::new();
    while world.auditor().number("select count(*) as value from attempt where state = 'sending'").await? == 0 {
        ensure!(patience.lasts().await, "nothing is sent");
    }
    Ok(())
}

stories! {
    async fn what_a_server_is_at_has_its_end_before_the_server(world) {
        world.host.app.shutdown.cancel();
        let process = Process::start(world, None).await?;
        let api = Api::new(&process.url, &world.firm.secret);
        world.bank.bank.fault(Fault::once(FaultKind::Delay).ms(1_500));
        let sale = world.sale(AMOUNT, GOOD_CARD);
        let asked = async {
            until_sending(world).await?;
            process.leave().await
        };
        let (sold, ended) = tokio::join!(api.post("/v1/payments", &sale), asked);
        ended?;
        let sold = sold?.good()?;
        ensure!(sold.text("/state") == "succeeded", "{}", sold.answer.text());
        ensure!(sold.answer.header("connection") == Some("close"), "{:?}", sold.answer.headers);
        ensure!(api.get("/healthz").await.is_err(), "somebody still answers");
        Ok(())
    }
}

stories! {
    on Postgres as postgres;

    async fn a_server_says_that_it_leaves_and_still_takes_what_comes(world) {
        world.host.app.shutdown.cancel();
        let port = free_port().await?;
        let url = format!("http://127.0.0.1:{port}");
        // A longer notice than anybody waits for here: what ends this server is being asked again.
        let process = Process::start_node(world, port, &url, &[("VEZNE_LEAVE_NOTICE_MS", "120000")]).await?;
        let api = Api::new(&url, &world.firm.secret);
        ensure!(ready(&process).await? == 200);
        let mut line = Line::default();
        let mut sold = async || {
            let call = api.post_call("/v1/payments", &world.sale(AMOUNT, GOOD_CARD), &fresh_key());
            let answer = line.send(&api.authorized(call).await?).await?;
            let said = answer.header("connection").unwrap_or_default().to_owned();
            let sold: serde_json::Value = serde_json::from_slice(&answer.body)?;
            ensure!(sold["state"] == "succeeded", "{}", answer.text());
            anyhow::Ok((said, line.opened))
        };
        for _ in 0..2 {
            ensure!(sold().await? == (String::new(), 1), "the connection was not kept");
        }
        process.ask_to_end().await?;
        let mut patience = Patience::new();
        while ready(&process).await? != 503 {
            ensure!(patience.lasts().await, "it goes on saying that it is ready");
        }
        ensure!(sold().await? == ("close".to_owned(), 1), "who keeps a connection was not told");
        ensure!(sold().await? == ("close".to_owned(), 2), "nobody is taken any more");
        process.ask_to_end().await?;
        process.until_ended().await?;
        ensure!(api.get("/healthz").await.is_err(), "somebody still answers");
        Ok(())
    }

    async fn a_server_joins_and_one_leaves_and_no_request_fails(world) {
        let receiver = Receiver::start().await?;
        endpoint(world, &receiver.url, json!({})).await?;
        let counts = join_and_leave(world).await?;
        ensure!(counts["failed"] == json!([]) && counts["double"] == 0, "{counts}");
        ensure!(counts["sold"] == counts["bank_orders"] && counts["by_third"] != 0, "{counts}");
        // Who kept a connection to the server that left had to open another one.
        ensure!(counts["lines"].as_u64() > counts["keepers"].as_u64(), "{counts}");
        told_once(world, &receiver).await
    }
}

/// Each payment was told, by one server only. What the last servers left untold is told by the next one.
async fn told_once(world: &World, receiver: &Receiver) -> Result<()> {
    let next = Process::start(world, None).await?;
    let paid = world.auditor().column("select payment_id from payment where state = 'succeeded'").await?;
    let mut patience = Patience::new();
    loop {
        let mut told = BTreeMap::<String, usize>::new();
        for one in receiver.told().iter().filter(|one| one.kind() == "payment.succeeded") {
            *told.entry(one.payment().trim_start_matches("pay_").to_owned()).or_default() += 1;
        }
        let twice: Vec<_> = told.iter().filter(|(_, times)| **times > 1).collect();
        ensure!(twice.is_empty(), "told more than once: {twice:?}");
        if paid.iter().all(|payment| told.contains_key(payment)) {
            break;
        }
        ensure!(patience.lasts().await, "{} of {} payments were told", told.len(), paid.len());
    }
    next.leave().await
}
