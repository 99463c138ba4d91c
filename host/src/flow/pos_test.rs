//! Trying a POS account: a sale of one lira, a question about it and its void, at the bank's test address.
//!
//! No payment comes of it. Its trail, a committed row before each first byte (P3), is in the audit log.

use std::time::Instant;

use vezne_api::{PosTest, PosTestStep};

use crate::app::App;
use crate::ctx::Ctx;
use crate::domain::card::{Card, Expiry, Pan, SecurityCode};
use crate::domain::id::{AttemptId, PosAccountId};
use crate::domain::money::{Currency, Money};
use crate::flow::error::{FlowError, FlowResult};
use crate::flow::journal::Trail;
use crate::flow::pos::{Pos, pos_open};
use crate::flow::run::{act_until_ms, question_context};
use crate::flow::view::instant;
use crate::plugin::{Act, ActContext, BankRef, Ending, HeldCard, Operation, Target, Terms, ThreeDModel, Verdict};
use crate::store::pos_account::{Environment, pos_account_visible};

/// One lira, as small as a bank takes.
const TEST_AMOUNT: Money = Money::new(100, Currency::TRY);

/// Runs the three steps; what fails is told, not raised. The caller stands in for the payer: some banks take no charge
/// without the address that it came from.
pub async fn pos_test(app: &App, ctx: &Ctx, account: PosAccountId, address: Option<String>) -> FlowResult<PosTest> {
    let mut tx = app.db.read().await?;
    let row = pos_account_visible(&mut tx, ctx.tenant, ctx.scope, account).await?;
    let row = row.ok_or(FlowError::NotFound("pos_account"))?;
    if row.environment != Environment::Test {
        return Err(FlowError::conflict("live_account", "only a test account can be tried: a live one takes money"));
    }
    let attempt = AttemptId::at(app.clock.now_ms());
    let pos = pos_open(app, &mut tx, ctx.tenant, account, attempt).await?;
    drop(tx);
    let card = test_card(&pos)?;
    let context = question_context((app, ctx), &pos, attempt, 'T', address);
    let trail = Trail { app, ctx, account, act: "pos_account.test_sent" };
    let terms = Terms { amount: TEST_AMOUNT, installments: 1, entry: "ecommerce".to_owned(), description: None };
    let mut target = Target {
        operation: Operation::Sale,
        model: ThreeDModel::None,
        terms: terms.clone(),
        bank: BankRef::default(),
        sent_at_ms: app.clock.now_ms(),
    };
    let (sale, bank) = step(&pos, &context, "sale", Act::Sale { terms }, Some(&card), &trail).await;
    let mut steps = vec![sale];
    if let Some(bank) = bank {
        target.bank = bank;
        let asked = step(&pos, &context, "inquire", Act::Inquire { target: target.clone() }, None, &trail).await;
        let undone = step(&pos, &context, "void", Act::Void { target }, None, &trail).await;
        steps.extend([asked.0, undone.0]);
    } else {
        steps.extend(["inquire", "void"].map(skipped));
    }
    Ok(PosTest { ok: steps.iter().all(|step| step.ok), steps, at: instant(app.clock.now_ms()) })
}

fn test_card(pos: &Pos) -> FlowResult<HeldCard> {
    let none = || FlowError::conflict("no_test_card", "the plugin names no test card");
    let public = pos.plugin.manifest.test_card.as_ref().ok_or_else(none)?;
    let broken = |_| FlowError::Internal(format!("the test card of {} is broken", pos.plugin.id));
    let card = Card {
        pan: Pan::parse(&public.number).map_err(broken)?,
        expiry: Expiry::parse(&public.expiry).map_err(broken)?,
        security_code: Some(SecurityCode::parse(&public.security_code).map_err(broken)?),
        holder: None,
    };
    Ok(HeldCard::new(&card, "visa", None))
}

fn skipped(name: &str) -> PosTestStep {
    PosTestStep { name: name.to_owned(), ok: false, skipped: true, outcome: "skipped".to_owned(), detail: None, ms: 0 }
}

/// One step, and how the bank knows what it did.
async fn step(
    pos: &Pos,
    context: &ActContext,
    name: &str,
    act: Act,
    card: Option<&HeldCard>,
    trail: &Trail<'_>,
) -> (PosTestStep, Option<BankRef>) {
    let until_ms = act_until_ms(trail.app, None);
    let began = Instant::now();
    let ending = trail.app.plugins.drive(&pos.installation, context, act, card, trail, until_ms).await;
    let ms = i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
    let (outcome, detail, bank) = match ending {
        Ending::Done(Verdict::Approved(approval)) => ("approved", None, Some(approval.bank)),
        Ending::Done(Verdict::Declined(decline)) => {
            let code = decline.bank_code.unwrap_or_default();
            let words = decline.bank_message.unwrap_or(decline.category);
            ("declined", Some(format!("{code} {words}").trim().to_owned()), None)
        }
        Ending::Done(Verdict::Pending(bank)) => ("pending", None, Some(bank)),
        Ending::Done(Verdict::NotProcessed(reason)) => ("not_processed", Some(reason.to_string()), None),
        Ending::Done(Verdict::Unknown { reason, .. }) => ("unknown", Some(reason.to_string()), None),
        Ending::Browse(_) => ("unknown", Some("the connector wants a browser".to_owned()), None),
        Ending::Listed(_) | Ending::Told(_) => {
            ("unknown", Some("the connector answers another question".to_owned()), None)
        }
    };
    let ok = outcome == "approved";
    (PosTestStep { name: name.to_owned(), ok, skipped: false, outcome: outcome.to_owned(), detail, ms }, bank)
}
