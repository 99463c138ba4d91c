//! Whose payment it is: a sub-dealer's, or a facilitator's merchant's. The bank takes one of both (0324).

use vezne_plugin::xml::Element;
use vezne_plugin::{Context, Fault, host};

/// A payment facilitator's own fields; all three or none (0327).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facilitator {
    /// `subMrcId`
    pub sub_merchant: String,
    /// `mrcPfId`
    pub facilitator: String,
    /// `mcc`
    pub category: String,
}

impl Facilitator {
    /// From the settings; `None` unless all are there.
    pub fn load() -> Option<Self> {
        Some(Self {
            sub_merchant: host::setting("facilitator-sub-merchant")?,
            facilitator: host::setting("facilitator-id")?,
            category: host::setting("facilitator-mcc")?,
        })
    }
}

/// Whose payment it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Partner {
    /// The store's own.
    Store,
    /// A facilitator's merchant's.
    Facilitator(Facilitator),
    /// A sub-dealer's. The bank books an identity it does not know, or that several dealers share, to the main
    /// dealer without a word.
    SubDealer {
        /// `tckn` (eleven digits) or `vkn` (ten).
        identity: String,
        /// `subDealerCode`, where one identity has several dealers.
        code: Option<String>,
    },
}

impl Partner {
    /// From the context (`sub-dealer-identity`, `sub-dealer-code`) and the settings.
    pub fn of(ctx: &Context, facilitator: Option<&Facilitator>) -> Result<Self, Fault> {
        let get = |key: &str| {
            let found = ctx.attributes.iter().find(|(name, value)| name == key && !value.is_empty());
            found.map(|(_, value)| value.clone())
        };
        let refused = |why: &str| Err(Fault::InvalidRequest(why.to_owned()));
        match (get("sub-dealer-identity"), get("sub-dealer-code"), facilitator) {
            (None, None, None) => Ok(Self::Store),
            (None, None, Some(facilitator)) => Ok(Self::Facilitator(facilitator.clone())),
            (_, _, Some(_)) => refused("a payment facilitator's store has no sub-dealers at this bank"),
            (None, Some(_), None) => refused("a sub-dealer needs a tax or identity number"),
            (Some(identity), code, None) => {
                let plain = matches!(identity.len(), 10 | 11) && identity.bytes().all(|byte| byte.is_ascii_digit());
                if !plain {
                    return refused("the sub-dealer's number is neither a tax nor an identity number");
                }
                Ok(Self::SubDealer { identity, code })
            }
        }
    }

    /// Adds its fields to a sale or reservation.
    pub fn add_to(&self, operation: Element) -> Element {
        match self {
            Self::Store => operation,
            Self::Facilitator(facilitator) => operation
                .field("subMrcId", &facilitator.sub_merchant)
                .field("mrcPfId", &facilitator.facilitator)
                .field("mcc", &facilitator.category),
            Self::SubDealer { identity, code } => operation
                .field(if identity.len() == 11 { "tckn" } else { "vkn" }, identity)
                .optional("subDealerCode", code.as_deref()),
        }
    }
}
