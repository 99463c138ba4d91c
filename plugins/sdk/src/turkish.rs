//! Turkish letters: casing that is right for people, and folding for banks that know only ASCII.
//!
//! Keys and codes of a protocol are compared with `eq_ignore_ascii_case`, never with these: in Turkish
//! the lower case of `I` is `ı`.

/// Upper case as Turks write it: `i` becomes `İ`, `ı` becomes `I`.
pub fn upper(text: &str) -> String {
    text.chars()
        .flat_map(|c| match c {
            'i' => vec!['İ'],
            'ı' => vec!['I'],
            other => other.to_uppercase().collect(),
        })
        .collect()
}

/// Lower case as Turks write it: `I` becomes `ı`, `İ` becomes `i`.
pub fn lower(text: &str) -> String {
    text.chars()
        .flat_map(|c| match c {
            'I' => vec!['ı'],
            'İ' => vec!['i'],
            other => other.to_lowercase().collect(),
        })
        .collect()
}

/// The nearest ASCII text: Turkish letters lose their marks, anything else that is not ASCII goes.
pub fn ascii(text: &str) -> String {
    text.chars()
        .filter_map(|c| {
            Some(match c {
                'ç' => 'c',
                'Ç' => 'C',
                'ğ' => 'g',
                'Ğ' => 'G',
                'ı' | 'î' => 'i',
                'İ' | 'Î' => 'I',
                'ö' => 'o',
                'Ö' => 'O',
                'ş' => 's',
                'Ş' => 'S',
                'ü' | 'û' => 'u',
                'Ü' | 'Û' => 'U',
                'â' | 'ä' => 'a',
                'Â' | 'Ä' => 'A',
                'ə' => 'e',
                'Ə' => 'E',
                ascii if ascii.is_ascii() => ascii,
                _ => return None,
            })
        })
        .collect()
}

/// Cut to at most `max` characters, never inside one.
pub fn clipped(text: &str, max: usize) -> &str {
    text.char_indices().nth(max).map_or(text, |(at, _)| &text[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_letters_i() {
        assert_eq!(upper("iıIİ kış"), "İIIİ KIŞ");
        assert_eq!(lower("iıIİ KIŞ"), "iııi kış");
        assert_eq!(ascii("Şişli Çağrı ₺"), "Sisli Cagri ");
        assert_eq!(clipped("şşş", 2), "şş");
        assert_eq!(clipped("ab", 5), "ab");
    }
}
