//! The common payment: the bank's page verifies the holder and charges, with our card or one it asks for.
//!
//! What comes back with the payer is unsigned and only says that it is time to ask. The bank's own answer
//! about the token decides.

use vezne_plugin::body::Form;
use vezne_plugin::callback::Fields;
use vezne_plugin::value::{self, Value};
use vezne_plugin::words::model;
use vezne_plugin::xml::Tree;
use vezne_plugin::{
    BankRef, BrowserAction, Callback, Card, Context, DigestAlg, Effect, ExpiryForm, Fault, HttpResponse, Outcome,
    Sealed, Stated, Step, Terms, TextForm, amount, step,
};

use crate::answer::{self, Judgement, SUCCESS};
use crate::order::{self, Order};
use crate::settings::Settings;
use crate::{State, message, mpi};

/// Key in `known.extra`: what the bank calls the visit.
pub const TOKEN: &str = "payment-token";

/// Named in the bank's document as part of every signature.
const SALT: &str = "VBank3DPay2014";

/// What a visit says.
#[derive(Debug, Clone, Copy)]
pub struct Visit<'a> {
    /// What is charged.
    pub order: &'a Order,
    /// Reserve instead of charge.
    pub reserve: bool,
    /// Where a success comes back to.
    pub ok_url: &'a str,
    /// Where a failure comes back to.
    pub fail_url: &'a str,
    /// `tr-TR` or `en-US`.
    pub language: &'a str,
    /// The bank's number of the card's scheme.
    pub brand: Option<&'a str>,
}

/// The languages of the bank's page.
pub fn language(locale: &str) -> &'static str {
    if locale.starts_with("en") { "en-US" } else { "tr-TR" }
}

/// Signs a visit: store, currency and amount.
pub fn hash(merchant: &str, currency: &str, amount: &str) -> Result<Sealed, Fault> {
    let signed = Value::new().text(merchant).text(currency).text(amount).sealed(value::secret("api-password")?);
    Ok(signed.text(SALT).digest(DigestAlg::Sha1, TextForm::Base64))
}

/// The form that announces a visit.
pub fn registration(settings: &Settings, visit: &Visit<'_>, card: Option<&Card>) -> Result<Form, Fault> {
    let order = visit.order;
    let form = Form::new()
        .field("HostMerchantId", &settings.merchant_id)
        .field("MerchantPassword", value::secret("api-password")?)
        .field("HostTerminalId", &settings.terminal_id)
        .field("TransactionType", order::transaction_type(visit.reserve))
        .field("AmountCode", &order.currency)
        .field("Amount", &order.amount)
        .field("OrderID", &order.id)
        .field("IsSecure", "true")
        // A card that cannot be verified is not charged.
        .field("AllowNotEnrolledCard", "false")
        .field("SuccessUrl", visit.ok_url)
        .field("FailUrl", visit.fail_url)
        .field("RequestLanguage", visit.language)
        .field("Extract", "")
        .field("CustomItems", "");
    let form = match card {
        None => form,
        Some(card) => form
            .optional("BrandNumber", visit.brand)
            .optional("CVV", card.security_code())
            .field("PAN", card.pan())
            .field("ExpireMonth", card.expiry(ExpiryForm::Mm))
            .field("ExpireYear", card.expiry(ExpiryForm::Yy))
            .optional("CardHoldersName", card.holder()),
    };
    let form = form.optional("InstallmentCount", order.instalments.as_deref());
    Ok(form.field("HashedData", hash(&settings.merchant_id, &order.currency, &order.amount)?))
}

/// What the browser takes to the page.
pub fn visit_form(token: &str) -> Form {
    Form::new().field("Ptkn", token)
}

/// Asks what became of a visit.
pub fn question(settings: &Settings, transaction: Option<&str>, token: &str) -> Result<Form, Fault> {
    Ok(Form::new()
        .field("HostMerchantId", &settings.merchant_id)
        .field("Password", value::secret("api-password")?)
        .field("TransactionId", transaction.unwrap_or_default())
        .field("PaymentToken", token))
}

/// Announces the visit.
pub fn start(ctx: &Context, wanted: &str, terms: &Terms, reserve: bool, card: Option<&Card>) -> Result<Step, Fault> {
    mpi::not_recurring(ctx)?;
    let settings = Settings::load()?;
    let card = match (wanted, card) {
        (model::THREE_D_PAY, None) => {
            return Err(Fault::InvalidRequest("the model 3d-pay needs the card".into()));
        }
        (model::THREE_D_PAY, card) => card,
        _ => None,
    };
    let brand = card.and_then(|card| order::brand(&card.visible().scheme));
    if card.is_some() && brand.is_none() {
        return Err(Fault::Unsupported("the bank's page takes no card of this scheme".into()));
    }
    let order = Order::of(ctx, terms)?;
    let visit = Visit {
        order: &order,
        reserve,
        ok_url: &ctx.callback_url,
        fail_url: &ctx.callback_url,
        language: language(&ctx.locale),
        brand,
    };
    let request = message::form("register", registration(&settings, &visit, card)?)?;
    step::send(request, Effect::ReadOnly, step::order_ref(&ctx.order_id), &State::Register)
}

