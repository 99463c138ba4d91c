//! `cargo xtask smoke`: the whole product on free ports in a temporary folder, and one scenario
//! played against it over plain HTTP. Prints one line of JSON; anything that differs is an error.
//!
//! The scenario itself is the program `vezne-smoke` of `tests/it`: it speaks the public API and
//! reads the bank's book, xtask only starts and stops things.

use crate::demo::Demo;
use crate::place::Place;
use crate::postgres::free_port;
use crate::process::{self, TemporaryFolder};
use crate::progress::Progress;
use crate::{BUILD_STEPS, build_all};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::process::Command;

/// Plays the scenario.
pub fn smoke(place: &Place) -> Result<()> {
    let mut progress = Progress::of(BUILD_STEPS + 3);
    build_all(
        place,
        &mut progress,
        "Server, portal, sandbox bank and scenario",
        &["vezne", "vezne-sandbox", "vezne-smoke"],
    )?;
    let folder = TemporaryFolder::make("smoke")?;
    let demo = Demo::new(place, folder.path(), free_port()?, free_port()?);
    progress.step("Database and demo firm", || demo.prepare())?;
    let (_bank, server) = progress.step("Bank and server", || Ok((demo.start_bank()?, demo.start_server()?)))?;
    let answer = progress.step("Scenario", || {
        let mut command = Command::new(place.binary("vezne-smoke"));
        command.env("VEZNE_URL", demo.url()).env("VEZNE_BANK_URL", demo.bank_url());
        // A failure's own words are enough.
        command.env("VEZNE_DATABASE_URL", demo.database_url()).env("RUST_BACKTRACE", "0");
        process::output(&mut command).inspect_err(|_| eprintln!("{}", server.log_tail()))
    })?;
    println!("{}", one_line(&answer)?);
    Ok(())
}

/// The scenario's answer, which must be one JSON object that says the books agree.
fn one_line(answer: &str) -> Result<String> {
    let counts: Value = serde_json::from_str(answer.trim()).context("the scenario printed something else than JSON")?;
    if counts["bank_book_equal"] != true || counts["ledger_sum"] != 0 {
        bail!("the books do not agree: {counts}");
    }
    Ok(counts.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn books_that_differ_are_an_error() {
        assert!(one_line(r#"{"payments":4,"bank_book_equal":true,"ledger_sum":0}"#).is_ok());
        assert!(one_line(r#"{"payments":4,"bank_book_equal":true,"ledger_sum":1}"#).is_err());
        assert!(one_line(r#"{"payments":4,"ledger_sum":0}"#).is_err());
        assert!(one_line("{}\n{}").is_err());
    }
}
