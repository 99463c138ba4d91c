//! The card as a request carries it: read straight into types that are wiped, never into plain text.

use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use super::check::Checks;
use crate::domain::card::{Card, CardError, Expiry, Pan, SecurityCode};

/// Text of a card: wiped when dropped, with no way to show or write it.
pub struct Typed(Zeroizing<String>);

impl Typed {
    /// Takes text over.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Whether nothing was typed.
    pub fn is_blank(&self) -> bool {
        self.0.trim().is_empty()
    }
}

impl<'de> Deserialize<'de> for Typed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

/// `card` of `POST /v1/payments`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardBody {
    number: Typed,
    expiry_month: u8,
    expiry_year: u16,
    #[serde(default)]
    security_code: Option<Typed>,
    #[serde(default)]
    holder: Option<String>,
}

impl CardBody {
    /// Checks every field; `None` where one is wrong, which `checks` then says.
    pub fn checked(self, checks: &mut Checks) -> Option<Card> {
        let expiry = Zeroizing::new(format!("{:02}{}", self.expiry_month, self.expiry_year));
        card(
            checks,
            &self.number,
            Expiry::parse(&expiry),
            self.security_code.as_ref(),
            self.holder.as_deref(),
            ["/card/number", "/card/expiry_month", "/card/security_code", "/card/holder"],
        )
    }
}

/// What of a form's card is fingerprinted: everything but the security code, blanks and hyphens apart.
pub fn card_beside(number: &Typed, expiry: &Typed, holder: Option<&str>) -> [(&'static str, Zeroizing<String>); 3] {
    let plain = |typed: &str| Zeroizing::new(typed.chars().filter(|c| !matches!(c, ' ' | '-')).collect::<String>());
    [
        ("card_number", plain(&number.0)),
        ("expiry", plain(&expiry.0)),
        ("card_holder", Zeroizing::new(holder.unwrap_or_default().trim().to_owned())),
    ]
}

/// A card from a form's fields, as people type them.
pub fn card_typed(
    checks: &mut Checks,
    number: &Typed,
    expiry: &Typed,
    code: Option<&Typed>,
    holder: Option<&str>,
) -> Option<Card> {
    card(
        checks,
        number,
        Expiry::parse(&expiry.0),
        code,
        holder,
        ["/card_number", "/expiry", "/security_code", "/card_holder"],
    )
}

fn card(
    checks: &mut Checks,
    number: &Typed,
    expiry: Result<Expiry, CardError>,
    code: Option<&Typed>,
    holder: Option<&str>,
    places: [&str; 4],
) -> Option<Card> {
    let [number_at, expiry_at, code_at, holder_at] = places;
    let pan = Pan::parse(&number.0).map_err(|_| checks.wrong(number_at, "malformed"));
    let expiry = expiry.map_err(|_| checks.wrong(expiry_at, "malformed"));
    let code = code
        .filter(|code| !code.is_blank())
        .map(|code| SecurityCode::parse(&code.0).map_err(|_| checks.wrong(code_at, "malformed")))
        .transpose();
    let holder = checks.text_if_any(holder_at, holder, 50);
    Some(Card { pan: pan.ok()?, expiry: expiry.ok()?, security_code: code.ok()?, holder })
}
