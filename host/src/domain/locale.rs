//! The languages of the portal, of receipts and of error texts.

/// Turkish, English or Azerbaijani.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Locale {
    /// Turkish.
    #[default]
    Tr,
    /// English.
    En,
    /// Azerbaijani.
    Az,
}

impl Locale {
    /// The best of an `Accept-Language` list or a single tag; Turkish where none fits.
    pub fn from_tags(tags: &str) -> Self {
        tags.split(',').find_map(|tag| Self::from_tag(tag.split(';').next().unwrap_or_default())).unwrap_or_default()
    }

    /// By language tag (`en-GB` is English).
    pub fn from_tag(tag: &str) -> Option<Self> {
        match tag.trim().get(..2)?.to_ascii_lowercase().as_str() {
            "tr" => Some(Self::Tr),
            "en" => Some(Self::En),
            "az" => Some(Self::Az),
            _ => None,
        }
    }

    /// The language tag.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Tr => "tr",
            Self::En => "en",
            Self::Az => "az",
        }
    }
}
