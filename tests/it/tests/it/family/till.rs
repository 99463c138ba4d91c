//! A family's POS accounts in a story, and a payer who pays at them.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use vezne_it::browser::Form;
use vezne_it::family::Family;
use vezne_it::world::{AMOUNT, GOOD_CARD, id, order_no};
use vezne_it::{Browser, Page, Reply, World};
use vezne_sandbox::{Entry, Fault, FaultKind, Kind};

use crate::three_ds::without_card;

/// No more than this many pages lie between the gate and the issuer's code.
const PAGES_MAX: usize = 6;

/// For calls that the host repeats by itself, since they change nothing: so many of them, and no silence is over too soon.
pub const LASTING: u32 = 9;

/// A POS account for each model of the connector, and for none.
pub struct Till<'a> {
    pub world: &'a World,
    pub family: &'a Family,
    accounts: BTreeMap<String, String>,
}

/// A payment, by its id and by the number that the bank knows.
#[derive(Debug, Clone)]
pub struct Sold {
    pub payment: String,
    pub order: String,
}

impl Sold {
    pub fn of(payment: &Reply) -> Result<Self> {
        Ok(Self { payment: id(payment)?, order: order_no(payment)? })
    }
}

impl<'a> Till<'a> {
    /// Brings the connector in and adds the accounts.
    pub async fn open(world: &'a World, family: &'a Family) -> Result<Self> {
        family.bring(world).await?;
        let mut accounts = BTreeMap::new();
        for model in family.models()? {
            let account = family.account_added(world, &model).await?;
            accounts.insert(model, account);
        }
        Ok(Self { world, family, accounts })
    }

    /// The same without 3-D models.
    pub async fn of_none(world: &'a World, family: &'a Family) -> Result<Self> {
        family.bring(world).await?;
        let account = family.account_added(world, "none").await?;
        Ok(Self { world, family, accounts: BTreeMap::from([("none".to_owned(), account)]) })
    }

    /// `none` and the 3-D models.
    pub fn models(&self) -> Vec<String> {
        self.accounts.keys().cloned().collect()
    }

    /// The account for this model, by its id.
    pub fn account(&self, model: &str) -> Result<String> {
        self.accounts.get(model).cloned().with_context(|| format!("no account for {model}"))
    }

    /// A sale to this card in this model.
    pub fn sale(&self, model: &str, card: &str) -> Result<Value> {
        let mut body = self.world.sale(AMOUNT, card);
        body["pos_account"] = json!(self.account(model)?);
        if model != "none" {
            body["three_d_secure"] = json!("required");
        }
        if model == "3d-host" {
            without_card(&mut body);
        }
        Ok(body)
    }

    /// A reservation in this model.
    pub fn reservation(&self, model: &str) -> Result<Value> {
        let mut body = self.sale(model, GOOD_CARD)?;
        body["capture"] = json!("manual");
        Ok(body)
    }

    /// Asks for a payment and walks its payer through whatever pages there are; the payment as it stands then.
    pub async fn pay(&self, body: &Value) -> Result<Reply> {
        let begun = self.world.pay(body).await?;
        if begun.text("/state") != "requires_action" {
            return Ok(begun);
        }
        walk(begun.text("/next_action/redirect_url")).await?;
        self.world.rest().await?;
        self.world.payment(&id(&begun)?).await
    }

    /// The same while the bank misbehaves once, which it must have had occasion to.
    pub async fn pay_under(&self, fault: Fault, body: &Value) -> Result<Reply> {
        let kind = fault.kind;
        self.world.bank.bank.fault(fault);
        let paid = self.pay(body).await;
        self.met(kind)?;
        paid
    }

    /// The fault was met, at least once; whatever else is ordered is withdrawn.
    pub fn met(&self, kind: FaultKind) -> Result<()> {
        let bank = &self.world.bank.bank;
        let untouched = bank.faults().iter().any(|left| matches!(left.count, Some(1 | LASTING)));
        bank.clear_faults();
        ensure!(!untouched, "{kind:?} was never met");
        Ok(())
    }

    /// A sale that is paid and booked.
    pub async fn sold(&self, model: &str) -> Result<Sold> {
        let paid = self.pay(&self.sale(model, GOOD_CARD)?).await?;
        stands(self.world, &paid, "succeeded").await?;
        let sold = Sold::of(&paid)?;
        booked(self.world, &sold.order, Kind::Auth, 1)?;
        ensure!(self.world.bank_net(&sold.order) == AMOUNT);
        Ok(sold)
    }

    /// A reservation that is booked.
    pub async fn held(&self, model: &str) -> Result<Sold> {
        let paid = self.pay(&self.reservation(model)?).await?;
        stands(self.world, &paid, "authorized").await?;
        let held = Sold::of(&paid)?;
        booked(self.world, &held.order, Kind::PreAuth, 1)?;
        ensure!((self.world.order(&held.order)?.held, self.world.bank_net(&held.order)) == (AMOUNT, 0));
        Ok(held)
    }

    /// Takes what is held, or a part of it.
    pub async fn capture(&self, held: &Sold, body: &Value) -> Result<Reply> {
        self.world.api.post(&format!("/v1/payments/{}/capture", held.payment), body).await?.good()
    }
}

/// The payer goes from our page through the bank's and the issuer's, as far as they lead.
async fn walk(address: &str) -> Result<()> {
    let browser = Browser::default();
    let mut page = browser.get(address).await?;
    ensure!(page.status == 200, "{}: {}", page.status, page.head());
    for _ in 0..PAGES_MAX {
        page = browser.settle(page).await?;
        let Some(form) = filled(&page) else { return Ok(()) };
        page = browser.submit(&form).await?;
    }
    bail!("{} asks without end", page.url)
}

/// What the page asks for, filled in: a card, or the issuer's code.
fn filled(page: &Page) -> Option<Form> {
    page.forms().into_iter().find_map(|form| {
        if form.action.contains("/acs/") {
            Some(form.set("code", "123456").set("action", "confirm"))
        } else if form.fields.iter().any(|(name, _)| name == "pan") {
            let card = form.set("pan", GOOD_CARD).set("month", "12").set("year", "30").set("cv2", "000");
            Some(card.set("action", "pay"))
        } else {
            None
        }
    })
}

/// The bank has the order once, with our number, amount and instalments.
pub fn booked(world: &World, order: &str, kind: Kind, instalments: u8) -> Result<Entry> {
    let view = world.order(order)?;
    let charges: Vec<_> = view.entries.iter().filter(|e| matches!(e.kind, Kind::Auth | Kind::PreAuth)).collect();
    let [entry] = charges[..] else { bail!("{} charges of {order}", charges.len()) };
    let told = (entry.approved, entry.kind, entry.amount, entry.currency.as_str(), entry.installments);
    ensure!(told == (true, kind, AMOUNT, "949", instalments), "the bank's book says {told:?}");
    Ok(entry.clone())
}

/// The payment's state must be this one; otherwise the end of its timeline says why it is not.
pub async fn stands(world: &World, payment: &Reply, state: &str) -> Result<()> {
    if payment.text("/state") == state {
        return Ok(());
    }
    let events = world.api.get(&format!("/v1/payments/{}/events", id(payment)?)).await?;
    let last = events.json["data"].as_array().into_iter().flatten().map(|event| event["detail"].to_string());
    bail!("{} and not {state}: {}", payment.text("/state"), last.collect::<Vec<_>>().join(" "))
}
