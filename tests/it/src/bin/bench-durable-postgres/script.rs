//! A script for `pgbench` of the statements that one payment makes, as PostgreSQL's own log tells them.
//!
//! What is another one in every payment (ids, the caller's key, the order number) is made of a variable; all else is
//! what the server was seen to get. What a server at rest does is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use vezne_it::shop::Shop;

/// Characters of an id.
const ID: usize = 26;
/// Those at its end that are an order number.
const TAIL: usize = 20;
/// Digits of a tail that say which id it is; those before say which payment.
const PLACE: usize = 6;
/// What stands in every id that the script makes; ids of ours have no hyphen.
pub const MARK: &str = "-b2";
/// How long a server at rest is watched.
const REST: Duration = Duration::from_secs(4);

/// What one payment does.
pub struct Script {
    pub text: String,
    pub statements: usize,
    pub commits: usize,
}

/// A statement with the values that it was called with.
#[derive(Debug, Clone)]
struct Statement {
    process: String,
    sql: String,
    values: Vec<Option<String>>,
}

/// Lets two payments happen and looks at what the second one did.
pub async fn watch(shop: &Shop, log: &Path) -> Result<Script> {
    let auditor = shop.auditor();
    shop.sale().await?;
    auditor.change("alter system set log_statement = 'all'").await?;
    auditor.change("select pg_reload_conf()").await?;
    let idle = heard(log, tokio::time::sleep(REST)).await?;
    let first = heard(log, sold(shop)).await?;
    let second = heard(log, sold(shop)).await?;
    auditor.change("alter system reset log_statement").await?;
    auditor.change("select pg_reload_conf()").await?;
    let at_rest: BTreeSet<&str> = idle.iter().map(|statement| statement.sql.as_str()).collect();
    let known: BTreeSet<String> = idle.iter().chain(&first).flat_map(tokens).collect();
    let own: BTreeSet<String> = second.iter().flat_map(tokens).filter(|token| !known.contains(token)).collect();
    ensure!(own.len() > 5, "hardly anything of the payment is its own: {own:?}");
    let tails: Vec<&str> = own.iter().map(|token| &token[token.len() - TAIL..]).collect();
    let acts: Vec<Vec<Statement>> = acts(second).into_iter().filter(|act| !is_at_rest(act, &at_rest)).collect();
    let statements: Vec<&Statement> = acts.iter().flatten().collect();
    let digits = TAIL - PLACE - MARK.len();
    let mut text = format!("\\set n random(1, {})\n", 10_i64.pow(u32::try_from(digits)?) - 1);
    for statement in &statements {
        writeln!(text, "{};", filled(statement, &tails)?)?;
    }
    let commits = statements.iter().filter(|statement| statement.sql.eq_ignore_ascii_case("commit")).count();
    Ok(Script { text, statements: statements.len(), commits })
}

/// One payment, and what follows from it.
async fn sold(shop: &Shop) {
    let sold = shop.sale().await;
    let rested = shop.host.rest().await;
    if let Err(error) = sold.and(rested) {
        eprintln!("the payment that is watched: {error:#}");
    }
}

/// The statements that the server got while something went on.
async fn heard(log: &Path, what: impl Future<Output = ()>) -> Result<Vec<Statement>> {
    // Records of one moment are written by several processes; a little later all of them are there.
    const SETTLED: Duration = Duration::from_millis(500);
    tokio::time::sleep(SETTLED).await;
    let from = std::fs::metadata(log)?.len();
    what.await;
    tokio::time::sleep(SETTLED).await;
    let whole = std::fs::read(log).with_context(|| log.display().to_string())?;
    let new = String::from_utf8_lossy(&whole[usize::try_from(from)?..]).into_owned();
    Ok(statements(&new))
}

