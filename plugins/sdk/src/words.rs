//! The open strings of the contract. A host may know more, a connector may use fewer; nobody may give
//! one of these another meaning.

/// How the card came to us (`terms.entry`).
pub mod entry {
    /// The payer typed it on our page.
    pub const ECOMMERCE: &str = "ecommerce";
    /// A clerk typed it from an order form.
    pub const MAIL_ORDER: &str = "mail-order";
    /// A clerk typed it on the telephone.
    pub const TELEPHONE_ORDER: &str = "telephone-order";
    /// A repeated charge the card holder agreed to.
    pub const RECURRING: &str = "recurring";

    /// Whether a clerk typed the card, so that no 3-D Secure is possible.
    pub fn is_keyed_by_clerk(entry: &str) -> bool {
        matches!(entry, MAIL_ORDER | TELEPHONE_ORDER)
    }
}

/// What was done (`target.operation`), whether or not the payer went through 3-D Secure first.
pub mod operation {
    /// Charged at once.
    pub const SALE: &str = "sale";
    /// Reserved.
    pub const AUTHORIZE: &str = "authorize";
    /// Took a reservation.
    pub const CAPTURE: &str = "capture";
    /// Undone before the day end.
    pub const VOID: &str = "void";
    /// Gave back.
    pub const REFUND: &str = "refund";

    /// What a charge did, or was to do.
    pub fn of_charge(reserve: bool) -> &'static str {
        if reserve { AUTHORIZE } else { SALE }
    }
}

/// How 3-D Secure is used.
pub mod model {
    /// Not at all.
    pub const NONE: &str = "none";
    /// The gate authenticates, we charge afterwards.
    pub const THREE_D: &str = "3d";
    /// The gate authenticates and charges.
    pub const THREE_D_PAY: &str = "3d-pay";
    /// The bank's page takes the card, authenticates and charges.
    pub const THREE_D_HOST: &str = "3d-host";
}

/// What an inquiry found an order to be, where that differs from what was asked about: an attribute of the
/// approval.
pub mod order_state {
    /// The attribute's name.
    pub const KEY: &str = "order-state";
    /// Approved once, voided since: the payer owes and has paid nothing.
    pub const VOIDED: &str = "voided";
    /// Reserved and not captured.
    pub const AUTHORIZED: &str = "authorized";
}

/// Names of attributes: what a host tells beside the fields (`context.attributes`), and what a connector reports beside
/// them (of an approval, a decline, a line of history). Families use names of their own beside these.
pub mod attribute {
    /// Host: every how many periods a charge is repeated.
    pub const RECURRING_INTERVAL: &str = "recurring-interval";
    /// Host: the period, `D`, `W`, `M` or `Y`.
    pub const RECURRING_CYCLE: &str = "recurring-cycle";
    /// Host: how many charges there will be.
    pub const RECURRING_COUNT: &str = "recurring-count";
    /// Host: the identity number of the sub-dealer on whose behalf the card is charged.
    /// A connector that sends it names it among its manifest's capabilities; an account of any other never gets it.
    pub const SUB_DEALER_IDENTITY: &str = "sub-dealer-identity";
    /// Host: which of several sub-dealers with one identity, by the bank's number.
    pub const SUB_DEALER_CODE: &str = "sub-dealer-code";
    /// Host: how much of the charge the card's points shall pay, minor units of its currency; at least 1 and at most the
    /// charge, of which it is a part. A connector that takes it lists [`capability::POINTS`](super::capability::POINTS)
    /// in its manifest, and refuses it where its bank cannot have it (a reservation, a mail order, a gate).
    /// A void or refund of such a charge, and a question about it, bring it again.
    pub const POINTS_MINOR: &str = "points-minor";
    /// Connector: whose points they are, in the bank's word (`World Puan`, `Bonus`).
    pub const POINTS_PROGRAMME: &str = "points-programme";
    /// Connector: the number by which the bank's own people find a transaction.
    pub const HOST_REF: &str = "host-ref";
    /// Connector: when it happened, as the bank wrote it.
    pub const BANK_TIME: &str = "bank-time";
}

/// Capabilities of a manifest that go with an attribute or an optional interface of a package of its own.
pub mod capability {
    /// Points may pay a part of a sale, without the 3-D Secure gate.
    pub const POINTS: &str = "points";
    /// The same at the gate that only authenticates (model `3d`).
    pub const POINTS_THREE_D: &str = "points-three-d";
    /// It can be asked what a card's points are worth: the interface `points` is exported.
    pub const POINTS_INQUIRY: &str = "points-inquiry";
}

/// Decline categories (`decline.category`). Each is also the key of the sentence the payer reads.
pub mod category {
    /// This card cannot be used at all (lost, stolen, fraud): one neutral sentence for all of them.
    pub const CARD_BLOCKED: &str = "card-blocked";
    /// Not enough limit or balance.
    pub const INSUFFICIENT_FUNDS: &str = "insufficient-funds";
    /// A daily or single limit of the card.
    pub const LIMIT_EXCEEDED: &str = "limit-exceeded";
    /// Expired, or the date was typed wrong.
    pub const EXPIRED_CARD: &str = "expired-card";
    /// Security code wrong.
    pub const WRONG_CVV: &str = "wrong-cvv";
    /// Card number wrong.
    pub const WRONG_CARD_NUMBER: &str = "wrong-card-number";
    /// Closed to online payments.
    pub const CARD_CLOSED_ECOMMERCE: &str = "card-closed-ecommerce";
    /// The issuer wants to be called.
    pub const CONTACT_BANK: &str = "contact-bank";
    /// The general refusal.
    pub const NOT_APPROVED: &str = "not-approved";
    /// Another card is needed.
    pub const OTHER_CARD: &str = "other-card";
    /// This instalment option is refused.
    pub const INSTALLMENT_NOT_ALLOWED: &str = "installment-not-allowed";
    /// Cards from abroad are refused.
    pub const FOREIGN_CARD: &str = "foreign-card";
    /// 3-D Secure failed.
    pub const AUTHENTICATE_AGAIN: &str = "authenticate-again";
    /// The card's bank cannot be reached.
    pub const ISSUER_UNAVAILABLE: &str = "issuer-unavailable";
    /// The bank or gateway cannot serve now.
    pub const BANK_TECHNICAL: &str = "bank-technical";
    /// Void, refund or capture asked for in a state that does not allow it.
    pub const STATE_CONFLICT: &str = "state-conflict";
    /// The bank does not know the original.
    pub const NOT_FOUND: &str = "not-found";
    /// Our own settings or rights at the bank.
    pub const CONFIG_ERROR: &str = "config-error";
    /// It had been approved and was voided since; nothing is owed.
    pub const CANCELED: &str = "canceled";
}
