//! What servers tell each other, as it stands inside the seal.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::app::App;
use crate::domain::card::{Card, Expiry, Pan, SecurityCode};
use crate::domain::id::{AttemptId, PaymentId, TenantId};
use crate::plugin::{BrowserForm, Callback, FormField, FormMethod, HeldCard, Method, VersionFared};
use crate::security::hold::Page;

/// What one server asks of another.
#[derive(Deserialize)]
pub(super) struct Errand {
    /// When it was written: an old one is not taken again.
    pub at_ms: i64,
    pub what: What,
}

/// The same as it is written.
#[derive(Serialize)]
pub(super) struct ErrandOf<'a> {
    pub at_ms: i64,
    pub what: &'a What,
}

#[derive(Serialize, Deserialize)]
pub(super) enum What {
    Page {
        token: String,
    },
    Callback {
        tenant: String,
        account: String,
        callback: Heard,
    },
    /// How a plugin fares there.
    Fared {
        tenant: String,
        plugin: String,
    },
    /// A server that leaves hands this over.
    Keep(Box<Kept>),
    /// It has handed over what it held: errands for these servers come here from now on.
    Inherit {
        names: Vec<String>,
    },
}

/// What came of it.
#[derive(Serialize, Deserialize)]
pub(super) enum Answer {
    Page(Box<Carried>),
    Payment { payment: String },
    Fared(Vec<VersionFared>),
    Taken,
    NotFound,
    Failed,
}

/// What was held for a payer.
#[derive(Serialize, Deserialize)]
pub(super) enum Kept {
    Card(CarriedCard),
    Page { token: String, until_ms: i64, page: Carried },
}

impl Kept {
    pub(super) fn card(attempt: AttemptId, until_ms: i64, card: &HeldCard) -> Self {
        let text = |text: Option<&str>| Zeroizing::new(text.unwrap_or_default().to_owned());
        let code = card.security_code();
        Self::Card(CarriedCard {
            attempt: attempt.to_text(),
            until_ms,
            number: text(Some(card.pan().expose())),
            month: card.expiry().month,
            year: card.expiry().year,
            code: text(code.as_ref().map(SecurityCode::expose)),
            holder: text(card.holder()),
            scheme: card.scheme().to_owned(),
            program: card.program().map(str::to_owned),
        })
    }

    pub(super) fn page(token: String, until_ms: i64, page: Page) -> Self {
        Self::Page { token, until_ms, page: Carried::of(page) }
    }

    /// Puts it into this server's hold. Nothing where it does not make sense.
    pub(super) fn keep(self, app: &App) -> Option<()> {
        match self {
            Self::Card(carried) => {
                let attempt = AttemptId::from_text(&carried.attempt).ok()?;
                app.hold.card_inherit(attempt, carried.until_ms, carried.held()?);
            }
            Self::Page { token, until_ms, page } => app.hold.page_inherit(token, until_ms, page.page()?),
        }
        Some(())
    }
}

/// A card on its way to the server that keeps it from now on. Sealed it is no more written than in the memory of either;
/// empty texts are absent.
#[derive(Serialize, Deserialize)]
pub(super) struct CarriedCard {
    attempt: String,
    until_ms: i64,
    #[serde(with = "wiped")]
    number: Zeroizing<String>,
    month: u8,
    year: u16,
    #[serde(with = "wiped")]
    code: Zeroizing<String>,
    #[serde(with = "wiped")]
    holder: Zeroizing<String>,
    scheme: String,
    program: Option<String>,
}

impl CarriedCard {
    fn held(self) -> Option<HeldCard> {
        let security_code = match self.code.as_str() {
            "" => None,
            digits => Some(SecurityCode::parse(digits).ok()?),
        };
        let card = Card {
            pan: Pan::parse(&self.number).ok()?,
            expiry: Expiry { month: self.month, year: self.year },
            security_code,
            holder: Some(self.holder.to_string()).filter(|holder| !holder.is_empty()),
        };
        Some(HeldCard::new(&card, self.scheme, self.program))
    }
}

