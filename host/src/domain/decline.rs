//! Why a bank said no, and what the payer is told about it.
//!
//! A connector names a category, an open string; this table turns it into what may be done next and into a
//! sentence for the payer. The bank's own code and words go to staff only.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::domain::locale::Locale;
use crate::domain::named::named;

named! {
    /// What may be done after a decline.
    pub enum DeclineClass {
        /// Never again with this card.
        Never = "never",
        /// Later, or with another card.
        Later = "later",
        /// After correcting what was typed.
        ChangeData = "change_data",
        /// With 3-D Secure.
        StepUp = "step_up",
        /// At another POS.
        Cascade = "cascade",
        /// Nothing is known of the reason; treated as a plain no.
        Unknown = "unknown",
    }
}

impl DeclineClass {
    /// The class of a connector's category.
    pub fn of(category: &str) -> Self {
        match category {
            "decline-final" | "card-blocked" | "card-closed-ecommerce" => Self::Never,
            "decline-retry-other-card"
            | "insufficient-funds"
            | "limit-exceeded"
            | "bank-technical"
            | "issuer-unavailable"
            | "try-later"
            | "contact-bank"
            | "not-approved"
            | "other-card"
            | "do-not-honor" => Self::Later,
            "decline-fix-data" | "expired-card" | "wrong-cvv" | "wrong-card-number" | "wrong-otp" => Self::ChangeData,
            "auth-3ds" | "authenticate-again" => Self::StepUp,
            "decline-retry-other-pos" | "installment-not-allowed" | "foreign-card" | "config-error" => Self::Cascade,
            _ => Self::Unknown,
        }
    }

    /// The category whose sentence serves where a category has none of its own.
    fn fallback(self) -> &'static str {
        match self {
            Self::Never => "decline-final",
            Self::Later | Self::Unknown => "not-approved",
            Self::ChangeData => "decline-fix-data",
            Self::StepUp => "auth-3ds",
            Self::Cascade => "decline-retry-other-pos",
        }
    }
}

/// Category → language → sentence.
static MESSAGES: LazyLock<BTreeMap<String, BTreeMap<String, String>>> = LazyLock::new(|| {
    // A test holds that the file parses and has all three languages.
    serde_json::from_str(include_str!("../../assets/decline_messages.json")).unwrap_or_default()
});

/// What the payer is told, in their language.
pub fn payer_message(category: &str, locale: Locale) -> String {
    let texts = MESSAGES.get(category).or_else(|| MESSAGES.get(DeclineClass::of(category).fallback()));
    texts.and_then(|texts| texts.get(locale.tag())).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_category_speaks_every_language() {
        assert!(MESSAGES.len() > 20);
        for (category, texts) in MESSAGES.iter() {
            for tag in ["tr", "en", "az"] {
                assert!(texts.get(tag).is_some_and(|text| !text.is_empty()), "{category} {tag}");
            }
        }
        assert!(!payer_message("a-category-from-tomorrow", Locale::Az).is_empty());
    }
}
