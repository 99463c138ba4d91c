//! `vezne-crash --kills N [--nodes M]`: kills the real binary at random moments under clients that retry (R1), and
//! compares the bank's book, the payments and the ledger. Several nodes share a PostgreSQL, and one at a time is killed.
//! The last line is JSON; anything wrong is an error.

use anyhow::{Context, Result, ensure};
use vezne_it::kill::{self, Effort};
use vezne_it::{Database, World};

#[tokio::main]
async fn main() -> Result<()> {
    vezne_it::host::compile_if_asked();
    let effort = Effort { kills: argument("--kills")?.context("--kills N")?, nodes: argument("--nodes")?.unwrap_or(1) };
    let database = if effort.nodes > 1 { Database::Postgres } else { Database::Sqlite };
    ensure!(effort.nodes > 0 && database.is_there(), "{} must name a server", vezne_it::database::POSTGRES);
    let world = World::start(database).await?;
    let counts = kill::run(&world, effort, |kill| {
        if kill % 10 == 0 || kill == effort.kills {
            eprintln!("{kill} of {} kills", effort.kills);
        }
    })
    .await?;
    println!("{counts}");
    let clean = ["double", "lost", "unsolved", "ledger_sum"].iter().all(|key| counts[*key] == 0);
    ensure!(clean && counts["books_equal"] == true, "the bank's book and ours do not agree");
    Ok(())
}

fn argument(name: &str) -> Result<Option<usize>> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name).skip(1);
    arguments.next().map(|text| text.parse()).transpose().with_context(|| format!("{name} N"))
}
