//! Choosing the POS account of a payment: by the request, the firm's rules, the instalment table, or the nearest one.

mod explain;
mod onward;
mod rule;
mod wire;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::tz::TimeZone;

pub use explain::{Explained, routing_explain};
pub use onward::{Next, Onward};
pub(super) use rule::firm_only;
pub use rule::{rule_change, rule_create, rule_delete, rule_order, table_read};
pub use wire::explanation_view;

use crate::app::App;
use crate::domain::bin::BinFacts;
use crate::domain::id::{NodeId, PosAccountId, TenantId};
use crate::domain::instalment::{SchemeLine, Terms, terms_at};
use crate::domain::routing::{
    Account, AccountName, By, Candidate, Choice, Compiled, Explanation, Question, Rule, Skip, Weekday, choose,
    is_healthy,
};
use crate::flow::error::{FlowError, FlowResult};
use crate::flow::sale::Wish;
use crate::flow::setup::Setup;
use crate::limits;
use crate::store::Tx;
use crate::store::pos_account::PosAccount;
use crate::store::routing::{
    RoutingRule, RuleState, account_answers, account_taken, routing_rule_list, routing_version,
};
use crate::store::tenant::tenant_fetch;

/// A firm's rules, ready for payments.
#[derive(Debug)]
pub struct Table {
    /// Which state of the rules this is.
    version: i64,
    /// Those that are looked at.
    rules: Compiled,
    /// Decides which day and hour it is.
    zone: TimeZone,
}

/// The firms' rules, each made ready once a change.
#[derive(Debug, Default)]
pub struct Tables(Mutex<HashMap<TenantId, Arc<Table>>>);

impl Tables {
    fn kept(&self, tenant: TenantId, version: i64) -> Option<Arc<Table>> {
        let tables = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tables.get(&tenant).filter(|table| table.version == version).map(Arc::clone)
    }

    fn keep(&self, tenant: TenantId, table: &Arc<Table>) {
        let mut tables = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tables.len() >= limits::ROUTING_TABLES_MAX {
            tables.clear();
        }
        tables.insert(tenant, Arc::clone(table));
    }
}

/// The firm's rules as they are now; nothing where it has none.
pub(super) async fn table_in_tx(app: &App, tx: &mut Tx, tenant: TenantId) -> FlowResult<Option<Arc<Table>>> {
    let version = routing_version(tx, tenant).await?;
    if version == 0 {
        return Ok(None);
    }
    if let Some(table) = app.routing.kept(tenant, version) {
        return Ok(Some(table));
    }
    let rows = routing_rule_list(tx, tenant).await?;
    let zone = tenant_fetch(tx, tenant).await?.map(|tenant| tenant.zone).unwrap_or_default();
    let zone = TimeZone::get(&zone).map_err(|error| FlowError::Internal(format!("{tenant}: {error}")))?;
    let rules = rows.into_iter().filter(|row| row.state == RuleState::Active).map(rule_of).collect();
    let table = Arc::new(Table { version, rules: Compiled::new(rules), zone });
    app.routing.keep(tenant, &table);
    Ok(Some(table))
}

/// A row as the rules' own domain knows it.
fn rule_of(row: RoutingRule) -> Rule {
    Rule {
        id: row.routing_rule_id,
        place: u32::try_from(row.place).unwrap_or(u32::MAX),
        name: row.name,
        when: row.conditions.0,
        through: row.through.0,
    }
}

/// A payment that needs an account.
#[derive(Debug)]
pub struct Asked<'a> {
    /// The firm.
    pub tenant: TenantId,
    /// Who collects.
    pub node: NodeId,
    /// The card's first digits, at most eight; empty where the bank's own page takes the card.
    pub digits: &'a str,
    /// What the table knows of it.
    pub card: Option<&'a BinFacts>,
    /// What the payer was shown.
    pub terms: &'a Terms,
    /// The account that the request names.
    pub wanted: Option<PosAccountId>,
    /// How the payment is made, where that is known: an account that it does not fit is not chosen.
    pub wish: Option<Wish>,
    /// When.
    pub now_ms: i64,
    /// How many rules that do not hold are told.
    pub told_max: usize,
}

/// Where a payment may go, and why.
#[derive(Debug)]
pub struct Route {
    /// The accounts in their order, each with its side of the terms. Empty where none can take the payment.
    pub accounts: Vec<(PosAccountId, Terms)>,
    /// Why.
    pub explanation: Explanation,
}

/// Chooses. Nothing is written and nobody is asked; the caller keeps the explanation.
pub async fn route(app: &App, setup: &mut Setup<'_>, asked: &Asked<'_>) -> FlowResult<Route> {
    let usable = setup.usable(asked.node).await?;
    let named = |id: PosAccountId| {
        let found = usable.iter().find(|account| account.pos_account_id == id);
        found.map(|account| &**account)
    };
    if let Some(wanted) = asked.wanted {
        return Ok(plain(By::Request, named(wanted), asked.terms));
    }
    let mut explained = None;
    if let Some(table) = setup.rules(app).await? {
        let choice = by_rules(setup, asked, &table, &usable).await?;
        if !choice.accounts.is_empty() {
            return Ok(Route { accounts: choice.accounts, explanation: choice.explanation });
        }
        explained = Some(choice.explanation);
    }
    let mut route = match asked.terms.pos_account {
        Some(account) => plain(By::Table, named(account), asked.terms),
        None => nearest(&usable, asked),
    };
    if let Some(explained) = explained {
        route.explanation.looks = explained.looks;
        route.explanation.candidates.splice(0..0, explained.candidates);
    }
    Ok(route)
}

