//! One statement text for both databases: each of them prepares every statement of the program.

use anyhow::ensure;
use vezne::store::sql::{statements, statements_refused};
use vezne_it::stories;

stories! {
    async fn every_statement_is_prepared(world) {
        let refused = statements_refused(&world.host.app.db).await?;
        ensure!(refused.is_empty(), "{}", refused.join("\n"));
        ensure!(statements().count() > 50, "the registry of statements is nearly empty");
        Ok(())
    }
}

#[test]
fn few_statements_differ_between_the_databases() {
    let differing: Vec<_> = statements().filter(|statement| statement.sqlite != statement.postgres).collect();
    assert!(differing.len() <= 10, "{differing:#?}");
}
