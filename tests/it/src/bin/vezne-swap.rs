//! `vezne-swap [--rate N] [--seconds N]`: a connector is replaced and taken back under load, on one node and on two. The
//! last line is JSON; anything wrong is an error.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use vezne_it::swap::{self, Effort};
use vezne_it::{Database, World};

/// A pointer that was moved must be everywhere by then.
const ROLLBACK_MS_MAX: i64 = 1_000;

#[tokio::main]
async fn main() -> Result<()> {
    vezne_it::host::compile_if_asked();
    let rate = argument("--rate", 50)?;
    let hold = Duration::from_secs(argument("--seconds", 5)?.into());
    // Several nodes want a server; without one they share the file.
    let database =
        if std::env::var_os(vezne_it::database::POSTGRES).is_some() { Database::Postgres } else { Database::Sqlite };
    let mut runs = Vec::new();
    for nodes in [1, 2] {
        let world = World::start(database).await?;
        let run = swap::run(&world, Effort { rate, hold, nodes }).await;
        world.stop().await;
        let run = run?;
        eprintln!("{run}");
        runs.push(run);
    }
    let most = |key: &str| runs.iter().filter_map(|run| run[key].as_i64()).max().unwrap_or(i64::MAX);
    let sum = |key: &str| runs.iter().filter_map(|run| run[key].as_i64()).sum::<i64>();
    let line = json!({
        "failed": sum("failed"), "duplicated": sum("duplicated"), "rollback_ms": most("rollback_ms"),
        "activate_ms": most("activate_ms"), "sales": sum("sales"),
        "database": format!("{database:?}").to_lowercase(), "one_node": runs[0], "two_nodes": runs[1],
    });
    println!("{line}");
    let good = |run: &Value| run["books_equal"] == true && run["on_old"] != 0 && run["on_new"] != 0;
    ensure!(line["failed"] == 0 && line["duplicated"] == 0, "payments failed or were charged twice");
    ensure!(most("rollback_ms") < ROLLBACK_MS_MAX, "the rollback took too long");
    ensure!(runs.iter().all(good), "a version did not serve, or the bank's book and ours do not agree");
    Ok(())
}

fn argument(name: &str, otherwise: u32) -> Result<u32> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name).skip(1);
    arguments.next().map_or(Ok(otherwise), |text| text.parse().with_context(|| format!("{name} N")))
}