/// One account, and no other where it fails: nobody said that another may take its place.
fn plain(by: By, account: Option<&PosAccount>, terms: &Terms) -> Route {
    Route {
        accounts: account.map(|account| (account.pos_account_id, terms.clone())).into_iter().collect(),
        explanation: Explanation::plain(by, account.map(name_of)),
    }
}

impl Asked<'_> {
    fn unfit(&self, account: &PosAccount) -> Option<Skip> {
        self.wish.and_then(|wish| wish.unfit(account))
    }
}

/// The nearest account that fits how the payment is made. Where none does, the nearest of all: opening it tells why not.
fn nearest(usable: &[Arc<PosAccount>], asked: &Asked<'_>) -> Route {
    let fitting = usable.iter().position(|account| asked.unfit(account).is_none());
    let mut route = plain(By::Nearest, usable.get(fitting.unwrap_or(0)).map(|account| &**account), asked.terms);
    let passed = usable.iter().take(fitting.unwrap_or(0)).take(asked.told_max);
    route.explanation.candidates.extend(passed.map(|account| Candidate {
        account: name_of(account),
        place: None,
        skip: asked.unfit(account),
        cost: None,
    }));
    route
}

/// As explanations name an account.
pub(super) fn name_of(account: &PosAccount) -> AccountName {
    AccountName { id: account.pos_account_id, name: account.name.clone(), bank: account.bank.clone() }
}

async fn by_rules(
    setup: &mut Setup<'_>,
    asked: &Asked<'_>,
    table: &Table,
    usable: &[Arc<PosAccount>],
) -> FlowResult<Choice> {
    let path: Vec<NodeId> = setup.path(asked.node).await?.iter().map(|step| step.node_id).collect();
    let at = jiff::Timestamp::from_millisecond(asked.now_ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let local = at.to_zoned(table.zone.clone());
    let monday_first = usize::try_from(local.weekday().to_monday_zero_offset()).unwrap_or(0);
    let question = Question {
        digits: asked.digits,
        card: asked.card,
        instalments: asked.terms.instalments.max(1),
        amount: asked.terms.amount,
        path: &path,
        weekday: Weekday::ALL[monday_first % Weekday::ALL.len()],
        minute: u16::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute())).unwrap_or(0),
    };
    let midnight = local.start_of_day().map_or(asked.now_ms, |start| start.timestamp().as_millisecond());
    let holding: Vec<&Rule> = table.rules.matching(&question).map(|at| &table.rules.rules()[at]).collect();
    let mut known = Known { asked, usable, midnight_ms: midnight, lines: None, accounts: Vec::new() };
    for rule in holding {
        known.learn(setup, rule).await?;
        let able = |account: &&Account| rule.through.accounts.contains(&account.name.id);
        if known.accounts.iter().filter(able).any(|account| rule.can_use(account)) {
            break;
        }
    }
    Ok(choose(&table.rules, &question, &known.accounts, local.date(), asked.told_max))
}

/// What was asked about accounts so far: nothing is asked that no rule needs.
struct Known<'a> {
    asked: &'a Asked<'a>,
    usable: &'a [Arc<PosAccount>],
    midnight_ms: i64,
    lines: Option<Arc<[SchemeLine]>>,
    accounts: Vec<Account>,
}

impl Known<'_> {
    /// Learns what a rule needs to know of its accounts.
    async fn learn(&mut self, setup: &mut Setup<'_>, rule: &Rule) -> FlowResult<()> {
        let tenant = self.asked.tenant;
        for id in &rule.through.accounts {
            let at = match self.accounts.iter().position(|account| account.name.id == *id) {
                Some(at) => at,
                None => match self.account(setup, *id).await? {
                    Some(account) => {
                        self.accounts.push(account);
                        self.accounts.len() - 1
                    }
                    None => continue,
                },
            };
            if rule.through.daily_cap.is_some() && self.accounts[at].usable {
                let currency = self.asked.terms.charged.currency;
                let taken = account_taken(setup.tx().await?, tenant, *id, currency, self.midnight_ms).await?;
                self.accounts[at].today_minor = taken;
            }
            if rule.through.healthy && self.accounts[at].usable {
                let since_ms = self.asked.now_ms - limits::millis(limits::ROUTING_HEALTH_SPAN);
                let newest = limits::ROUTING_HEALTH_ATTEMPTS;
                let (ended, unanswered) = account_answers(setup.tx().await?, tenant, *id, since_ms, newest).await?;
                self.accounts[at].healthy = is_healthy(ended, unanswered);
            }
        }
        Ok(())
    }

    async fn account(&mut self, setup: &mut Setup<'_>, id: PosAccountId) -> FlowResult<Option<Account>> {
        let Some(row) = self.usable.iter().find(|account| account.pos_account_id == id) else {
            let row = setup.account(id).await?;
            let unusable = |row: &PosAccount| Account {
                name: name_of(row),
                usable: false,
                terms: None,
                today_minor: 0,
                healthy: true,
                unfit: None,
            };
            return Ok(row.as_deref().map(unusable));
        };
        if self.lines.is_none() {
            self.lines = Some(setup.lines(self.asked.now_ms).await?);
        }
        let lines = self.lines.as_deref().unwrap_or_default();
        let terms = terms_at(lines, id, self.asked.card, self.asked.terms);
        let unfit = self.asked.unfit(row);
        Ok(Some(Account { name: name_of(row), usable: true, terms, today_minor: 0, healthy: true, unfit }))
    }
}

/// Notes that accounts that were chosen cannot take the payment, and what was chosen instead.
pub(super) fn corrected(
    explanation: &mut Explanation,
    left_out: &[(PosAccountId, Skip)],
    chosen: Option<PosAccountId>,
) {
    for (account, skip) in left_out {
        explanation.leave_out(*account, *skip);
    }
    explanation.account = chosen;
}