/// A callback on its way.
#[derive(Serialize, Deserialize)]
pub(super) struct Heard {
    post: bool,
    query: Vec<(String, String)>,
    form: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    source_ip: String,
}

/// A page on its way; its fields may hold the card.
#[derive(Serialize, Deserialize)]
pub(super) struct Carried {
    tenant: String,
    payment: String,
    attempt: String,
    locale: String,
    post: bool,
    action: String,
    gate_origin: String,
    fields: Vec<CarriedField>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct CarriedField {
    name: String,
    #[serde(with = "wiped")]
    value: Zeroizing<String>,
    from_card: bool,
}

/// A text that is wiped when dropped, in a message that is sealed.
mod wiped {
    use serde::{Deserialize, Deserializer, Serializer};
    use zeroize::Zeroizing;

    pub fn serialize<S: Serializer>(text: &Zeroizing<String>, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(text)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Zeroizing<String>, D::Error> {
        String::deserialize(from).map(Zeroizing::new)
    }
}

impl Heard {
    pub(super) fn of(callback: &Callback) -> Self {
        Self {
            post: callback.method == Method::Post,
            query: callback.query.clone(),
            form: callback.form.clone(),
            headers: callback.headers.clone(),
            body: callback.body.clone(),
            source_ip: callback.source_ip.clone(),
        }
    }

    pub(super) fn callback(self) -> Callback {
        let method = if self.post { Method::Post } else { Method::Get };
        let Self { query, form, headers, body, source_ip, .. } = self;
        Callback { method, query, form, headers, body, source_ip }
    }
}

impl Carried {
    pub(super) fn of(page: Page) -> Self {
        let carried = |FormField { name, value, from_card }: FormField| CarriedField { name, value, from_card };
        let fields = page.form.fields.into_iter().map(carried);
        Self {
            tenant: page.tenant.to_text(),
            payment: page.payment.to_text(),
            attempt: page.attempt.to_text(),
            locale: page.locale,
            post: page.form.method == FormMethod::Post,
            action: page.form.action,
            gate_origin: page.form.gate_origin,
            fields: fields.collect(),
        }
    }

    pub(super) fn page(self) -> Option<Page> {
        let method = if self.post { FormMethod::Post } else { FormMethod::Redirect };
        let field = |CarriedField { name, value, from_card }: CarriedField| FormField { name, value, from_card };
        let fields = self.fields.into_iter().map(field);
        let form = BrowserForm { method, action: self.action, gate_origin: self.gate_origin, fields: fields.collect() };
        Some(Page {
            tenant: TenantId::from_text(&self.tenant).ok()?,
            payment: PaymentId::from_text(&self.payment).ok()?,
            attempt: AttemptId::from_text(&self.attempt).ok()?,
            form,
            locale: self.locale,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_arrives_as_it_left() {
        let card = Card {
            pan: Pan::parse("4355084355084358").unwrap(),
            expiry: Expiry { month: 12, year: 2030 },
            security_code: Some(SecurityCode::parse("0123").unwrap()),
            holder: None,
        };
        let (attempt, held) = (AttemptId::at(1), HeldCard::new(&card, "visa", Some("bonus".to_owned())));
        let sent = serde_json::to_string(&Kept::card(attempt, 7, &held)).unwrap();
        let Ok(Kept::Card(carried)) = serde_json::from_str(&sent) else { panic!("another kind") };
        assert_eq!((carried.attempt.as_str(), carried.until_ms), (attempt.to_text().as_str(), 7));
        let arrived = carried.held().unwrap();
        assert_eq!(arrived.pan().expose(), "4355084355084358");
        assert_eq!(arrived.security_code().unwrap().expose(), "0123");
        assert_eq!((arrived.expiry(), arrived.holder()), (card.expiry, None));
        assert_eq!((arrived.scheme(), arrived.program()), ("visa", Some("bonus")));
        held.security_code_drop();
        let sent = serde_json::to_string(&Kept::card(attempt, 7, &held)).unwrap();
        let Ok(Kept::Card(carried)) = serde_json::from_str(&sent) else { panic!("another kind") };
        assert!(carried.held().unwrap().security_code().is_none(), "a code that was carried is gone");
    }
}
