//! What is done to a sale or reservation later: capture, void, refund.

use serde::{Deserialize, Serialize};
use vezne_plugin::words::operation;
use vezne_plugin::{BankRef, Context, Effect, Fault, HttpRequest, HttpResponse, Step, Target, Terms, step};

use crate::answer::{REFERENCE, STAN};
use crate::book::{self, Found, Row};
use crate::question::{GIVEN_BACK_BEFORE, Question, SOLD_AT};
use crate::settings::{Bank, Settings};
use crate::soap::{self, SaleRef};
use crate::{State, katilim, order};

/// The original, with what the bank gave it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Sale {
    /// Our order number.
    pub order: String,
    /// The bank's order number.
    pub bank_order: String,
    /// Its reference number.
    pub reference: String,
    /// Its trace number.
    pub stan: String,
    /// The issuer's authorization.
    pub provision: String,
    /// Four digits.
    pub currency: String,
    /// What was charged, in minor units.
    pub minor: i64,
    /// It began as a reservation.
    pub reserved: bool,
    /// When it was sent: questions about what is done to it later look for it there.
    #[serde(default)]
    pub sold_at_ms: i64,
}

impl Sale {
    /// As the host recorded it. Without the bank's numbers nothing can be changed.
    pub fn of(ctx: &Context, target: &Target, bank: Bank) -> Result<Self, Fault> {
        let extra = |key: &str| {
            let found = target.bank.extra.iter().find(|(name, _)| name == key);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let sale = Self {
            order: target.bank.bank_order_id.clone().unwrap_or_else(|| ctx.order_id.clone()),
            bank_order: target.bank.transaction_id.clone().unwrap_or_default(),
            reference: extra(REFERENCE),
            stan: extra(STAN),
            provision: target.bank.auth_code.clone().unwrap_or_default(),
            currency: order::currency(&target.terms.amount),
            minor: target.terms.amount.minor,
            reserved: target.operation == operation::AUTHORIZE,
            sold_at_ms: i64::try_from(target.sent_at_millis).unwrap_or(i64::MAX),
        };
        let needed: &[&String] = match bank {
            Bank::Kuveyt => &[&sale.bank_order, &sale.reference, &sale.stan, &sale.provision],
            Bank::Katilim => &[&sale.bank_order],
        };
        if needed.iter().any(|number| number.is_empty()) {
            return Err(Fault::InvalidRequest("the bank's numbers of this payment are not known".into()));
        }
        Ok(sale)
    }

    fn reference(&self) -> SaleRef<'_> {
        SaleRef {
            order_id: &self.order,
            bank_order: &self.bank_order,
            reference: &self.reference,
            stan: &self.stan,
            provision: &self.provision,
            currency: &self.currency,
        }
    }

    fn known(&self, extra: Option<(String, String)>) -> BankRef {
        BankRef {
            transaction_id: Some(self.bank_order.clone()),
            extra: extra.into_iter().chain([(SOLD_AT.to_owned(), self.sold_at_ms.to_string())]).collect(),
            ..step::order_ref(&self.order)
        }
    }
}

/// Whether the bank has pre-authorization at all.
pub fn reserves(settings: &Settings) -> Result<(), Fault> {
    match settings.bank {
        Bank::Katilim => Ok(()),
        Bank::Kuveyt => Err(Fault::Unsupported("Kuveyt Türk's virtual POS has no pre-authorization".into())),
    }
}

/// Takes a reservation, all of it: the bank's message has no amount.
pub fn capture(ctx: &Context, terms: &Terms, target: &Target) -> Result<Step, Fault> {
    let settings = Settings::load()?;
    reserves(&settings)?;
    if terms.amount.minor != target.terms.amount.minor {
        return Err(Fault::Unsupported("the bank takes a reservation whole only".into()));
    }
    let sale = Sale::of(ctx, target, settings.bank)?;
    let ip = ctx.payer_ip.as_deref().unwrap_or_default();
    let message = katilim::capture(&settings, &sale.order, &sale.bank_order, ip)?;
    write(katilim::request("/PreAuthorizatenClose", message)?, &sale, None)
}

