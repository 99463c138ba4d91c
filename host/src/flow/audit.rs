//! `vezne audit`: every balance, allocation and state derived again from rows that are only ever inserted, the audit
//! chain checked, and the sandbox bank's own book compared where one is attached. Names each difference.

mod bank;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::app::App;
use crate::flow::audit_chain::{Head, chain_read};
use crate::flow::error::FlowResult;
use crate::limits;
use crate::store::proof::Proof;
use crate::store::tenant::{Tenant, tenant_list};

/// What was found at one firm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The firm's short name; empty where it is nobody's.
    pub firm: String,
    /// Which proof failed.
    pub proof: &'static str,
    /// What differs.
    pub what: String,
}

/// The whole audit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// How many firms were looked at.
    pub firms: usize,
    /// How many differences there are in all; none is the proof.
    pub found: u64,
    /// The same by proof.
    pub kinds: BTreeMap<&'static str, u64>,
    /// The first of them; [`audit_telling`] tells all.
    pub differences: Vec<Difference>,
    /// Payments, attempts and operations whose state was derived from their beginning on.
    pub derived: u64,
    /// Those from before moves were told, which could be derived only from later on, or not at all.
    pub untold: u64,
    /// The end of each firm's audit chain.
    pub heads: Vec<Head>,
    /// Whether the sandbox bank's book was compared as well.
    pub bank_compared: bool,
}

/// Who hears of each difference when it is found.
pub type Hearer<'a> = &'a mut (dyn FnMut(&Difference) + Send);

/// Where differences are counted, named and told.
struct Findings<'a> {
    report: Report,
    tell: Hearer<'a>,
}

impl Findings<'_> {
    fn add(&mut self, firm: &str, proof: &'static str, what: String) {
        let difference = Difference { firm: firm.to_owned(), proof, what };
        self.report.found += 1;
        *self.report.kinds.entry(proof).or_default() += 1;
        (self.tell)(&difference);
        if self.report.differences.len() < limits::AUDIT_NAMED_MAX {
            self.report.differences.push(difference);
        }
    }
}

/// Runs every proof on every firm.
pub async fn audit(app: &App) -> FlowResult<Report> {
    audit_telling(app, &[], &mut |_| ()).await
}

/// The same, telling each difference when it is found. `heads` are digests that an audit once gave as the end of a
/// chain: one that is no link's any more, or whose past was changed, is a difference.
pub async fn audit_telling(app: &App, heads: &[String], tell: Hearer<'_>) -> FlowResult<Report> {
    let mut tx = app.db.read().await?;
    let tenants = tenant_list(&mut tx).await?;
    drop(tx);
    let mut findings = Findings { report: Report { firms: tenants.len(), ..Report::default() }, tell };
    let mut wanted = heads.to_vec();
    for tenant in &tenants {
        for proof in Proof::ALL {
            proven(app, tenant, *proof, &mut findings).await?;
        }
        let read = chain_read(app, (tenant.tenant_id, tenant.slug.as_str()), &mut wanted).await?;
        for what in read.found {
            findings.add(&tenant.slug, "audit trail", what);
        }
        findings.report.heads.extend(read.head);
    }
    for digest in wanted {
        let what = format!("{digest} is the end of no part of an audit trail that fits: rows were cut off or changed");
        findings.add("", "audit trail", what);
    }
    findings.report.bank_compared = bank::compared(app, &tenants, &mut findings).await?;
    Ok(findings.report)
}

/// Each page in a snapshot of its own: a long audit holds no reader for long.
async fn proven(app: &App, tenant: &Tenant, proof: Proof, findings: &mut Findings<'_>) -> FlowResult<()> {
    let mut after = Some(String::new());
    while let Some(mark) = after {
        let mut tx = app.db.snapshot().await?;
        let page = proof.page(&mut tx, tenant.tenant_id, &mark).await?;
        drop(tx);
        for what in page.found {
            findings.add(&tenant.slug, proof.as_str(), what);
        }
        findings.report.derived += page.derived;
        findings.report.untold += page.untold;
        after = page.next;
    }
    Ok(())
}
