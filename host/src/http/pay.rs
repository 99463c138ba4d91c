//! The pay page's own form. Card fields go from the browser to here and nowhere else; what is refused is
//! sent back to the page without them.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use vezne_api::{Channel, Permission};
use zeroize::{Zeroize, Zeroizing};

use super::card::{Typed, card_beside, card_typed};
use super::check::Checks;
use super::error::{Error, Field, Result};
use super::extract::{Caller, address};
use super::payment::entry_of;
use super::route::{Endpoint, Table};
use crate::app::App;
use crate::ctx::Ctx;
use crate::domain::card::Card;
use crate::domain::id::ReceivableId;
use crate::domain::money::{Currency, Money};
use crate::domain::party::Party;
use crate::flow::error::{FieldError, FlowError};
use crate::flow::result::result_token;
use crate::flow::sale::{Created, PointsRequest, SaleRequest, ThreeD, payment_create, points_ask};
use crate::limits;
use crate::store::idempotency::IdempotencyKey;
use crate::store::payment::{CaptureMode, ReceivableChoice};

/// What the form's `channel` says of a card that is typed for its holder; it says nothing where the holder does.
const MAIL_ORDER: &str = "mail_order";
/// What the bank said that the card's points are worth, minor units: for the page to show, nothing is decided by it.
const POINTS_AVAILABLE: &str = "points_available";

/// Routes of this noun.
pub fn routes(table: Table) -> Table {
    table
        .add(
            Endpoint::post("/pay", "Pays by the form of the pay page")
                .needs(Permission::PaymentCreate)
                .reply_empty(303),
            pay,
        )
        .add(
            Endpoint::post("/pay/points", "Asks the bank what the points of the card in the form are worth")
                .needs(Permission::PaymentCreate)
                .reply_empty(303),
            points,
        )
}

/// The form's fields. Card fields are kept apart and wiped; `shown` may go back to the page.
#[derive(Default)]
struct Form {
    number: Option<Typed>,
    expiry: Option<Typed>,
    code: Option<Typed>,
    holder: Option<String>,
    shown: Vec<(String, String)>,
}

impl Form {
    fn read(body: &[u8]) -> Self {
        let mut form = Self::default();
        for (name, value) in form_urlencoded::parse(body) {
            let mut value = value.into_owned();
            match &*name {
                "card_number" => form.number = Some(Typed::new(value)),
                "expiry" => form.expiry = Some(Typed::new(value)),
                "security_code" => form.code = Some(Typed::new(value)),
                "card_holder" => form.holder = Some(value),
                "amount" | "points" | "points_available" | "currency" | "receivable" | "debtor"
                | "instalment_option" | "channel" | "idempotency_key" => {
                    form.shown.push((name.into_owned(), value));
                }
                // Not ours; it may be anything, so it is wiped too.
                _ => value.zeroize(),
            }
        }
        form
    }

    fn get(&self, name: &str) -> Option<&str> {
        let found = self.shown.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        found.filter(|value| !value.is_empty())
    }

    /// Who types the card: its holder, or somebody else on its order.
    fn channel(&self) -> Channel {
        if self.get("channel") == Some(MAIL_ORDER) { Channel::MailOrder } else { Channel::Ecommerce }
    }
}

async fn pay(
    State(app): State<App>,
    caller: Caller,
    headers: http::HeaderMap,
    body: axum::body::Bytes,
) -> Result<Response> {
    let mut form = form_of(&body);
    if form.channel() == Channel::MailOrder {
        caller.require(Permission::PaymentMailOrder)?;
    }
    let request = match sale_request(&app, &caller.ctx, &mut form, &address(&headers)) {
        Ok(request) => request,
        Err(Error::Invalid(fields)) => return Ok(back(&form, &fields)),
        Err(error) => return Err(error),
    };
    match payment_create(&app, &caller.ctx, request).await {
        Ok(Created::Ran(ran)) => {
            let payment = &ran.settled.payment;
            let location = match &ran.gate_token {
                Some(token) => format!("/gate/{token}"),
                None => format!("/result/{}", result_token(&app, payment.tenant_id, payment.payment_id)),
            };
            see_other(&location)
        }
        // Sent twice: the second sees what became of the first.
        Ok(Created::Replayed { payment, .. }) => {
            see_other(&format!("/result/{}", result_token(&app, caller.ctx.tenant, payment)))
        }
        Err(FlowError::Invalid(fields)) => Ok(back(&form, &said(fields))),
        Err(FlowError::KeyReused) => Ok(back(&form, &[Field { pointer: "/form".to_owned(), code: "form_used" }])),
        Err(FlowError::Conflict { code, .. }) => Ok(back(&form, &[Field { pointer: "/form".to_owned(), code }])),
        Err(error) => Err(error.into()),
    }
}

