//! `vezne-crash --kills N`: kills the real binary at random moments under clients that retry (R1), and compares the
//! bank's book, the payments and the ledger. The last line is JSON; anything wrong is an error.

use anyhow::{Context, Result, ensure};
use vezne_it::{Database, World, kill};

#[tokio::main]
async fn main() -> Result<()> {
    vezne_it::host::compile_if_asked();
    let mut arguments = std::env::args().skip_while(|argument| argument != "--kills").skip(1);
    let kills = arguments.next().context("--kills N")?.parse().context("--kills N")?;
    let world = World::start(Database::Sqlite).await?;
    let counts = kill::run(&world, kills, |kill| {
        if kill % 10 == 0 || kill == kills {
            eprintln!("{kill} of {kills} kills");
        }
    })
    .await?;
    println!("{counts}");
    let clean = ["double", "lost", "unsolved", "ledger_sum"].iter().all(|key| counts[*key] == 0);
    ensure!(clean && counts["books_equal"] == true, "the bank's book and ours do not agree");
    Ok(())
}