/// The bank's token: the payer can go.
pub fn registered(ctx: &Context, response: &HttpResponse) -> Result<Step, Fault> {
    let root = answer::document(response)?;
    let token = root.filled("PaymentToken").filter(|token| is_token(token));
    let (Some(token), None) = (token, root.filled("ErrorCode")) else {
        let code = root.filled("ErrorCode");
        return step::done(match answer::judge(code) {
            Judgement::Refused(code, meaning) => meaning.outcome(&code, root.filled("ResponseMessage")),
            _ => step::not_processed(format!("the bank did not open its page ({})", code.unwrap_or("no token"))),
        });
    };
    let known = BankRef { extra: vec![(TOKEN.to_owned(), token.to_owned())], ..step::order_ref(&ctx.order_id) };
    let action = BrowserAction::Redirect(step::browser_form("page", "", visit_form(token)));
    step::browse_with(action, Effect::OnceOnlyWrite, token, known, &State::Page { token: token.to_owned() })
}

fn is_token(token: &str) -> bool {
    token.len() <= 64 && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// The visit a callback belongs to.
pub fn correlate(callback: &Callback) -> Option<String> {
    let token = Fields::of(callback).filled("PaymentToken")?;
    is_token(token).then(|| token.to_owned())
}

/// The payer is back; whatever they bring, the bank is asked.
pub fn came_back(ctx: &Context, token: &str, callback: &Callback) -> Result<Step, Fault> {
    let fields = Fields::of(callback);
    if fields.filled("PaymentToken") != Some(token) {
        return Err(Fault::NotAuthentic("the callback is refused: it speaks of another visit".into()));
    }
    let transaction = fields.filled("TransactionId").filter(|number| is_token(number));
    let settings = Settings::load()?;
    let request = message::form("transaction", question(&settings, transaction, token)?)?;
    let known = BankRef {
        transaction_id: transaction.map(str::to_owned),
        extra: vec![(TOKEN.to_owned(), token.to_owned())],
        ..step::order_ref(&ctx.order_id)
    };
    step::send(request, Effect::ReadOnly, known, &State::Confirm { token: token.to_owned() })
}

/// What the bank says of a visit.
#[derive(Debug, Clone)]
pub struct Told {
    root: Tree,
}

impl Told {
    /// Of a document, whatever its root is called.
    pub fn of(root: Tree) -> Self {
        Self { root }
    }

    /// A filled field.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.root.filled(name)
    }

    /// The charge's own code. An error code beside it is the same thing said twice; one without it is about
    /// the question.
    pub fn code(&self) -> Option<&str> {
        self.get("Rc").or_else(|| self.get("ResultCode"))
    }

    /// Why not.
    pub fn error_code(&self) -> Option<&str> {
        self.get("ErrorCode").or_else(|| self.code().filter(|code| *code != SUCCESS))
    }

    /// For people.
    pub fn message(&self) -> Option<&str> {
        self.get("Message").or_else(|| self.get("ResponseMessage"))
    }

    /// What it comes to.
    pub fn judge(&self) -> Judgement {
        match (self.code(), self.get("ErrorCode")) {
            (None, Some(code)) => Judgement::Unclear(format!("the question was refused with {code}")),
            (Some(SUCCESS), Some(code)) => Judgement::Unclear(format!("it says yes and {code}")),
            (code, error) => match answer::judge(code) {
                Judgement::Unclear(why) if error.is_some() => match answer::judge(error) {
                    Judgement::Refused(code, meaning) => Judgement::Refused(code, meaning),
                    _ => Judgement::Unclear(why),
                },
                judgement => judgement,
            },
        }
    }

    /// The outcome for our visit.
    pub fn outcome(&self, ctx: &Context, token: &str, terms: &Terms) -> Outcome {
        if self.get("PaymentToken").is_some_and(|stated| stated != token) {
            return step::unknown("the bank answered with another visit");
        }
        match self.judge() {
            Judgement::Approved => {
                let read = |text: &str| amount::parse_decimal(text, terms.amount.exponent).unwrap_or(-1);
                let stated = Stated {
                    minor: self.get("Amount").map(read),
                    currency: self.get("AmountCode").map(str::to_owned),
                    order_id: self.get("OrderID").map(str::to_owned),
                };
                if stated.minor.is_none() || stated.currency.is_none() || stated.order_id.is_none() {
                    return step::unknown("the bank's yes names no amount or order");
                }
                let extra = self.get("Rrn").map(|value| ("rrn".to_owned(), value.to_owned()));
                let bank = BankRef {
                    transaction_id: self.get("TransactionId").map(str::to_owned),
                    auth_code: self.get("AuthCode").map(str::to_owned),
                    extra: extra.into_iter().chain([(TOKEN.to_owned(), token.to_owned())]).collect(),
                    ..step::order_ref(&ctx.order_id)
                };
                let time = self.get("HostDate").map(|time| ("bank-time".to_owned(), time.to_owned()));
                step::approved(bank, stated, Some(SUCCESS.into()), time.into_iter().collect())
            }
            Judgement::Refused(code, meaning) => meaning.outcome(&code, self.message()),
            Judgement::Unclear(why) => step::unknown(why),
        }
    }
}
