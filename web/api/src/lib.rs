//! Wire types of Vezne's public API, shared by the host that answers, the portal that asks and the
//! tests that check.
//!
//! Rules that hold for every type here:
//! - an amount is an integer in minor units beside a `currency` (ISO 4217 letters), never a float;
//! - an instant is RFC 3339 in UTC, a day is `YYYY-MM-DD`;
//! - an id is text with a prefix (`pay_01J…`) and sorts by time;
//! - what is read ignores unknown fields, what is written refuses them;
//! - a rate is text (`"2.5"` is two and a half percent), because it is exact.

#![warn(missing_docs)]

mod alarm;
mod attempt;
mod bank_transaction;
mod card;
mod checkout;
mod common;
mod customer;
mod dealer;
mod doubt;
mod home;
mod identity;
mod instalment;
mod instalment_rule;
mod ledger;
mod payment;
mod payment_request;
mod plugin;
mod plugin_health;
mod plugin_run;
mod points;
mod pos_account;
mod problem;
mod proposal;
mod receivable;
mod refund;
mod routing;
mod statement;
mod webhook;

pub use alarm::{Alarm, AlarmCause, AlarmClose, AlarmState};
pub use attempt::{Attempt, AttemptState, Event, Operation, OperationKind, OperationState, PluginRef};
pub use bank_transaction::{
    BankAgreement, BankDayQuery, BankDifference, BankMatch, BankStanding, BankTransaction, BankTransactions,
    OurStanding,
};
pub use card::{Card, CardSummary};
pub use checkout::{CardAt, Checkout};
pub use common::{Bank, CountedPage, Day, MoneySum, NodeRef, Page, Party, PartyKind, PartyRef, Timestamp, Total};
pub use customer::{Customer, CustomerCreate};
pub use dealer::{
    Dealer, DealerCreate, DealerKind, DealerSettings, DealerSettingsChoices, DealerUpdate, EffectiveSetting,
    EffectiveSettings,
};
pub use doubt::{Doubt, DoubtDecision, DoubtKind, DoubtOutcome, DoubtReason, DoubtTalk};
pub use home::{Home, HomeDay};
pub use identity::{ApiKey, ApiKeyCreate, ApiKeyCreated, Me, Permission, Role, Scope, Session, SignIn, Token, User};
pub use instalment::{
    Bearer, Bin, CardKind, InstalmentMatrix, InstalmentMatrixCell, InstalmentMatrixRow, InstalmentOption,
    InstalmentQuote, InstalmentQuoteCreate,
};
pub use instalment_rule::{
    InstalmentCeiling, InstalmentChoices, InstalmentEvaluate, InstalmentEvaluation, InstalmentExplained,
    InstalmentLine, InstalmentLook, InstalmentTable, InstalmentVerdict, InstalmentVersion, InstalmentVersionCreate,
    InstalmentVersionState,
};
pub use ledger::{LedgerAccount, LedgerEntry};
pub use payment::{
    CaptureMode, Channel, Decline, DeclineClass, InDoubt, NextAction, Payment, PaymentAct, PaymentAllocation,
    PaymentState, PosAccountRef, ReceivableShare, ThreeDSecure,
};
pub use payment_request::{
    CaptureCreate, PaymentCancel, PaymentConfirm, PaymentCreate, PaymentQuery, PaymentShow, PaymentUpdate,
};
pub use plugin::{
    Plugin, PluginActivate, PluginAsk, PluginBank, PluginCanary, PluginCapability, PluginEndpoint, PluginGrant,
    PluginList, PluginOrigin, PluginRevoke, PluginRollBack, PluginSecret, PluginShadow, PluginShadowChange,
    PluginShadowDifference, PluginShadowRun, PluginState, PluginVersion, Translated,
};
pub use plugin_health::{
    PluginFigures, PluginHealth, PluginHealthState, PluginPhase, PluginServer, PluginVersionHealth,
};
pub use plugin_run::{PluginRun, PluginRunCall, PluginRunDetail, PluginRunFact, PluginRunLog, PluginRunSend};
pub use points::{Points, PointsAsk, PointsWorth};
pub use pos_account::{
    Environment, PosAccount, PosAccountCreate, PosAccountState, PosAccountUpdate, PosTest, PosTestStep, SecretState,
};
pub use problem::{FieldError, Problem};
pub use proposal::{PersonRef, Proposal, ProposalDecide, ProposalKind, ProposalState};
pub use receivable::{Component, ComponentCreate, ComponentKind, Receivable, ReceivableCreate, ReceivableState};
pub use refund::{Refund, RefundCreate, RefundKind, RefundMode, RefundState};
pub use routing::{
    RoutingAccount, RoutingBy, RoutingCandidate, RoutingChoices, RoutingConditions, RoutingCost, RoutingExplain,
    RoutingExplanation, RoutingFailover, RoutingLook, RoutingOrder, RoutingRule, RoutingRuleCreate, RoutingRuleState,
    RoutingRuleUpdate, RoutingSkip, RoutingSubject, RoutingTable, RoutingThrough, RoutingVerdict, Weekday,
};
pub use statement::{Statement, StatementLine, StatementLineKind};
pub use webhook::{
    WEBHOOK_EVENT_TYPES, WebhookAttempt, WebhookDelivery, WebhookDeliveryState, WebhookDisabledReason, WebhookEndpoint,
    WebhookEndpointCreate, WebhookEndpointSecret, WebhookEndpointState, WebhookEndpointUpdate, WebhookEvent,
    WebhookReplay, WebhookReplayCreate, WebhookSecretRotate,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_is_masked_in_debug_output() {
        let card = Card {
            number: "4111111111111111".into(),
            expiry_month: 12,
            expiry_year: 2030,
            security_code: Some("123".into()),
            holder: None,
        };
        assert_eq!(format!("{card:?}"), "Card(masked)");
    }

    #[test]
    fn what_is_written_refuses_unknown_fields() {
        let body = r#"{"amount":1,"colour":"red"}"#;
        assert!(serde_json::from_str::<CaptureCreate>(body).is_err());
    }

    #[test]
    fn what_is_read_ignores_unknown_fields() {
        let body = r#"{"id":"dlr_1","name":"Ankara","colour":"red"}"#;
        assert_eq!(serde_json::from_str::<NodeRef>(body).map(|n| n.name).ok().as_deref(), Some("Ankara"));
    }
}
