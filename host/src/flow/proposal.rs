//! Maker and checker: one person proposes, a second and different one confirms, and what was proposed is done in the
//! commit of the confirmation.
//!
//! A kind of proposal brings two things: what is checked when it is made, and [`carry_out_in_tx`].

use serde_json::{Value, json};

use crate::app::App;
use crate::ctx::{Actor, Ctx};
use crate::domain::id::{NodeId, ProposalId};
use crate::domain::payment::Move;
use crate::domain::proposal::{ProposalEvent, ProposalKind, ProposalState, WrongHand};
use crate::flow::attempt::{Settled, attempt_settled};
use crate::flow::doubt;
use crate::flow::error::{FieldError, FlowError, FlowResult};
use crate::limits;
use crate::security::redact;
use crate::store::audit::audit_insert;
use crate::store::proposal::{Proposal, proposal_insert, proposal_update, proposal_visible};
use crate::store::{StoreError, Tx};

/// Why the maker knows.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// In words.
    pub text: String,
    /// The number of the bank's letter or statement.
    pub reference: Option<String>,
    /// SHA-256 of a file that the maker keeps, hex.
    pub attachment_sha256: Option<String>,
}

/// What is proposed.
#[derive(Debug, Clone)]
pub struct ProposalRequest {
    /// Which kind.
    pub kind: ProposalKind,
    /// Whoever sees this node sees it.
    pub node: NodeId,
    /// What it is about, with its prefix.
    pub subject: String,
    /// What will be done.
    pub payload: Value,
    /// Why the maker knows.
    pub evidence: Evidence,
}

/// What a confirmation did, for what must follow its commit.
#[derive(Debug)]
pub enum Carried {
    /// Somebody else moved a row first: the whole commit is tried again.
    Lost,
    /// An attempt moved.
    Attempt(Box<Settled>),
    /// An operation moved.
    Operation,
}

/// A program proposes and checks nothing: four eyes are two persons'.
pub fn person(ctx: &Ctx) -> FlowResult<String> {
    match ctx.actor {
        Actor::User(_) => Ok(ctx.actor.label()),
        Actor::ApiKey(_) | Actor::Payer | Actor::Job(_) => Err(FlowError::Forbidden("person_needed")),
    }
}

/// Writes a proposal, in the commit of the act that makes it.
pub async fn proposal_insert_in_tx(tx: &mut Tx, ctx: &Ctx, request: ProposalRequest) -> FlowResult<ProposalId> {
    let maker = person(ctx)?;
    let evidence = evidence_checked(request.evidence)?;
    let now_ms = ctx.clock.now_ms();
    let proposal = Proposal {
        tenant_id: ctx.tenant,
        proposal_id: ProposalId::at(now_ms),
        node_id: request.node,
        kind: request.kind,
        subject: request.subject,
        payload: request.payload.to_string(),
        evidence: evidence.text,
        reference: evidence.reference,
        attachment_sha256: evidence.attachment_sha256,
        state: ProposalState::Proposed,
        proposed_by: maker,
        proposed_at_ms: now_ms,
        expires_at_ms: now_ms + limits::millis(limits::PROPOSAL_LIFE),
        decided_by: None,
        decided_at_ms: None,
        note: None,
        version: 1,
        proposed_by_name: None,
        decided_by_name: None,
    };
    if !proposal_insert(tx, &proposal).await? {
        return Err(FlowError::conflict("proposal_open", "somebody has proposed something about it already"));
    }
    let detail = json!({
        "kind": proposal.kind, "subject": proposal.subject, "payload": request.payload, "evidence": proposal.evidence,
        "reference": proposal.reference, "attachment_sha256": proposal.attachment_sha256,
    });
    audit_insert(tx, ctx, "proposal.made", &proposal.proposal_id.to_string(), &detail).await?;
    Ok(proposal.proposal_id)
}

fn evidence_checked(evidence: Evidence) -> FlowResult<Evidence> {
    let mut faults = Vec::new();
    // People paste whole statements: a card number must not come in with them (P9).
    let scrubbed = |text: &str| redact::scrub(text.trim()).into_owned();
    let text = scrubbed(&evidence.text);
    let letters = text.chars().count();
    if letters < limits::EVIDENCE_CHARS_MIN {
        faults.push(FieldError::new("/evidence", "too_short", "too short to say anything"));
    } else if letters > limits::EVIDENCE_CHARS_MAX {
        faults.push(FieldError::new("/evidence", "too_long", "a page at most"));
    }
    let given = |text: Option<String>| text.map(|text| scrubbed(&text)).filter(|text| !text.is_empty());
    let reference = given(evidence.reference);
    if reference.as_ref().is_some_and(|text| text.chars().count() > 100) {
        faults.push(FieldError::new("/reference", "too_long", "100 letters at most"));
    }
    // A digest is no text: 64 hexadecimal digits could look like a card number to the scrubber.
    let digest = evidence.attachment_sha256.map(|text| text.trim().to_ascii_lowercase()).filter(|t| !t.is_empty());
    if digest.as_ref().is_some_and(|text| text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit())) {
        faults.push(FieldError::new("/attachment_sha256", "malformed", "64 hexadecimal digits"));
    }
    if faults.is_empty() {
        Ok(Evidence { text, reference, attachment_sha256: digest })
    } else {
        Err(FlowError::Invalid(faults))
    }
}

