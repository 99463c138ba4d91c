//! Every bank family through its real connector, at its simulator: the bank's book is the judge.
//!
//! What is played is a table: the operations are the cells of the kit's report (`plugins/*/conformance.json`, printed in
//! `docs/connectors.md`), the faults are the sandbox's, and what a protocol cannot express stands in `silent.rs`.

mod doubt;
mod fault;
mod history;
mod operation;
mod points;
mod refusal;
mod silent;
mod sub_dealer;
mod till;

pub use points::TAKEN_AT as TAKE_POINTS;

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use vezne_it::family::{Family, families, plugins};
use vezne_it::stories;
use vezne_sandbox::{FaultKind as K, Op};

/// Lets every act have its turn, and then tells of all that failed.
#[derive(Default)]
struct Failures(Vec<String>);

impl Failures {
    fn note(&mut self, what: &str, told: Result<()>) {
        if let Err(error) = told {
            self.0.push(format!("{what}: {error:#}"));
        }
    }

    fn done(self) -> Result<()> {
        ensure!(self.0.is_empty(), "{} failed:\n{}", self.0.len(), self.0.join("\n"));
        Ok(())
    }
}

fn named(name: &str) -> Result<Family> {
    families().into_iter().find(|family| family.name == name).context("no such family")
}

/// Three stories for each bank: what it does, what its own book says of that, and what goes wrong.
macro_rules! every_family {
    ($($name:ident)*) => {
        const PLAYED: &[&str] = &[$(stringify!($name)),*];

        mod does_what_it_declares {
            use super::*;

            stories! {
                $(async fn $name(world) { operation::play(world, &named(stringify!($name))?).await })*
            }
        }

        mod lists_what_the_bank_has {
            use super::*;

            stories! {
                $(async fn $name(world) { history::play(world, &named(stringify!($name))?).await })*
            }
        }

        mod survives_every_fault {
            use super::*;

            stories! {
                $(async fn $name(world) { fault::play(world, &named(stringify!($name))?).await })*
            }
        }
    };
}

every_family! {
    akbank ccpayment garanti interpos katilim kuveyt msu nestpay param payflex payfor posnet posnet_v1 tosla
}

stories! {
    async fn late_answers_are_found_paid(world) {
        fault::late(world).await
    }

    async fn a_banks_book_is_for_those_who_see_accounts(world) {
        history::strangers_are_refused(world).await
    }

    async fn sub_dealers_are_in_the_banks_book(world) {
        sub_dealer::are_in_the_banks_book(world).await
    }

    async fn what_a_manifest_does_not_declare_is_refused(world) {
        refusal::nothing_but_sales(world).await
    }

    async fn points_pay_a_part_at_yapi_kredi(world) {
        points::play(world, &named("posnet")?).await
    }

    async fn points_pay_a_part_at_garanti(world) {
        points::play(world, &named("garanti")?).await
    }

    async fn the_payer_uses_points_on_the_pay_page(world) {
        points::at_the_pay_page(world, &named("posnet")?).await
    }

    async fn points_are_refused_where_the_bank_takes_none(world) {
        points::taken_by_none(world).await
    }
}

#[test]
fn every_connector_is_played() -> Result<()> {
    let mut folders = BTreeSet::new();
    for folder in std::fs::read_dir(plugins())? {
        let folder = folder?;
        if folder.path().join("manifest.json").exists() {
            folders.insert(folder.file_name().to_string_lossy().into_owned());
        }
    }
    let families = families();
    let known: BTreeSet<_> = families.iter().map(|family| family.plugin.to_owned()).collect();
    ensure!(folders == known, "the connectors are {folders:?}, the families play {known:?}");
    let names: Vec<_> = families.iter().map(|family| family.name).collect();
    ensure!(names == PLAYED, "the families are {names:?}");
    Ok(())
}

#[test]
fn every_bank_that_takes_points_is_played() -> Result<()> {
    for family in families() {
        let takes = family.capabilities()?.iter().any(|name| name.starts_with("points"));
        ensure!(takes == points::TAKEN_AT.contains(&family.name), "{family}: points are {takes}");
    }
    Ok(())
}

#[test]
fn every_declared_operation_is_played() -> Result<()> {
    let played = operation::operations();
    for family in families() {
        for capability in family.capabilities()? {
            let known = operation::CAPABILITIES.iter().find(|(name, _)| *name == capability);
            known.with_context(|| format!("{family} declares {capability}, which no act plays"))?;
        }
        let cells = family.cells()?;
        for cell in &cells {
            ensure!(played.contains(cell.operation.as_str()), "{family}: no act plays {}", cell.operation);
        }
        // The other way round: what the manifest promises, the report must have been seen doing.
        for (capability, cell) in operation::CAPABILITIES {
            let declared = family.has(capability)?;
            let is_cell = played.contains(cell) && capability != "three-d-secure";
            let done = cells.iter().any(|seen| seen.operation == cell && seen.done);
            ensure!(!is_cell || declared == done, "{family}: {capability} is {declared}, {done} was seen");
        }
        for model in family.models()? {
            let sold = cells.iter().any(|cell| cell.operation == "sale" && cell.model == model);
            ensure!(sold, "{family}: nobody sells in model {model}");
        }
    }
    Ok(())
}

#[test]
fn every_fault_is_played() {
    for kind in K::ALL {
        let charges = fault::CHARGES.iter().any(|row| row.0 == kind);
        let gate = fault::GATE.iter().any(|row| row.0 == kind);
        let later = fault::LATER.iter().any(|row| row.0 == kind);
        assert!(charges || gate || later || fault::INQUIRIES.contains(&kind), "{kind:?} is not played");
    }
}

#[test]
fn what_cannot_be_expressed_has_a_reason_and_a_bank() {
    let families = families();
    let known = |name: &str| families.iter().any(|family| family.name == name);
    for row in silent::SILENT {
        let (silent::Banks::Only(names) | silent::Banks::But(names)) = row.banks;
        assert!(names.iter().all(|name| known(name)), "{row:?}");
        assert!(!row.why.is_empty() && !row.kinds.is_empty(), "{row:?}");
        let has_place = row.kinds.iter().all(|kind| {
            fault::GATE.contains(&(*kind, row.on))
                || (row.on == Op::Auth && fault::CHARGES.iter().any(|charge| charge.0 == *kind))
        });
        assert!(has_place, "nobody asks for {row:?}");
    }
}