/// Records begin with `@` and a process; their further lines with a tab.
fn statements(log: &str) -> Vec<Statement> {
    let mut found: Vec<Statement> = Vec::new();
    let mut last: BTreeMap<&str, usize> = BTreeMap::new();
    let records = log.split("\n@").map(|record| record.trim_start_matches('@'));
    for record in records {
        let Some((process, rest)) = record.split_once(' ') else { continue };
        let rest = rest.replace("\n\t", "\n");
        if let Some(said) = rest.strip_prefix("LOG:  ") {
            let sql = said
                .strip_prefix("statement: ")
                .or_else(|| said.strip_prefix("execute ")?.split_once(": ").map(|(_, sql)| sql));
            let Some(sql) = sql else { continue };
            last.insert(process, found.len());
            let sql = sql.trim().trim_end_matches(';').to_owned();
            found.push(Statement { process: process.to_owned(), sql, values: Vec::new() });
        } else if let Some(said) = rest.strip_prefix("DETAIL:  ")
            && let Some((_, values)) = said.split_once("arameters: ")
            && let Some(place) = last.get(process)
        {
            found[*place].values = values_of(values);
        }
    }
    found
}

/// `$1 = 'it''s', $2 = NULL`
fn values_of(text: &str) -> Vec<Option<String>> {
    let mut values = Vec::new();
    let mut rest = text;
    while let Some((_, value)) = rest.split_once(" = ") {
        let Some(mut quoted) = value.strip_prefix('\'') else {
            values.push(None);
            rest = value;
            continue;
        };
        let mut read = String::new();
        while let Some((piece, after)) = quoted.split_once('\'') {
            read.push_str(piece);
            quoted = after;
            match after.strip_prefix('\'') {
                Some(after) => {
                    read.push('\'');
                    quoted = after;
                }
                None => break,
            }
        }
        values.push(Some(read));
        rest = quoted;
    }
    values
}

/// Statements by transaction, in the order in which these began; each connection tells its own story.
fn acts(statements: Vec<Statement>) -> Vec<Vec<Statement>> {
    let mut acts: Vec<Vec<Statement>> = Vec::new();
    let mut open: BTreeMap<String, usize> = BTreeMap::new();
    for statement in statements {
        let word = statement.sql.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
        let process = statement.process.clone();
        if let Some(place) = open.get(&process).copied() {
            acts[place].push(statement);
            if ["commit", "rollback"].contains(&word.as_str()) && !acts[place].last().is_some_and(to_savepoint) {
                open.remove(&process);
            }
        } else {
            if word == "begin" {
                open.insert(process, acts.len());
            }
            acts.push(vec![statement]);
        }
    }
    acts
}

fn to_savepoint(statement: &Statement) -> bool {
    statement.sql.to_ascii_lowercase().starts_with("rollback to")
}

/// Whether a server without payments does this too.
fn is_at_rest(act: &[Statement], at_rest: &BTreeSet<&str>) -> bool {
    act.iter().all(|statement| at_rest.contains(statement.sql.as_str()))
}

/// Ids and keys among the values: runs of letters, digits and hyphens of their lengths.
fn tokens(statement: &Statement) -> Vec<String> {
    let is_id = |part: &&str| part.len() == ID && part.starts_with('0') || part.len() == 36 && part.contains('-');
    let texts = statement.values.iter().flatten();
    let parts = texts.flat_map(|text| text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-'));
    parts.filter(is_id).map(str::to_owned).collect()
}

/// The statement with its values in it.
fn filled(statement: &Statement, tails: &[&str]) -> Result<String> {
    let mut pieces = statement.sql.split('$');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let end = piece.find(|c: char| !c.is_ascii_digit()).unwrap_or(piece.len());
        let place: usize = piece[..end].parse().with_context(|| format!("a place in {}", statement.sql))?;
        let value = statement.values.get(place - 1).with_context(|| format!("no ${place} of {}", statement.sql))?;
        text.push_str(&value.as_ref().map_or_else(|| "null".to_owned(), |value| literal(value, tails)));
        text.push_str(&piece[end..]);
    }
    Ok(text)
}

/// A value as SQL, the tails of the payment's own ids made of the variable.
fn literal(value: &str, tails: &[&str]) -> String {
    let mut text = value.replace('\\', "\\\\").replace('\'', "''");
    // pgbench takes a colon for the beginning of a variable, also within quotes.
    text = text.replace(':', "\\x3A");
    let mut is_own = false;
    for (place, tail) in tails.iter().enumerate() {
        if text.contains(tail) {
            let digits = TAIL - PLACE - MARK.len();
            let fresh = format!("' || lpad((:n)::text, {digits}, '0') || '{MARK}{place:0PLACE$}");
            text = text.replace(tail, &fresh);
            is_own = true;
        }
    }
    let literal = format!("E'{text}'");
    if is_own { format!("({literal})") } else { literal }
}
