//! The first calls of a component: every entrance once, with made-up terms, card and secrets.
//!
//! What it answers does not matter (a fault is fine: the settings are nonsense); that it answers does. A connector that
//! traps, runs too long or breaks the contract on plain inputs never gets as far as a payment. Nothing is sent.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::act::{Act, ActContext, BankRef, Operation, Purpose, Target, Terms, ThreeDModel};
use super::held::HeldCard;
use super::installation::{Endpoint, Installation, Secret};
use super::manifest::{Manifest, PropertyKind};
use super::step::{Call, CallFailure, Guest, Input};
use super::version::Version;
use crate::ctx::Clock;
use crate::domain::card::{Card, Expiry, Pan, SecurityCode};
use crate::domain::id::{PosAccountId, TenantId};
use crate::domain::money::{Currency, Money};

/// A number that every payment system keeps for tests.
const NUMBER: &str = "4111111111111111";
/// 1 January 2026: the same inputs at every try.
const NOW_MS: i64 = 1_767_225_600_000;
/// The day before.
const DAY: &str = "2025-12-31";

/// Calls every entrance; a sentence names the first that failed.
pub(super) async fn tried(version: &Version) -> Result<(), String> {
    let manifest = &version.info.manifest;
    let banks: Vec<Option<&str>> = match manifest.banks.as_slice() {
        [] => vec![None],
        banks => banks.iter().map(|bank| Some(bank.id.as_str())).collect(),
    };
    let card = card()?;
    for bank in banks {
        let installation = installation(version, bank);
        for act in acts(version, manifest) {
            let (context, name) = (context(), act.name());
            let call = Call {
                installation: &installation,
                context: &context,
                card: Some(&card),
                now_ms: NOW_MS,
                again: None,
                sends_before: 0,
                input: Input::Begin(&act),
            };
            let of = bank.map(|bank| format!(" for {bank}")).unwrap_or_default();
            match version.call(call).await.result {
                Ok(_) | Err(CallFailure::Fault(..)) => {}
                Err(CallFailure::Trap(code, detail)) => {
                    return Err(format!("its function {name}{of} fails on plain terms ({code}): {detail}"));
                }
                Err(CallFailure::Breach(detail) | CallFailure::Sink(detail)) => {
                    return Err(format!("its function {name}{of} breaks the contract on plain terms: {detail}"));
                }
                Err(CallFailure::Busy) => return Err("this host is too busy to try it".to_owned()),
            }
        }
    }
    Ok(())
}

fn acts(version: &Version, manifest: &Manifest) -> Vec<Act> {
    let (terms, target) = (terms(), target());
    let mut acts = vec![
        Act::Sale { terms: terms.clone() },
        Act::Void { target: target.clone() },
        Act::Refund { terms: terms.clone(), target: target.clone() },
        Act::Inquire { target: target.clone() },
    ];
    if version.info.preauth {
        let target = target.clone();
        acts.extend([Act::Authorize { terms: terms.clone() }, Act::Capture { terms: terms.clone(), target }]);
    }
    if version.info.history {
        acts.extend([Act::OrderHistory { target }, Act::DayHistory { day: DAY.to_owned(), next: None }]);
    }
    if version.info.points {
        acts.push(Act::Points { terms: terms.clone() });
    }
    for model in [ThreeDModel::ThreeD, ThreeDModel::ThreeDPay, ThreeDModel::ThreeDHost] {
        if manifest.models.iter().any(|known| known == model.as_str()) {
            acts.push(Act::ThreeDSecure { purpose: Purpose::Sale, model, terms: terms.clone() });
        }
    }
    acts
}

fn installation(version: &Version, bank: Option<&str>) -> Installation {
    let manifest = &version.info.manifest;
    let mut config: BTreeMap<String, String> =
        bank.and_then(|id| manifest.bank(id)).map(|bank| bank.config.clone()).unwrap_or_default();
    for (name, property) in &manifest.config.properties {
        let made_up = || match property.kind {
            PropertyKind::Boolean => "false".to_owned(),
            PropertyKind::Integer => property.minimum.unwrap_or(1).to_string(),
            PropertyKind::String => {
                let long = property.min_length.unwrap_or(8).clamp(1, 64);
                property.choices.first().cloned().unwrap_or_else(|| "1".repeat(long))
            }
        };
        config.entry(name.clone()).or_insert_with(|| property.default_text().unwrap_or_else(made_up));
    }
    let secrets = manifest.secrets.iter().map(|asked| {
        let value = if asked.kind == "base64-key" { "MDEyMzQ1Njc4OWFiY2RlZg==" } else { "0123456789abcdef" };
        (asked.name.clone(), Secret::new(value.to_owned()))
    });
    let endpoints = manifest.endpoints.iter().map(|(name, asked)| {
        let (takes_card, takes_secrets) = (asked.takes_card, asked.takes_secrets);
        (name.clone(), Endpoint { url: "https://bank.example/".to_owned(), takes_card, takes_secrets })
    });
    Installation {
        tenant: TenantId::at(NOW_MS),
        pos_account: PosAccountId::at(NOW_MS),
        digest: version.info.digest.clone(),
        config: config.into(),
        secrets: Arc::new(secrets.collect()),
        endpoints: endpoints.collect(),
        sandbox: false,
        zone: "Europe/Istanbul".to_owned(),
    }
}

fn terms() -> Terms {
    Terms {
        amount: Money::new(12_345, Currency::TRY),
        installments: 1,
        entry: "ecommerce".to_owned(),
        description: None,
    }
}

fn target() -> Target {
    Target {
        operation: Operation::Sale,
        model: ThreeDModel::None,
        terms: terms(),
        bank: BankRef { bank_order_id: Some("ORD1".to_owned()), ..BankRef::default() },
        sent_at_ms: NOW_MS,
    }
}

fn context() -> ActContext {
    ActContext::of_trial("TRY00000000000000001", Clock::simulated(NOW_MS))
}

fn card() -> Result<HeldCard, String> {
    let broken = |error: crate::domain::card::CardError| error.to_string();
    let card = Card {
        pan: Pan::parse(NUMBER).map_err(broken)?,
        expiry: Expiry { month: 12, year: 2030 },
        security_code: Some(SecurityCode::parse("000").map_err(broken)?),
        holder: Some("AYŞE YILMAZ".to_owned()),
    };
    Ok(HeldCard::new(&card, "visa", None))
}
