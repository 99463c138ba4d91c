//! Languages and the texts of the portal: one Fluent file per language in `web/texts`.

use std::sync::LazyLock;

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use unic_langid::LanguageIdentifier;

/// A language the portal speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Locale {
    /// Turkish, the first language of every reader unless they say otherwise.
    #[default]
    Tr,
    /// English.
    En,
    /// Azerbaijani, Latin script.
    Az,
}

impl Locale {
    /// All of them, in the order of the switch.
    pub const ALL: [Self; 3] = [Self::Tr, Self::En, Self::Az];

    /// The code used in `lang=`, in the cookie and in `Accept-Language`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Tr => "tr",
            Self::En => "en",
            Self::Az => "az",
        }
    }

    /// From a code; the region is ignored (`az-Latn-AZ`).
    pub fn from_code(code: &str) -> Option<Self> {
        let language = code.split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|l| l.code().eq_ignore_ascii_case(language))
    }

    /// The first language of an `Accept-Language` header that we speak.
    pub fn from_accept_language(header: &str) -> Option<Self> {
        header.split(',').find_map(|part| Self::from_code(part.split(';').next().unwrap_or_default().trim()))
    }

    /// The text of a key.
    pub fn s(self, key: &str) -> String {
        self.format(key, None)
    }

    /// The text of a key with values; numbers choose plural forms, strings are put in as they are.
    pub fn f<const N: usize>(self, key: &str, values: [(&'static str, FluentValue<'static>); N]) -> String {
        let mut args = FluentArgs::with_capacity(N);
        for (name, value) in values {
            args.set(name, value);
        }
        self.format(key, Some(&args))
    }

    /// The text of a key, or `None` where the language has none: for keys made from data.
    pub fn maybe(self, key: &str) -> Option<String> {
        let bundle = self.bundle();
        let pattern = bundle.get_message(key)?.value()?;
        Some(bundle.format_pattern(pattern, None, &mut Vec::new()).into_owned())
    }

    fn format(self, key: &str, args: Option<&FluentArgs<'_>>) -> String {
        let bundle = self.bundle();
        let Some(pattern) = bundle.get_message(key).and_then(|m| m.value()) else {
            // A test compares the keys of all languages and of the source; this is the belt to that brace.
            tracing::error!(key, locale = self.code(), "text is missing");
            return key.to_owned();
        };
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, args, &mut errors).into_owned();
        debug_assert!(errors.is_empty(), "{key}: {errors:?}");
        text
    }

    fn bundle(self) -> &'static FluentBundle<FluentResource> {
        &BUNDLES[self as usize]
    }
}

/// The texts as they are in the repository, in the order of [`Locale::ALL`].
const SOURCES: [&str; 3] =
    [include_str!("../texts/tr.ftl"), include_str!("../texts/en.ftl"), include_str!("../texts/az.ftl")];

static BUNDLES: LazyLock<[FluentBundle<FluentResource>; 3]> = LazyLock::new(|| Locale::ALL.map(bundle_of));

fn bundle_of(locale: Locale) -> FluentBundle<FluentResource> {
    let id: LanguageIdentifier = locale.code().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![id]);
    // Isolation marks are for mixed writing directions; ours all run left to right, and the marks would be copied
    // along with amounts.
    bundle.set_use_isolating(false);
    let resource = FluentResource::try_new(SOURCES[locale as usize].to_owned()).unwrap_or_else(|(partial, errors)| {
        tracing::error!(?errors, locale = locale.code(), "texts do not parse");
        partial
    });
    bundle.add_resource_overriding(resource);
    bundle
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Every key; one that stands there twice would silently be the later one.
    fn keys(locale: Locale) -> BTreeSet<String> {
        let mut keys = BTreeSet::new();
        let lines = SOURCES[locale as usize].lines().filter(|l| l.starts_with(|c: char| c.is_ascii_lowercase()));
        for key in lines.filter_map(|l| l.split_once(" =").map(|(key, _)| key.to_owned())) {
            assert!(keys.insert(key.clone()), "{key} is there twice in {}", locale.code());
        }
        keys
    }

    #[test]
    fn all_languages_parse_and_have_the_same_keys() {
        for locale in Locale::ALL {
            assert!(FluentResource::try_new(SOURCES[locale as usize].to_owned()).is_ok(), "{}", locale.code());
        }
        let turkish = keys(Locale::Tr);
        assert!(turkish.len() > 150);
        for other in [Locale::En, Locale::Az] {
            let there = keys(other);
            assert_eq!(
                turkish.difference(&there).collect::<Vec<_>>(),
                Vec::<&String>::new(),
                "missing in {}",
                other.code()
            );
            assert_eq!(
                there.difference(&turkish).collect::<Vec<_>>(),
                Vec::<&String>::new(),
                "only in {}",
                other.code()
            );
        }
    }

    #[test]
    fn every_key_named_in_the_source_exists_and_takes_the_same_values() {
        let turkish = keys(Locale::Tr);
        let mut stack = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
        let mut found = 0;
        while let Some(path) = stack.pop() {
            if path.is_dir() {
                stack.extend(std::fs::read_dir(path).expect("folder").map(|e| e.expect("entry").path()));
                continue;
            }
            let source = std::fs::read_to_string(&path).expect("source");
            for opening in ["t.s(\"", "t.f(\"", "locale.s(\"", "locale.f(\""] {
                for piece in source.split(opening).skip(1) {
                    let key = piece.split('"').next().unwrap_or_default();
                    assert!(turkish.contains(key), "{key} in {}", path.display());
                    found += 1;
                }
            }
        }
        assert!(found > 100, "only {found} keys found: did the way texts are asked for change?");
    }

    #[test]
    fn languages_are_chosen() {
        assert_eq!(Locale::from_accept_language("de-DE, az;q=0.8, tr"), Some(Locale::Az));
        assert_eq!(Locale::from_code("EN-gb"), Some(Locale::En));
        assert_eq!(Locale::from_code("fr"), None);
    }
}
