//! Stand-in for `vezne:host/card`.

use super::sealed::{Labels, Sealed};

/// In what form an expiry date is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpiryForm {
    /// `3012`
    Yymm,
    /// `1230`
    Mmyy,
    /// `203012`
    Yyyymm,
    /// `12/30`
    MmSlashYy,
    /// `12`
    Mm,
    /// `30`
    Yy,
    /// `2030`
    Yyyy,
}

/// What PCI DSS lets us show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visible {
    /// The first six or eight digits.
    pub bin: String,
    /// The last four.
    pub last4: String,
    /// `visa`, `mastercard`, `troy`, `amex`, …
    pub scheme: String,
    /// Instalment programme, if known.
    pub program: Option<String>,
    /// How many digits it has.
    pub length: u8,
}

/// The card of the current operation.
#[derive(Debug)]
pub struct Card {
    card: TestCard,
}

/// A card for tests.
#[derive(Clone)]
pub struct TestCard {
    /// Digits only.
    pub number: String,
    /// 1 to 12.
    pub month: u8,
    /// Four digits.
    pub year: u16,
    /// If the payer gave one.
    pub security_code: Option<String>,
    /// If the payer gave one.
    pub holder: Option<String>,
}

impl std::fmt::Debug for TestCard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TestCard(…)")
    }
}

impl TestCard {
    /// A card with a number, an expiry date and a security code.
    pub fn new(number: &str, month: u8, year: u16, security_code: Option<&str>) -> Self {
        Self { number: number.to_owned(), month, year, security_code: security_code.map(str::to_owned), holder: None }
    }

    /// As a connector gets it.
    pub fn card(&self) -> Card {
        Card { card: self.clone() }
    }
}

impl Card {
    /// What may be shown.
    pub fn visible(&self) -> Visible {
        let number = &self.card.number;
        let scheme = match number.bytes().next() {
            Some(b'4') => "visa",
            Some(b'5' | b'2') => "mastercard",
            Some(b'9' | b'6') => "troy",
            Some(b'3') => "amex",
            _ => "other",
        };
        Visible {
            bin: number.chars().take(6).collect(),
            last4: number[number.len().saturating_sub(4)..].to_owned(),
            scheme: scheme.to_owned(),
            program: None,
            length: u8::try_from(number.len()).unwrap_or(u8::MAX),
        }
    }

    /// The card number.
    pub fn pan(&self) -> Sealed {
        Sealed::new(self.card.number.clone().into_bytes(), Labels::PAN)
    }

    /// The expiry date.
    pub fn expiry(&self, form: ExpiryForm) -> Sealed {
        let (mm, yyyy) = (format!("{:02}", self.card.month), format!("{:04}", self.card.year));
        let yy = &yyyy[2..];
        let text = match form {
            ExpiryForm::Yymm => format!("{yy}{mm}"),
            ExpiryForm::Mmyy => format!("{mm}{yy}"),
            ExpiryForm::Yyyymm => format!("{yyyy}{mm}"),
            ExpiryForm::MmSlashYy => format!("{mm}/{yy}"),
            ExpiryForm::Mm => mm,
            ExpiryForm::Yy => yy.to_owned(),
            ExpiryForm::Yyyy => yyyy,
        };
        Sealed::new(text.into_bytes(), Labels::EXPIRY)
    }

    /// The security code.
    pub fn security_code(&self) -> Option<Sealed> {
        self.card.security_code.as_ref().map(|code| Sealed::new(code.clone().into_bytes(), Labels::CVV))
    }

    /// The name on the card.
    pub fn holder(&self) -> Option<Sealed> {
        self.card.holder.as_ref().map(|name| Sealed::new(name.clone().into_bytes(), Labels::HOLDER))
    }

    /// For the generated glue only: there are no handles in a native test.
    #[doc(hidden)]
    #[expect(unsafe_code, reason = "the generated glue calls it as unsafe")]
    pub unsafe fn from_handle(_: u32) -> Self {
        unreachable!("native tests have no handles")
    }

    /// See [`from_handle`](Self::from_handle).
    #[doc(hidden)]
    pub fn take_handle(&self) -> u32 {
        unreachable!("native tests have no handles")
    }

    /// See [`from_handle`](Self::from_handle).
    #[doc(hidden)]
    pub fn handle(&self) -> u32 {
        unreachable!("native tests have no handles")
    }
}