/// Voids on the day of the sale.
pub fn void(ctx: &Context, target: &Target) -> Result<Step, Fault> {
    let settings = Settings::load()?;
    if target.operation == operation::REFUND {
        return Err(Fault::Unsupported("the bank does not void a refund".into()));
    }
    let sale = Sale::of(ctx, target, settings.bank)?;
    let amount = order::amount(&target.terms.amount)?;
    let request = match settings.bank {
        Bank::Kuveyt => {
            let message = soap::change(&settings, soap::SALE_REVERSAL, &sale.reference(), &amount)?;
            soap::request(soap::SALE_REVERSAL, message)?
        }
        Bank::Katilim if sale.reserved => {
            let message = katilim::void(&settings, &sale.order, &sale.bank_order, None)?;
            katilim::request("/PreAuthorizationReversal", message)?
        }
        Bank::Katilim => {
            let message = katilim::void(&settings, &sale.order, &sale.bank_order, Some(&amount))?;
            katilim::request("/SaleReversal", message)?
        }
    };
    write(request, &sale, None)
}

/// Asks first what has been given back, so that an unknown refund can be told later.
pub fn refund(ctx: &Context, terms: &Terms, target: &Target) -> Result<Step, Fault> {
    let settings = Settings::load()?;
    let sale = Sale::of(ctx, target, settings.bank)?;
    if sale.reserved && terms.amount.minor != sale.minor {
        return Err(Fault::Unsupported("the bank gives back a captured reservation whole only".into()));
    }
    let question = Question { operation: operation::REFUND.to_owned(), ..Question::of(target, &ctx.order_id) };
    question.ask(&settings, &State::GivenBack { sale, question: question.clone() })
}

/// Sends the refund itself. A store whose user may not ask can refund all the same.
pub fn send_refund(terms: &Terms, sale: &Sale, question: &Question, asked: &HttpResponse) -> Result<Step, Fault> {
    let settings = Settings::load()?;
    let before = match book::read(settings.bank, asked) {
        Ok(Found::Rows(rows)) => given_back(&rows, question),
        Ok(Found::Nothing | Found::Unclear(_)) => None,
        Err(_) => return step::done(step::not_processed("the bank could not say what was given back before")),
    };
    let amount = order::amount(&terms.amount)?;
    let whole = terms.amount.minor == sale.minor && before.unwrap_or(0) == 0;
    let request = match settings.bank {
        Bank::Kuveyt => {
            let operation = if whole { soap::DRAW_BACK } else { soap::PARTIAL_DRAW_BACK };
            soap::request(operation, soap::change(&settings, operation, &sale.reference(), &amount)?)?
        }
        Bank::Katilim => {
            let (path, part) = match (whole, sale.reserved) {
                (_, true) => ("/PreAuthorizationDrawBack", None),
                (true, _) => ("/DrawBack", None),
                (false, _) => ("/PartialDrawBack", Some(amount.as_str())),
            };
            katilim::request(path, katilim::refund(&settings, &sale.order, &sale.bank_order, part)?)?
        }
    };
    write(request, sale, before.map(|before| (GIVEN_BACK_BEFORE.to_owned(), before.to_string())))
}

fn given_back(rows: &[Row], question: &Question) -> Option<i64> {
    let ours = |row: &&Row| row.order_id() == Some(question.order.as_str()) && row.succeeded();
    let totals: Option<Vec<i64>> =
        rows.iter().filter(ours).map(|row| row.minor("DrawbackAmount", question.exponent)).collect();
    totals?.into_iter().max()
}

fn write(request: HttpRequest, sale: &Sale, extra: Option<(String, String)>) -> Result<Step, Fault> {
    let waiting = State::Change { order: sale.order.clone() };
    step::send(request, Effect::OnceOnlyWrite, sale.known(extra), &waiting)
}
