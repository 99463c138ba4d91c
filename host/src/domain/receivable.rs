//! What is owed, and its parts.

use jiff::civil::Date;

use super::id::{ComponentId, ReceivableId};
use super::named::named;

named! {
    /// The parts of a receivable. Each changes by ledger entries only.
    pub enum ComponentKind {
        /// Cost of collecting (masraf).
        Expense = "expense",
        /// A fee.
        Fee = "fee",
        /// A tax on interest or fees.
        Tax = "tax",
        /// Interest for being late (temerrüt faizi).
        DefaultInterest = "default_interest",
        /// Agreed interest (akdi faiz).
        ContractInterest = "contract_interest",
        /// The debt itself (anapara).
        Principal = "principal",
    }
}

/// A component with something left to pay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenComponent {
    /// Of which receivable.
    pub receivable: ReceivableId,
    /// Which part.
    pub component: ComponentId,
    /// Of which kind.
    pub kind: ComponentKind,
    /// When the receivable was or is due.
    pub due_on: Date,
    /// What is left, above zero.
    pub outstanding: i64,
}
