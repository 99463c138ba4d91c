//! The shortcut for a bank where each operation is one request: write how to build it and how to read
//! the answer, and have a connector.

use serde::{Deserialize, Serialize};

use crate::{
    BankRef, Card, Context, Effect, Fault, HttpRequest, HttpResponse, Outcome, Payments, Reply, Step, Target, Terms,
    step,
};

/// What is asked of a one-call bank.
#[derive(Debug, Clone, Copy)]
pub enum Ask<'a> {
    /// Charge the card.
    Sale(&'a Terms, &'a Card),
    /// Void before the day end.
    Void(&'a Target),
    /// Give back.
    Refund(&'a Terms, &'a Target),
    /// What became of it?
    Inquire(&'a Target),
}

/// What was asked, when the answer is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Asked {
    /// See [`Ask::Sale`].
    Sale,
    /// See [`Ask::Void`].
    Void,
    /// See [`Ask::Refund`].
    Refund,
    /// See [`Ask::Inquire`].
    Inquire,
}

/// A bank where each operation is one request. Implementing it makes a type a [`Payments`].
pub trait OneCall {
    /// The request, and the references by which an inquiry will find the operation.
    fn build(ctx: &Context, ask: Ask<'_>) -> Result<(HttpRequest, BankRef), Fault>;
    /// What a complete answer says. `Err(UnreadableAnswer)` for anything unclear.
    fn parse(ctx: &Context, asked: Asked, terms: Option<&Terms>, answer: &HttpResponse) -> Result<Outcome, Fault>;
}

fn begin<C: OneCall>(ctx: &Context, ask: Ask<'_>, asked: Asked) -> Result<Step, Fault> {
    let (request, known) = C::build(ctx, ask)?;
    let effect = if asked == Asked::Inquire { Effect::ReadOnly } else { Effect::OnceOnlyWrite };
    step::send(request, effect, known, &asked)
}

impl<C: OneCall> Payments for C {
    fn sale(ctx: &Context, terms: &Terms, card: &Card) -> Result<Step, Fault> {
        begin::<C>(ctx, Ask::Sale(terms, card), Asked::Sale)
    }

    fn void(ctx: &Context, target: &Target) -> Result<Step, Fault> {
        begin::<C>(ctx, Ask::Void(target), Asked::Void)
    }

    fn refund(ctx: &Context, terms: &Terms, target: &Target) -> Result<Step, Fault> {
        begin::<C>(ctx, Ask::Refund(terms, target), Asked::Refund)
    }

    fn inquire(ctx: &Context, target: &Target) -> Result<Step, Fault> {
        begin::<C>(ctx, Ask::Inquire(target), Asked::Inquire)
    }

    fn resume(
        ctx: &Context,
        terms: Option<&Terms>,
        state: &[u8],
        reply: &Reply,
        _: Option<&Card>,
    ) -> Result<Step, Fault> {
        let asked: Asked = crate::state::decode(state)?;
        match reply {
            Reply::Response(answer) if answer.body_truncated => step::done(step::unknown("the answer was cut off")),
            Reply::Response(answer) => step::done(C::parse(ctx, asked, terms, answer)?),
            Reply::Failed(failure) => step::done(step::unknown(format!("the question failed: {}", failure.detail))),
            Reply::Callback(_) => Err(Fault::InvalidRequest("no callback was waited for".into())),
        }
    }
}
