//! What is charged, in the bank's words.

use vezne_plugin::{Context, Fault, Terms, amount};

/// What a charge says of itself.
#[derive(Debug, Clone)]
pub struct Order {
    /// Our order number.
    pub id: String,
    /// Decimal: `5.00`.
    pub amount: String,
    /// ISO 4217 number.
    pub currency: String,
    /// Absent for a single payment.
    pub instalments: Option<String>,
    /// The payer's address, if known.
    pub ip: String,
}

impl Order {
    /// Of an operation.
    pub fn of(ctx: &Context, terms: &Terms) -> Result<Self, Fault> {
        Ok(Self {
            id: ctx.order_id.clone(),
            amount: amount::decimal(&terms.amount)?,
            currency: amount::numeric_currency(&terms.amount),
            instalments: instalments(terms.installments),
            ip: ctx.payer_ip.clone().unwrap_or_default(),
        })
    }
}

/// Absent for a single payment.
pub fn instalments(count: u8) -> Option<String> {
    (count > 1).then(|| count.to_string())
}

/// The bank's number of a card scheme.
pub fn brand(scheme: &str) -> Option<&'static str> {
    match scheme {
        "visa" => Some("100"),
        "mastercard" => Some("200"),
        "troy" => Some("300"),
        "amex" => Some("400"),
        _ => None,
    }
}

/// `Sale` or `Auth`.
pub fn transaction_type(reserve: bool) -> &'static str {
    if reserve { "Auth" } else { "Sale" }
}
