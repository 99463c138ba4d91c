//! Text without case and accents, for search and for addresses that must be unique.

/// Folds text so that what people take for the same is the same: Turkish İ, I, ı and i are one letter,
/// and `çelik`, `CELIK` and `Çelik` are one word.
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.trim().chars() {
        match c {
            'İ' | 'I' | 'ı' | 'î' | 'Î' => out.push('i'),
            'Ş' | 'ş' => out.push('s'),
            'Ğ' | 'ğ' => out.push('g'),
            'Ü' | 'ü' | 'Û' | 'û' => out.push('u'),
            'Ö' | 'ö' => out.push('o'),
            'Ç' | 'ç' => out.push('c'),
            'Ə' | 'ə' => out.push('e'),
            'Â' | 'â' => out.push('a'),
            // The dot that lower-casing İ leaves behind.
            '\u{307}' => {}
            c if c.is_whitespace() => out.push(' '),
            c => out.extend(c.to_lowercase()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_take_for_the_same_is_the_same() {
        for same in ["ÇELİK IŞIK", "çelik ışık", "Celik Isik", " cel\u{0131}k \u{0131}s\u{0131}k "] {
            assert_eq!(fold(same), "celik isik");
        }
        assert_eq!(fold("İ".to_lowercase().as_str()), "i");
        assert_eq!(fold("Əliyev"), "eliyev");
    }

    #[test]
    fn folding_twice_changes_nothing() {
        for text in ["Mavi Leylek Seramik A.Ş.", "ĞÜŞİÖÇ", "ß", ""] {
            assert_eq!(fold(&fold(text)), fold(text));
        }
    }
}
