//! The merchant plug-in (MPI): whether and where a card's bank verifies its holder.

use vezne_plugin::body::Form;
use vezne_plugin::callback::Fields;
use vezne_plugin::value;
use vezne_plugin::xml::Tree;
use vezne_plugin::{Card, Context, ExpiryForm, Fault, HttpRequest, amount};

use crate::message;
use crate::order::Order;
use crate::settings::Settings;

/// A repeated payment the holder agrees to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recurring {
    /// How many cycles between two charges.
    pub interval: String,
    /// `Day`, `Month` or `Year`.
    pub cycle: &'static str,
    /// How many charges in all.
    pub count: String,
    /// The last day, `20301231`. The card's bank refuses one after the card's own end.
    pub until: String,
    /// The first day; empty for today.
    pub from: String,
}

impl Recurring {
    /// If the context asks for one.
    pub fn of(ctx: &Context) -> Result<Option<Self>, Fault> {
        let get = |key: &str| ctx.attributes.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone());
        let (Some(interval), Some(count), Some(cycle)) =
            (get("recurring-interval"), get("recurring-count"), get("recurring-cycle"))
        else {
            // Half of a wish would be charged once.
            return match ctx.attributes.iter().find(|(name, _)| name.starts_with("recurring-")) {
                Some((name, _)) => {
                    Err(Fault::InvalidRequest(format!("{name} alone does not say how a payment repeats")))
                }
                None => Ok(None),
            };
        };
        let cycle = cycle_word(&cycle)?;
        let until = get("recurring-until")
            .ok_or_else(|| Fault::InvalidRequest("a repeated payment needs its last day (recurring-until)".into()))?;
        Ok(Some(Self { interval, cycle, count, until, from: get("recurring-from").unwrap_or_default() }))
    }
}

/// Only the MPI is told of repetitions: charged in another way, the payment would not repeat.
pub fn not_recurring(ctx: &Context) -> Result<(), Fault> {
    match Recurring::of(ctx)? {
        None => Ok(()),
        Some(_) => Err(Fault::Unsupported("the bank repeats a payment only if it begins with the model 3d".into())),
    }
}

/// The bank's word for a cycle.
pub fn cycle_word(cycle: &str) -> Result<&'static str, Fault> {
    match cycle {
        "D" | "DAY" => Ok("Day"),
        "M" | "MONTH" => Ok("Month"),
        "Y" | "YEAR" => Ok("Year"),
        other => Err(Fault::Unsupported(format!("the bank does not repeat payments by {other}"))),
    }
}

/// What an enrolment says.
#[derive(Debug, Clone, Copy)]
pub struct Enrolment<'a> {
    /// What is to be charged.
    pub order: &'a Order,
    /// Our number of the enrolment; comes back with the payer.
    pub request_id: &'a str,
    /// Where a success comes back to.
    pub ok_url: &'a str,
    /// Where a failure comes back to.
    pub fail_url: &'a str,
    /// The bank's number of the card's scheme.
    pub brand: Option<&'a str>,
    /// If the payment repeats.
    pub recurring: Option<&'a Recurring>,
}

/// The form. It carries the card without its code, which is for the charge.
pub fn enrolment(settings: &Settings, said: &Enrolment<'_>, card: &Card) -> Result<Form, Fault> {
    let form = Form::new()
        .field("MerchantId", &settings.merchant_id)
        .field("MerchantPassword", value::secret("api-password")?)
        .field("MerchantType", settings.dealer.code())
        .field("PurchaseAmount", &said.order.amount)
        .field("VerifyEnrollmentRequestId", said.request_id)
        .field("Currency", &said.order.currency)
        .field("SuccessUrl", said.ok_url)
        .field("FailureUrl", said.fail_url)
        .field("Pan", card.pan())
        .field("ExpiryDate", card.expiry(ExpiryForm::Yymm))
        .optional("BrandName", said.brand)
        .field("IsRecurring", if said.recurring.is_some() { "true" } else { "false" })
        .optional("InstallmentCount", said.order.instalments.as_deref())
        .optional("SubMerchantId", settings.dealer.sub_merchant());
    Ok(match said.recurring {
        None => form,
        Some(recurring) => form
            .field("RecurringFrequency", &recurring.interval)
            .field("RecurringFrequencyType", recurring.cycle)
            .field("RecurringInstallmentCount", &recurring.count)
            .field("RecurringEndDate", &recurring.until)
            .field("TriggerDate", &recurring.from),
    })
}

