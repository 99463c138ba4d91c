//! What the invented bank is sent: a form, signed and sealed in every way the host offers.

use vezne_plugin::body::Form;
use vezne_plugin::host::{self, Level};
use vezne_plugin::value::{self, Value};
use vezne_plugin::{
    Card, CipherAlg, Context, DigestAlg, ExpiryForm, Fault, HttpRequest, Sealed, SealedCharset, Target, Terms,
    TextForm, amount, body,
};

/// A message in the making.
pub struct Message(Form);

impl Message {
    /// What every message begins with.
    pub fn new(operation: &str, ctx: &Context) -> Result<Self, Fault> {
        host::note(Level::Info, "a message", &[("operation", operation)]);
        let civil = host::now_civil();
        let form = Form::new()
            .field("operation", operation)
            .field("merchant", host::required_setting("merchant")?)
            .field("order", &ctx.order_id)
            .field("reference", host::reference(host::ALPHANUMERIC, 20))
            .field("millis", host::now_ms().to_string())
            .field("day", format!("{:04}-{:02}-{:02}", civil.year, civil.month, civil.day))
            .field("back", &ctx.callback_url);
        Ok(Self(form))
    }

    /// One more field.
    pub fn field(self, name: &str, text: &str) -> Self {
        Self(self.0.field(name, text))
    }

    /// How much.
    pub fn terms(self, terms: &Terms) -> Self {
        let parts = terms.installments.to_string();
        self.field("minor", &terms.amount.minor.to_string()).field("parts", &parts).field("entry", &terms.entry)
    }

    /// Of what.
    pub fn target(self, target: &Target) -> Self {
        let this = self.field("of", &target.operation).field("of-model", &target.model);
        this.field("of-id", target.bank.transaction_id.as_deref().unwrap_or_default())
    }

    /// The card, in clear and in every digest and cipher a bank may want.
    pub fn card(self, card: &Card) -> Result<Self, Fault> {
        let key = value::secret("key")?.digest(DigestAlg::Sha256).to_text(TextForm::HexLower);
        let key = key.slice(0, 32).map_err(|error| value::fault(&error))?;
        let block = Value::new().text("pan=").sealed(card.pan()).joined();
        let vector = host::random(16);
        let cipher = block.encrypt(CipherAlg::Aes256CbcPkcs7, &key, &vector).map_err(|error| value::fault(&error))?;
        let form = self.bare_card(card)?.field("block", cipher.to_text(TextForm::Base64));
        let vector: String = vector.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self(form.field("vector", vector)))
    }

    /// The card's own fields.
    pub fn bare_card(self, card: &Card) -> Result<Form, Fault> {
        let visible = card.visible();
        let holder = card.holder().map(|holder| holder.transcoded(SealedCharset::Iso8859x9)).transpose();
        let holder = holder.map_err(|error| value::fault(&error))?;
        let form = self.0.field("pan", card.pan()).field("expiry", card.expiry(ExpiryForm::Mmyy));
        let form = form.optional("code", card.security_code());
        let form = form.optional("holder-digest", holder.map(|holder| digest_of(&holder)).transpose()?);
        Ok(form.field("scheme", visible.scheme).field("last4", visible.last4))
    }

    /// Without a card.
    pub fn form(self) -> Result<Form, Fault> {
        Ok(self.0)
    }

    /// With password and signature.
    pub fn into_request(self, terms: Option<&Terms>) -> Result<HttpRequest, Fault> {
        let total = terms.map(|terms| amount::decimal(&terms.amount)).transpose()?.unwrap_or_default();
        let signature = signature(&[&host::required_setting("merchant")?, &total])?;
        let form = self.0.field("password", value::secret("password")?).field("signature", signature);
        Ok(body::post("api", "", "application/x-www-form-urlencoded", form.into_body()?))
    }
}

/// Upper-case hex of an HMAC under the key, which is kept as hex.
pub fn signature(parts: &[&str]) -> Result<Sealed, Fault> {
    let key = value::secret("key")?.decoded(TextForm::HexLower).map_err(|error| value::fault(&error))?;
    Value::new().text(&parts.join("|")).hmac(DigestAlg::Sha256, &key, TextForm::HexUpper)
}

/// A digest that says nothing of the card: made with the key, and without a mark the bank cannot take.
fn digest_of(sealed: &Sealed) -> Result<Sealed, Fault> {
    let key = value::secret("key")?;
    let digest = sealed.hmac(DigestAlg::Sha1, &key).map_err(|error| value::fault(&error))?.to_text(TextForm::Base64);
    digest.replaced("+", "-").map_err(|error| value::fault(&error))
}