/// Confirms, rejects or withdraws. A confirmation does what was proposed, in the same commit.
pub async fn proposal_decide(
    app: &App,
    ctx: &Ctx,
    id: ProposalId,
    event: ProposalEvent,
    note: Option<&str>,
) -> FlowResult<()> {
    let actor = person(ctx)?;
    let note = note.map(|text| redact::scrub(text.trim()).into_owned()).filter(|text| !text.is_empty());
    if note.as_ref().is_some_and(|text| text.chars().count() > limits::EVIDENCE_CHARS_MAX) {
        return Err(FlowError::invalid("/note", "too_long", "a page at most"));
    }
    for _ in 0..limits::MOVE_TRIES_MAX {
        let mut tx = app.db.begin().await?;
        let found = proposal_visible(&mut tx, ctx.tenant, ctx.scope, id).await?;
        let mut proposal = found.ok_or(FlowError::NotFound("proposal"))?;
        event.check(&proposal.proposed_by, &actor).map_err(wrong_hand)?;
        let state = match proposal.state.next(event) {
            Ok(Move::Stay) => return Ok(()),
            Ok(Move::To(state)) => state,
            Err(_) => return Err(FlowError::conflict("proposal_closed", format!("it is {}", proposal.state))),
        };
        let now_ms = ctx.clock.now_ms();
        if now_ms >= proposal.expires_at_ms {
            return Err(FlowError::conflict("proposal_closed", "its time is over"));
        }
        proposal.state = state;
        proposal.decided_by = Some(actor.clone());
        proposal.decided_at_ms = Some(now_ms);
        proposal.note.clone_from(&note);
        if !proposal_update(&mut tx, &proposal).await? {
            continue;
        }
        let carried = match event {
            ProposalEvent::Confirmed => Some(carry_out_in_tx(app, &mut tx, ctx, &proposal).await?),
            _ => None,
        };
        if matches!(carried, Some(Carried::Lost)) {
            continue;
        }
        let detail = json!({
            "kind": proposal.kind, "subject": proposal.subject, "proposed_by": proposal.proposed_by,
            "payload": proposal.payload, "note": note,
        });
        audit_insert(&mut tx, ctx, &format!("proposal.{state}"), &id.to_string(), &detail).await?;
        match tx.commit().await {
            Ok(()) => {}
            // Whether it was kept is read, not guessed: the next round finds the proposal decided or not.
            Err(StoreError::CommitUnknown(_)) => continue,
            Err(error) => return Err(error.into()),
        }
        match carried {
            Some(Carried::Attempt(settled)) => attempt_settled(app, &settled),
            Some(Carried::Operation) => app.webhook_wake.notify_one(),
            Some(Carried::Lost) | None => {}
        }
        return Ok(());
    }
    Err(FlowError::Busy("a proposal that many hands move at once"))
}

fn wrong_hand(wrong: WrongHand) -> FlowError {
    match wrong {
        WrongHand::Own => FlowError::Forbidden("own_proposal"),
        WrongHand::NotOwn => FlowError::Forbidden("not_own_proposal"),
    }
}

/// Does what a kind of proposal is about.
async fn carry_out_in_tx(app: &App, tx: &mut Tx, ctx: &Ctx, proposal: &Proposal) -> FlowResult<Carried> {
    match proposal.kind {
        ProposalKind::DoubtDecision => doubt::decision_in_tx(app, tx, ctx, proposal).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(text: &str, digest: Option<&str>) -> FlowResult<Evidence> {
        evidence_checked(Evidence {
            text: text.to_owned(),
            reference: Some("  ".to_owned()),
            attachment_sha256: digest.map(str::to_owned),
        })
    }

    #[test]
    fn evidence_says_something_and_carries_no_card() {
        assert!(evidence("evet", None).is_err());
        assert!(evidence(&"x".repeat(2_001), None).is_err());
        let kept = evidence("Ekstrede 4355084355084358 ile görünüyor", Some(&"AB".repeat(32))).unwrap();
        assert!(!kept.text.contains("4355084355084358"), "{}", kept.text);
        assert_eq!(kept.reference, None);
        assert_eq!(kept.attachment_sha256, Some("ab".repeat(32)));
        assert!(evidence("Ekstrede görünüyor", Some("ab")).is_err());
    }
}