/// As a request.
pub fn request(form: Form) -> Result<HttpRequest, Fault> {
    message::form("mpi", form)
}

/// The MPI's answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Enrolled {
    /// `Y`: the holder can be verified.
    pub status: String,
    /// Where.
    pub acs_url: String,
    /// What the browser posts there.
    pub pa_req: String,
    /// Where the card's bank sends the payer: the MPI, which sends them on to us.
    pub term_url: String,
    /// The MPI's own reference.
    pub md: String,
    /// Our number of the enrolment, if repeated.
    pub request_id: Option<String>,
    /// Why not.
    pub error_code: Option<String>,
    /// For people.
    pub error_message: Option<String>,
}

impl Enrolled {
    /// Of the `IPaySecure` document.
    pub fn of(root: &Tree) -> Result<Self, Fault> {
        let veres = root.at("Message/VERes").filter(|_| root.name == "IPaySecure");
        let get = |name: &str| veres.and_then(|veres| veres.filled(name)).unwrap_or_default().to_owned();
        let above = |name: &str| root.filled(name).map(str::to_owned);
        if root.name != "IPaySecure" {
            return Err(Fault::UnreadableAnswer("the answer is not an IPaySecure".into()));
        }
        Ok(Self {
            status: get("Status"),
            acs_url: get("ACSUrl"),
            pa_req: get("PaReq"),
            term_url: get("TermUrl"),
            md: get("MD"),
            request_id: above("VerifyEnrollmentRequestId"),
            error_code: above("MessageErrorCode"),
            error_message: above("ErrorMessage"),
        })
    }

    /// The form for the card's bank.
    pub fn form(&self) -> Form {
        Form::new().field("PaReq", &self.pa_req).field("TermUrl", &self.term_url).field("MD", &self.md)
    }
}

/// What comes back with the payer. Nothing signs it: the bank holds it against its own record when the
/// charge is sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Back {
    /// `Y` is verified.
    pub status: String,
    /// Our number of the enrolment.
    pub request_id: String,
    /// Electronic commerce indicator.
    pub eci: String,
    /// The issuer's cryptogram.
    pub cavv: String,
    /// Minor units or a decimal, if stated.
    pub amount: Option<String>,
    /// ISO 4217 number, if stated.
    pub currency: Option<String>,
    /// Why not.
    pub error_code: Option<String>,
    /// For people.
    pub error_message: Option<String>,
}

impl Back {
    /// Of the posted fields.
    pub fn of(fields: Fields<'_>) -> Self {
        let get = |name: &str| fields.filled(name).map(str::to_owned);
        Self {
            status: get("Status").unwrap_or_default(),
            request_id: get("VerifyEnrollmentRequestId").unwrap_or_default(),
            eci: get("Eci").unwrap_or_default(),
            cavv: get("Cavv").unwrap_or_default(),
            amount: get("PurchAmount"),
            currency: get("PurchCurrency"),
            error_code: get("ErrorCode"),
            error_message: get("ErrorMessage"),
        }
    }

    /// The amount in minor units: the MPI writes `101` where it was sent `1.01`.
    pub fn minor(&self, exponent: u8) -> Option<i64> {
        let stated = self.amount.as_deref()?;
        let whole = stated.strip_suffix(".000").unwrap_or(stated);
        amount::parse_minor(whole).or_else(|| amount::parse_decimal(stated, exponent))
    }
}
