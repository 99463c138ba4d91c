//! What is asked of a host: the flows themselves, as the edge calls them.

use serde_json::Value;
use vezne::app::App;
use vezne::ctx::Ctx;
use vezne::domain::id::{PaymentId, PosAccountId};
use vezne::flow::error::FlowError;
use vezne::flow::inquire::{Due, janitor_due};
use vezne::flow::operation::{Done, OperationRequest, operation_create};
use vezne::flow::sale::{Created, SaleRequest, answer_stored, payment_create};
use vezne::flow::three_ds::{callback, gate_take};
use vezne::plugin::{Callback, Method};

use super::board::HostNo;

/// What the payer's browser or program is told of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// 26 characters.
    pub payment: String,
    pub state: String,
    /// Leads the payer to the bank.
    pub gate: Option<String>,
}

/// How an errand ended.
#[derive(Debug)]
pub enum Outcome {
    /// The payer was answered.
    Answered { client: usize, host: HostNo, answer: Answer },
    /// The payer got an error and may ask again.
    Refused { client: usize, in_doubt: bool, why: String },
    /// The page that carries the payer to the bank.
    Page { client: usize, action: String, fields: Vec<(String, String)> },
    /// The janitor knows what to do.
    Found { host: HostNo, due: Vec<Due> },
    /// Nobody waits for more than this line.
    Said(String),
}

/// Pays, or asks again with the same key.
pub async fn post(app: App, ctx: Ctx, request: SaleRequest, client: usize, host: HostNo) -> Outcome {
    let key = request.key.clone();
    let answer = match payment_create(&app, &ctx, request).await {
        Ok(Created::Replayed { body, .. }) => read(&body),
        Ok(Created::Ran(ran)) => match answer_stored(&app, &key).await {
            Ok(Some((_, body))) => read(&body).map(|answer| Answer { gate: answer.gate.or(ran.gate_token), ..answer }),
            // As the edge does: what the flow gave is shown.
            _ => Some(Answer {
                payment: ran.settled.payment.payment_id.to_text(),
                state: ran.settled.payment.state.to_string(),
                gate: ran.gate_token,
            }),
        },
        Err(error) => {
            let in_doubt = matches!(error, FlowError::Conflict { code: "in_doubt", .. });
            return Outcome::Refused { client, in_doubt, why: error.to_string() };
        }
    };
    match answer {
        Some(answer) => Outcome::Answered { client, host, answer },
        None => Outcome::Refused { client, in_doubt: false, why: "an answer that nobody can read".to_owned() },
    }
}

/// The stored answer, as a client reads it.
fn read(body: &str) -> Option<Answer> {
    let json: Value = serde_json::from_str(body).ok()?;
    let payment = json["id"].as_str()?.trim_start_matches("pay_").to_owned();
    let state = json["state"].as_str()?.to_owned();
    let gate = body.split_once("/gate/").map(|(_, rest)| rest.split('"').next().unwrap_or_default().to_owned());
    Some(Answer { payment, state, gate })
}

/// Opens the page that leads to the bank.
pub async fn gate(app: App, token: String, client: usize) -> Outcome {
    match gate_take(&app, &token).await {
        Ok(page) => {
            let fields = page.form.fields.iter().map(|field| (field.name.clone(), field.value.to_string()));
            Outcome::Page { client, action: page.form.action.clone(), fields: fields.collect() }
        }
        Err(error) => Outcome::Said(format!("the page is gone: {error}")),
    }
}

/// Comes back from the bank.
pub async fn back(app: App, ctx: Ctx, account: PosAccountId, form: Vec<(String, String)>) -> Outcome {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&form).finish();
    let heard = Callback {
        method: Method::Post,
        query: Vec::new(),
        form,
        headers: vec![("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())],
        body: body.into_bytes(),
        source_ip: "85.105.1.1".to_owned(),
    };
    match callback(&app, ctx.tenant, account, heard).await {
        Ok(_) => Outcome::Said("the callback was taken".to_owned()),
        Err(error) => Outcome::Said(format!("the callback was refused: {error}")),
    }
}

/// Captures, voids or refunds.
pub async fn operate(app: App, ctx: Ctx, request: OperationRequest) -> Outcome {
    Outcome::Said(match operation_create(&app, &ctx, request).await {
        Ok(Done::Ran(operation)) => format!("the {} is {}", operation.kind, operation.state),
        Ok(Done::Replayed(_)) => "the operation was done before".to_owned(),
        Err(error) => format!("the operation is refused: {error}"),
    })
}

/// Looks for work of the janitor.
pub async fn janitor(app: App, host: HostNo) -> Outcome {
    match janitor_due(&app, &[]).await {
        Ok(due) => Outcome::Found { host, due },
        Err(error) => Outcome::Said(format!("the janitor is stuck: {error}")),
    }
}

/// The payment of an operation.
pub fn payment_id(text: &str) -> Option<PaymentId> {
    PaymentId::from_text(text).ok()
}
