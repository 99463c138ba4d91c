//! `GVPSRequest`: what is sent to the XML interface.

use vezne_plugin::charset::Charset;
use vezne_plugin::xml::Element;
use vezne_plugin::{Card, Context, ExpiryForm, Fault, HttpRequest, body, istanbul};

use crate::hash;
use crate::settings::{Settings, User};

/// The API version all signatures here belong to.
pub const VERSION: &str = "512";

/// The bank's word for the card's own Bonus among its kinds of rewards.
pub const BONUS: &str = "BNS";

/// Where a message names an amount and none is meant, the bank wants this one.
const NO_AMOUNT: &str = "100";

/// How the bank learns whose card it is.
#[derive(Debug, Clone, Copy)]
pub enum Payer<'a> {
    /// The card itself.
    Card(&'a Card),
    /// What the 3-D gate vouched for.
    Proof(Proof<'a>),
}

/// What the 3-D gate vouched for.
#[derive(Debug, Clone, Copy)]
pub struct Proof<'a> {
    /// Stands for the card.
    pub md: &'a str,
    /// Number of the authentication.
    pub xid: &'a str,
    /// Electronic commerce indicator.
    pub eci: &'a str,
    /// The issuer's cryptogram.
    pub cavv: &'a str,
}

/// A repeated order of fixed amounts: the bank charges by itself every `interval` × `cycle`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recurring {
    /// How many cycles between two charges.
    pub interval: String,
    /// `D`, `W` or `M`.
    pub cycle: String,
    /// How many charges in all.
    pub count: String,
    /// `YYYYMMDD`, or empty for today.
    pub start: String,
}

/// What is charged or reserved.
#[derive(Debug, Clone)]
pub struct Order<'a> {
    /// Our order number.
    pub id: &'a str,
    /// The payer's address, if known.
    pub ip: &'a str,
    /// Minor units.
    pub amount: &'a str,
    /// ISO 4217 number.
    pub currency: &'a str,
    /// Empty for a single payment.
    pub instalments: &'a str,
    /// A clerk typed the card.
    pub mail_order: bool,
    /// If the bank is to repeat it.
    pub recurring: Option<Recurring>,
    /// What the card's Bonus pays of the amount, minor units; only with the card itself.
    pub bonus: Option<&'a str>,
}

/// `TEST` or `PROD`: with the wrong one the signature holds and the payment fails.
pub fn mode(ctx: &Context) -> &'static str {
    if ctx.test_mode { "TEST" } else { "PROD" }
}

/// The bank's word for a sale or a reservation.
pub fn transaction_type(reserve: bool) -> &'static str {
    if reserve { "preauth" } else { "sales" }
}

/// The part of a message that says who asks and proves it.
struct Envelope<'a> {
    settings: &'a Settings,
    mode: &'a str,
    user: User,
    ip: &'a str,
    order_id: &'a str,
    amount: &'a str,
    currency: &'a str,
}

impl Envelope<'_> {
    fn open(&self, card: Option<&Card>) -> Result<Element, Fault> {
        let name = self.settings.name_of(self.user);
        let number = card.map(Card::pan);
        let signature = hash::request(self.settings, self.user, self.order_id, number, self.amount, self.currency)?;
        Ok(Element::new("GVPSRequest")
            .field("Mode", self.mode)
            .field("Version", VERSION)
            .child(
                Element::new("Terminal")
                    .field("ProvUserID", name)
                    .field("UserID", name)
                    .field("HashData", signature)
                    .field("ID", &self.settings.terminal_id)
                    .field("MerchantID", &self.settings.merchant_id),
            )
            .child(Element::new("Customer").field("IPAddress", self.ip)))
    }

    fn order(&self) -> Element {
        Element::new("Order").field("OrderID", self.order_id)
    }

    /// The transaction of everything but a capture. The bank wants the payment's fields even where they say nothing.
    fn transaction(&self, kind: &str, instalments: Option<&str>, present: &str, mail_order: bool) -> Element {
        Element::new("Transaction")
            .field("Type", kind)
            .optional("InstallmentCnt", instalments)
            .field("Amount", self.amount)
            .field("CurrencyCode", self.currency)
            .field("CardholderPresentCode", present)
            .field("MotoInd", if mail_order { "Y" } else { "N" })
    }
}

/// `sales` or `preauth`.
pub fn charge(
    settings: &Settings,
    mode: &str,
    kind: &str,
    order: &Order<'_>,
    payer: Payer<'_>,
) -> Result<Element, Fault> {
    let envelope = Envelope {
        settings,
        mode,
        user: User::Provision,
        ip: order.ip,
        order_id: order.id,
        amount: order.amount,
        currency: order.currency,
    };
    let message =
        match payer {
            Payer::Card(card) => envelope.open(Some(card))?.child(card_element(card)).child(envelope.order()).child(
                with_bonus(envelope.transaction(kind, Some(order.instalments), "0", order.mail_order), order.bonus),
            ),
            Payer::Proof(proof) => envelope.open(None)?.child(envelope.order()).child(
                envelope.transaction(kind, Some(order.instalments), "13", order.mail_order).child(
                    Element::new("Secure3D")
                        .field("AuthenticationCode", proof.cavv)
                        .field("SecurityLevel", proof.eci)
                        .field("TxnID", proof.xid)
                        .field("Md", proof.md),
                ),
            ),
        };
    Ok(match &order.recurring {
        Some(recurring) => message.child(
            Element::new("Recurring")
                .field("TotalPaymentNum", &recurring.count)
                .field("FrequencyType", &recurring.cycle)
                .field("FrequencyInterval", &recurring.interval)
                .field("Type", "R")
                .field("StartDate", &recurring.start),
        ),
        None => message,
    })
}

