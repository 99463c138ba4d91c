//! What is charged, in the banks' words.

use vezne_plugin::{Card, Context, Fault, Money, Sealed, SealedCharset, Terms};

/// What a charge says of itself.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// Our order number.
    pub id: &'a str,
    /// Hundredths, without a point.
    pub amount: &'a str,
    /// Four digits: `0949`.
    pub currency: &'a str,
    /// `0` for a single payment.
    pub instalments: &'a str,
    /// The payer's address, if known.
    pub ip: &'a str,
}

/// Where the payer comes back to.
#[derive(Debug, Clone, Copy)]
pub struct Urls<'a> {
    /// After a success.
    pub ok: &'a str,
    /// After a failure.
    pub fail: &'a str,
}

impl<'a> Urls<'a> {
    /// None: nobody comes back.
    pub const NONE: Urls<'static> = Urls { ok: "", fail: "" };

    /// One address for both.
    pub fn both(url: &'a str) -> Self {
        Self { ok: url, fail: url }
    }
}

/// The texts an [`Order`] borrows.
#[derive(Debug, Clone)]
pub struct Texts {
    /// Our order number.
    pub id: String,
    /// See [`Order::amount`].
    pub amount: String,
    /// See [`Order::currency`].
    pub currency: String,
    /// See [`Order::instalments`].
    pub instalments: String,
    /// See [`Order::ip`].
    pub ip: String,
}

impl Texts {
    /// Of an operation.
    pub fn of(ctx: &Context, terms: &Terms) -> Result<Self, Fault> {
        Ok(Self {
            id: ctx.order_id.clone(),
            amount: amount(&terms.amount)?,
            currency: currency(&terms.amount),
            instalments: instalments(terms.installments),
            ip: ctx.payer_ip.clone().unwrap_or_default(),
        })
    }

    /// As the messages take it.
    pub fn order(&self) -> Order<'_> {
        Order {
            id: &self.id,
            amount: &self.amount,
            currency: &self.currency,
            instalments: &self.instalments,
            ip: &self.ip,
        }
    }
}

/// `0` for a single payment.
pub fn instalments(count: u8) -> String {
    if count > 1 { count.to_string() } else { "0".into() }
}

/// A hundred times the amount, whatever minor units the currency has.
pub fn amount(money: &Money) -> Result<String, Fault> {
    let scaled = match money.exponent {
        0 => money.minor.checked_mul(100),
        1 => money.minor.checked_mul(10),
        2 => Some(money.minor),
        _ => None,
    };
    match scaled.filter(|hundredths| *hundredths >= 0) {
        Some(hundredths) => Ok(hundredths.to_string()),
        None => Err(Fault::InvalidRequest("the bank cannot take this amount".into())),
    }
}

/// Hundredths back into the currency's minor units. `None` for anything that is not a whole number of them.
pub fn minor(hundredths: &str, exponent: u8) -> Option<i64> {
    let hundredths = vezne_plugin::amount::parse_minor(hundredths)?;
    let divisor = match exponent {
        0 => 100,
        1 => 10,
        2 => 1,
        _ => return None,
    };
    (hundredths % divisor == 0).then_some(hundredths / divisor)
}

/// The rouble's number before 1998, which Vakıf Katılım still uses.
const OLD_ROUBLE: &str = "0810";
const ROUBLE: u16 = 643;

/// Four digits. The rouble is refused by Kuveyt Türk whatever its number is.
pub fn currency(money: &Money) -> String {
    if money.numeric == ROUBLE { OLD_ROUBLE.into() } else { format!("{:04}", money.numeric) }
}

/// ISO 4217's three digits of what a bank writes with three or four.
pub fn iso_currency(stated: &str) -> String {
    let padded = format!("{stated:0>4}");
    if padded == OLD_ROUBLE { ROUBLE.to_string() } else { padded.strip_prefix('0').unwrap_or(&padded).to_owned() }
}

/// The holder's name, unless it has letters the messages cannot carry: the bank does not check it.
pub fn holder(card: &Card) -> Option<Sealed> {
    card.holder().filter(|name| name.transcoded(SealedCharset::Iso8859x9).is_ok())
}
