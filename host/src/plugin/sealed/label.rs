//! The labels of a sealed value.

use std::fmt;
use std::ops::{BitOr, BitOrAssign};

/// A set of labels: what a value was made from, and so where it may go.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Labels(u16);

impl Labels {
    /// No label: the guest could have written the bytes itself.
    pub const NONE: Self = Self(0);
    /// A secret, or something as good as one.
    pub const SECRET: Self = Self(1);
    /// The card number.
    pub const PAN: Self = Self(1 << 1);
    /// The card's last month.
    pub const EXPIRY: Self = Self(1 << 2);
    /// The security code.
    pub const CVV: Self = Self(1 << 3);
    /// The name on the card.
    pub const HOLDER: Self = Self(1 << 4);
    /// A digest or signature over something with the card in it, made with a secret.
    pub const CARD_KEYED: Self = Self(1 << 5);
    /// Card data encrypted with a secret key.
    pub const CARD_CIPHER: Self = Self(1 << 6);
    /// Made with a secret, and no longer gives it away.
    pub const KEYED: Self = Self(1 << 7);
    /// May be nothing but a key.
    pub const KEY_ONLY: Self = Self(1 << 8);

    /// The card as such.
    pub const CARD: Self = Self(Self::PAN.0 | Self::EXPIRY.0 | Self::CVV.0 | Self::HOLDER.0);
    /// The card and everything made from it.
    pub const CARD_DERIVED: Self = Self(Self::CARD.0 | Self::CARD_KEYED.0 | Self::CARD_CIPHER.0);

    /// Whether any label of `other` is here.
    pub fn any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Without the labels of `other`.
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether there is no label at all.
    pub fn is_none(self) -> bool {
        self.0 == 0
    }

    const NAMES: [(Self, &'static str); 9] = [
        (Self::SECRET, "secret"),
        (Self::PAN, "pan"),
        (Self::EXPIRY, "expiry"),
        (Self::CVV, "cvv"),
        (Self::HOLDER, "holder"),
        (Self::CARD_KEYED, "card-keyed"),
        (Self::CARD_CIPHER, "card-cipher"),
        (Self::KEYED, "keyed"),
        (Self::KEY_ONLY, "key-only"),
    ];
}

impl BitOr for Labels {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Labels {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names = Self::NAMES.iter().filter(|(label, _)| self.any(*label)).map(|(_, name)| *name);
        f.write_str(names.next().unwrap_or("text"))?;
        names.try_for_each(|name| write!(f, "+{name}"))
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