/// The total stays in `Amount`.
fn with_bonus(transaction: Element, used: Option<&str>) -> Element {
    match used {
        None => transaction,
        Some(used) => {
            let reward = Element::new("Reward").field("Type", BONUS).field("UsedAmount", used);
            transaction.child(Element::new("RewardList").child(reward))
        }
    }
}

fn card_element(card: &Card) -> Element {
    Element::new("Card")
        .field("Number", card.pan())
        .field("ExpireDate", card.expiry(ExpiryForm::Mmyy))
        .optional("CVV2", card.security_code())
}

/// An operation on something that is at the bank already.
#[derive(Debug, Clone, Copy)]
pub struct Original<'a> {
    /// Our order number.
    pub order_id: &'a str,
    /// The payer's address, if known.
    pub ip: &'a str,
    /// The bank's retrieval number of it.
    pub number: &'a str,
    /// ISO 4217 number.
    pub currency: &'a str,
}

/// Takes a reservation.
pub fn capture(settings: &Settings, mode: &str, original: Original<'_>, amount: &str) -> Result<Element, Fault> {
    let envelope = on_original(settings, mode, User::Provision, original, amount);
    Ok(envelope.open(None)?.child(envelope.order()).child(
        Element::new("Transaction")
            .field("Type", "postauth")
            .field("Amount", amount)
            .field("CurrencyCode", original.currency)
            .field("OriginalRetrefNum", original.number),
    ))
}

/// Voids. The bank wants an amount and does not read it.
pub fn void(settings: &Settings, mode: &str, original: Original<'_>) -> Result<Element, Fault> {
    undo(settings, mode, "void", original, NO_AMOUNT)
}

/// Gives back.
pub fn refund(settings: &Settings, mode: &str, original: Original<'_>, amount: &str) -> Result<Element, Fault> {
    undo(settings, mode, "refund", original, amount)
}

fn undo(settings: &Settings, mode: &str, kind: &str, original: Original<'_>, amount: &str) -> Result<Element, Fault> {
    let envelope = on_original(settings, mode, User::Refund, original, amount);
    let transaction = envelope.transaction(kind, Some(""), "0", false).field("OriginalRetrefNum", original.number);
    Ok(envelope.open(None)?.child(envelope.order()).child(transaction))
}

fn on_original<'a>(
    settings: &'a Settings,
    mode: &'a str,
    user: User,
    original: Original<'a>,
    amount: &'a str,
) -> Envelope<'a> {
    Envelope { settings, mode, user, ip: original.ip, order_id: original.order_id, amount, currency: original.currency }
}

fn question<'a>(settings: &'a Settings, mode: &'a str, ip: &'a str, order_id: &'a str) -> Envelope<'a> {
    Envelope { settings, mode, user: User::Provision, ip, order_id, amount: NO_AMOUNT, currency: "949" }
}

/// What became of an order?
pub fn order_status(settings: &Settings, mode: &str, ip: &str, order_id: &str) -> Result<Element, Fault> {
    let envelope = question(settings, mode, ip, order_id);
    let transaction = envelope.transaction("orderinq", Some(""), "0", false);
    Ok(envelope.open(None)?.child(envelope.order()).child(transaction))
}

/// Every transaction of an order.
pub fn order_history(settings: &Settings, mode: &str, ip: &str, order_id: &str) -> Result<Element, Fault> {
    let envelope = question(settings, mode, ip, order_id);
    let transaction = envelope.transaction("orderhistoryinq", Some(""), "0", false);
    Ok(envelope.open(None)?.child(envelope.order()).child(transaction))
}

/// What is the Bonus of a card worth? The message is about no order.
pub fn point_inquiry(settings: &Settings, mode: &str, ip: &str, card: &Card) -> Result<Element, Fault> {
    let envelope = question(settings, mode, ip, "");
    let order = Element::new("Order").child(Element::new("OrderID"));
    let transaction = envelope.transaction("rewardinq", Some(""), "0", false);
    Ok(envelope.open(Some(card))?.child(card_element(card)).child(order).child(transaction))
}

/// Which transactions a list is asked for: at most 30 days, 500 to a page.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// The first instant, epoch milliseconds.
    pub from_ms: i64,
    /// The last instant.
    pub to_ms: i64,
    /// From 1.
    pub page: u32,
}

const SPAN_MS_MAX: i64 = 30 * 24 * 3_600_000;

/// The transactions of some days.
pub fn list(settings: &Settings, mode: &str, ip: &str, span: Span) -> Result<Element, Fault> {
    if span.to_ms < span.from_ms || span.to_ms - span.from_ms > SPAN_MS_MAX {
        return Err(Fault::InvalidRequest("the bank lists at most 30 days at once".into()));
    }
    let envelope = question(settings, mode, ip, "");
    let order = Element::new("Order")
        .child(Element::new("OrderID"))
        .child(Element::new("GroupID"))
        .child(Element::new("Description"))
        .field("StartDate", minute(span.from_ms))
        .field("EndDate", minute(span.to_ms))
        .field("ListPageNum", span.page.to_string());
    let transaction = envelope.transaction("orderlistinq", None, "0", false);
    Ok(envelope.open(None)?.child(order).child(transaction))
}

/// `18/05/2022 23:59`
fn minute(epoch_ms: i64) -> String {
    let at = istanbul::civil(epoch_ms);
    format!("{:02}/{:02}/{:04} {:02}:{:02}", at.day, at.month, at.year, at.hour, at.minute)
}

/// As a request to the XML interface.
pub fn request(message: Element) -> Result<HttpRequest, Fault> {
    Ok(body::post("api", "", "text/xml; charset=UTF-8", message.into_document(Charset::Utf8)?))
}
