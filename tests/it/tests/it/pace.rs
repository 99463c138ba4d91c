//! How many requests a caller may send: counted on the key, not on its tokens.

use anyhow::{Result, ensure};
use vezne_it::api::Api;
use vezne_it::host::Host;
use vezne_it::{Reply, World, stories};

/// The number behind a letter of the header `RateLimit`.
fn told(reply: &Reply, letter: char) -> Option<i64> {
    let header = reply.answer.header("ratelimit")?;
    header.split(';').find_map(|part| part.strip_prefix(letter)?.strip_prefix('=')?.parse().ok())
}

async fn slow_host(world: &World) -> Result<Host> {
    let clock = world.clock.clone();
    Host::start_with(&world.database_url, &world.bank.url(), clock, |config| {
        config.reads_per_second = 6;
        config.writes_per_second = 3;
    })
    .await
}

stories! {
    async fn tokens_of_a_key_share_its_pace(world) {
        let host = slow_host(world).await?;
        let one = Api::new(&host.url, &world.firm.secret);
        let two = Api::new(&host.url, &world.firm.secret);
        for (api, left) in [(&one, 5), (&two, 4), (&one, 3), (&two, 2), (&one, 1), (&two, 0)] {
            let seen = api.get("/v1/payments").await?.good()?;
            ensure!(told(&seen, 'r') == Some(left), "{:?}", seen.answer.headers);
            ensure!(seen.answer.header("ratelimit-policy") == Some("\"read\";q=6;w=1"), "{:?}", seen.answer.headers);
        }
        for api in [&one, &two] {
            let refused = api.get("/v1/payments").await?;
            ensure!(refused.status == 429 && refused.answer.header("retry-after") == Some("1"), "{}", refused.answer.text());
        }
        // Writes are counted apart.
        let written = one.post("/v1/payments", &serde_json::json!({})).await?;
        ensure!(written.status == 422 && told(&written, 'r') == Some(2), "{:?}", written.answer.headers);
        ensure!(written.answer.header("ratelimit-policy") == Some("\"write\";q=3;w=1"));
        world.advance(std::time::Duration::from_secs(1));
        two.get("/v1/payments").await?.good()?;
        host.stop().await;
        Ok(())
    }
}