/// The same form by its other button: back to the page with the bank's answer, and nothing is paid.
async fn points(
    State(app): State<App>,
    caller: Caller,
    headers: http::HeaderMap,
    body: axum::body::Bytes,
) -> Result<Response> {
    let mut form = form_of(&body);
    form.shown.retain(|(name, _)| name != POINTS_AVAILABLE);
    let request = match points_request(&mut form, &address(&headers)) {
        Ok(request) => request,
        Err(Error::Invalid(fields)) => return Ok(back(&form, &fields)),
        Err(error) => return Err(error),
    };
    let unanswered = |code| Ok(back(&form, &[Field { pointer: "/points_amount".to_owned(), code }]));
    match points_ask(&app, &caller.ctx, request).await {
        Ok(told) => {
            form.shown.push((POINTS_AVAILABLE.to_owned(), told.available.minor.to_string()));
            Ok(back(&form, &[]))
        }
        Err(FlowError::Invalid(fields)) => Ok(back(&form, &said(fields))),
        Err(FlowError::Conflict { code, .. }) => unanswered(code),
        Err(FlowError::Bank { .. }) => unanswered("bank_unanswered"),
        Err(error) => Err(error.into()),
    }
}

fn points_request(form: &mut Form, address: &str) -> Result<PointsRequest> {
    let mut checks = Checks::default();
    let card = CardTyped::taken(form).card(&mut checks);
    let amount = amount_typed(&mut checks, form);
    let payer = payer_typed(&mut checks, form);
    if form.channel() == Channel::MailOrder {
        checks.wrong("/points_amount", "not_allowed");
    }
    checks.done()?;
    Ok(PointsRequest {
        node: None,
        payer,
        amount,
        card: card.ok_or_else(|| Error::field("/card", "required"))?,
        three_d: ThreeD::Automatic,
        pos_account: None,
        payer_ip: Some(address.to_owned()).filter(|address| !address.is_empty()),
    })
}

fn form_of(body: &[u8]) -> Form {
    // The buffer of the connection is out of our hands; this copy is not.
    let body = Zeroizing::new(body.to_vec());
    Form::read(&body)
}

fn said(fields: Vec<FieldError>) -> Vec<Field> {
    fields.into_iter().map(|field| Field { pointer: field.pointer, code: field.code }).collect()
}

fn amount_typed(checks: &mut Checks, form: &Form) -> Money {
    let currency = form.get("currency").map_or(Some(Currency::TRY), Currency::from_code).unwrap_or_else(|| {
        checks.wrong("/currency", "not_a_choice");
        Currency::TRY
    });
    let minor = form.get("amount").and_then(|text| text.parse().ok()).unwrap_or_else(|| {
        checks.wrong("/amount", "malformed");
        0
    });
    Money::new(minor, currency)
}

fn payer_typed(checks: &mut Checks, form: &Form) -> Option<Party> {
    checks.id_if_any("/debtor", form.get("debtor"))
}

fn sale_request(app: &App, ctx: &Ctx, form: &mut Form, address: &str) -> Result<SaleRequest> {
    let mut checks = Checks::default();
    let typed = CardTyped::taken(form);
    let card = typed.card(&mut checks);
    let amount = amount_typed(&mut checks, form);
    let points_minor = points_typed(&mut checks, form, amount.currency);
    let payer = payer_typed(&mut checks, form);
    let receivables = form.shown.iter().filter(|(name, value)| name == "receivable" && !value.is_empty());
    let receivables = receivables
        .map(|(_, id)| id.parse::<ReceivableId>().map_err(|_| Error::NotFound))
        .map(|id| id.map(|id| ReceivableChoice { receivable_id: id.to_text(), amount_minor: None }))
        .collect::<Result<Vec<_>>>()?;
    if form.get("channel").is_some_and(|channel| channel != MAIL_ORDER) {
        checks.wrong("/channel", "not_a_choice");
    }
    let name = form.get("idempotency_key").unwrap_or_default();
    if !(16..=limits::IDEMPOTENCY_KEY_BYTES_MAX).contains(&name.len()) {
        checks.wrong("/form", "required");
    }
    // The page makes a key of its own for each rendering; what was shown with it is fingerprinted, and the card beside
    // it: whoever goes back and takes another one asks for another payment.
    let shown = serde_json::to_vec(&form.shown).unwrap_or_default();
    let beside = card_beside(&typed.number, &typed.expiry, typed.holder.as_deref());
    let beside = beside.each_ref().map(|(name, value)| (*name, value.as_str()));
    let key = IdempotencyKey {
        tenant: ctx.tenant,
        owner: ctx.actor.label(),
        endpoint: "POST /pay".to_owned(),
        key: name.to_owned(),
        fingerprint: app.security.fingerprints.request_beside("POST", "/pay", &shown, &beside),
    };
    checks.done()?;
    Ok(SaleRequest {
        node: None,
        payer,
        amount,
        points_minor,
        card,
        receivables,
        instalment_option: form.get("instalment_option").map(str::to_owned),
        reference: None,
        description: None,
        capture: CaptureMode::Automatic,
        entry: entry_of(form.channel()),
        three_d: ThreeD::Automatic,
        pos_account: None,
        metadata: BTreeMap::new(),
        return_url: None,
        payer_ip: Some(address.to_owned()).filter(|address| !address.is_empty()),
        key,
    })
}

/// What points of the card shall pay, as the payer typed it; nothing where the field is empty or says so.
fn points_typed(checks: &mut Checks, form: &Form, currency: Currency) -> i64 {
    let Some(typed) = form.get("points") else { return 0 };
    Money::parse(typed, currency).map_or_else(
        |_| {
            checks.wrong("/points_amount", "malformed");
            0
        },
        |points| points.minor,
    )
}

/// What was typed into the card's fields.
struct CardTyped {
    number: Typed,
    expiry: Typed,
    code: Option<Typed>,
    holder: Option<String>,
}

impl CardTyped {
    fn taken(form: &mut Form) -> Self {
        let empty = || Typed::new(String::new());
        Self {
            number: form.number.take().unwrap_or_else(empty),
            expiry: form.expiry.take().unwrap_or_else(empty),
            code: form.code.take(),
            holder: form.holder.take(),
        }
    }

    /// The card, where one was typed: the form has no place for it where the bank's own page takes it.
    fn card(&self, checks: &mut Checks) -> Option<Card> {
        if self.number.is_blank() && self.expiry.is_blank() && self.code.as_ref().is_none_or(Typed::is_blank) {
            return None;
        }
        card_typed(checks, &self.number, &self.expiry, self.code.as_ref(), self.holder.as_deref())
    }
}

/// Back to the page with what was wrong and everything but the card.
fn back(form: &Form, fields: &[Field]) -> Response {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("sent", "1");
    if form.get("debtor").is_none() {
        // Nobody was chosen on purpose: the page does not ask again.
        query.append_pair("open", "1");
    }
    for (name, value) in &form.shown {
        match name.as_str() {
            "idempotency_key" => {}
            // The page reads amounts as people write them.
            "amount" => {
                let minor: i64 = value.parse().unwrap_or(0);
                query.append_pair(name, &format!("{},{:02}", minor / 100, minor % 100));
            }
            _ => {
                query.append_pair(name, value);
            }
        }
    }
    for field in fields {
        if (field.pointer.as_str(), field.code) == ("/card", "card_at_bank") {
            query.append_pair("error", "form:card_at_bank");
            continue;
        }
        let name = field.pointer.trim_start_matches('/').replace("card/", "card_").replace('/', "_");
        let name = match name.as_str() {
            "card" => "card_number",
            "card_security_code" => "security_code",
            "card_expiry_month" => "expiry",
            "points_amount" => "points",
            name => name,
        };
        query.append_pair("error", &format!("{name}:{}", field.code));
    }
    let location = format!("/pay?{}", query.finish());
    see_other(&location).unwrap_or_else(axum::response::IntoResponse::into_response)
}

fn see_other(location: &str) -> Result<Response> {
    let location = HeaderValue::from_str(location).map_err(|_| Error::Internal("a broken address".to_owned()))?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
}
