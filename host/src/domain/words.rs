//! Amounts in words, as a receipt (makbuz) carries them.

use super::locale::Locale;
use super::money::{Currency, Money};

impl Money {
    /// `bin iki yüz elli Türk lirası elli kuruş`. `None` for negative amounts, and for currencies whose
    /// names we do not know in that language: a receipt then shows the figures alone.
    pub fn in_words(self, locale: Locale) -> Option<String> {
        if self.minor < 0 {
            return None;
        }
        let (major_name, minor_name) = names(self.currency, locale)?;
        let unit = 10_u64.pow(u32::from(self.currency.exponent()));
        let minor = self.minor.unsigned_abs();
        let mut out = format!("{} {major_name}", number(minor / unit, locale));
        if !minor.is_multiple_of(unit) {
            out.push(' ');
            out.push_str(&number(minor % unit, locale));
            out.push(' ');
            out.push_str(minor_name);
        }
        Some(out)
    }
}

fn names(currency: Currency, locale: Locale) -> Option<(&'static str, &'static str)> {
    Some(match (currency.code(), locale) {
        ("TRY", Locale::Tr) => ("Türk lirası", "kuruş"),
        ("TRY", Locale::En) => ("Turkish lira", "kuruş"),
        ("TRY", Locale::Az) => ("Türkiyə lirəsi", "quruş"),
        ("AZN", Locale::Tr) => ("Azerbaycan manatı", "kepik"),
        ("AZN", Locale::En) => ("Azerbaijani manat", "qəpik"),
        ("AZN", Locale::Az) => ("Azərbaycan manatı", "qəpik"),
        ("USD", Locale::Tr) => ("ABD doları", "sent"),
        ("USD", Locale::En) => ("US dollars", "cents"),
        ("USD", Locale::Az) => ("ABŞ dolları", "sent"),
        ("EUR", Locale::Tr) => ("euro", "sent"),
        ("EUR", Locale::En) => ("euros", "cents"),
        ("EUR", Locale::Az) => ("avro", "sent"),
        _ => return None,
    })
}

struct Words {
    zero: &'static str,
    ones: [&'static str; 10],
    tens: [&'static str; 10],
    hundred: &'static str,
    scales: [&'static str; 7],
}

const TR: Words = Words {
    zero: "sıfır",
    ones: ["", "bir", "iki", "üç", "dört", "beş", "altı", "yedi", "sekiz", "dokuz"],
    tens: ["", "on", "yirmi", "otuz", "kırk", "elli", "altmış", "yetmiş", "seksen", "doksan"],
    hundred: "yüz",
    scales: ["", "bin", "milyon", "milyar", "trilyon", "katrilyon", "kentilyon"],
};

const AZ: Words = Words {
    zero: "sıfır",
    ones: ["", "bir", "iki", "üç", "dörd", "beş", "altı", "yeddi", "səkkiz", "doqquz"],
    tens: ["", "on", "iyirmi", "otuz", "qırx", "əlli", "altmış", "yetmiş", "səksən", "doxsan"],
    hundred: "yüz",
    scales: ["", "min", "milyon", "milyard", "trilyon", "katrilyon", "kentilyon"],
};

const EN_ONES: [&str; 20] = [
    "",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const EN_TENS: [&str; 10] = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const EN_SCALES: [&str; 7] = ["", "thousand", "million", "billion", "trillion", "quadrillion", "quintillion"];

fn number(value: u64, locale: Locale) -> String {
    if value == 0 {
        return match locale {
            Locale::Tr => TR.zero,
            Locale::Az => AZ.zero,
            Locale::En => "zero",
        }
        .to_owned();
    }
    let mut groups = Vec::new();
    let (mut rest, mut scale) = (value, 0);
    while rest > 0 {
        let group = rest % 1000;
        if group > 0 {
            groups.push(match locale {
                Locale::Tr => turkic(group, scale, &TR),
                Locale::Az => turkic(group, scale, &AZ),
                Locale::En => english(group, scale),
            });
        }
        rest /= 1000;
        scale += 1;
    }
    groups.reverse();
    groups.join(" ")
}

/// One group of three digits. "Bir" is not said before hundred and thousand.
fn turkic(group: u64, scale: usize, words: &Words) -> String {
    let digit = |value: u64| usize::try_from(value % 10).unwrap_or(0);
    let mut out: Vec<&str> = Vec::with_capacity(5);
    match group / 100 {
        0 => {}
        1 => out.push(words.hundred),
        hundreds => out.extend([words.ones[digit(hundreds)], words.hundred]),
    }
    out.push(words.tens[digit(group / 10)]);
    if !(group == 1 && scale == 1) {
        out.push(words.ones[digit(group)]);
    }
    out.push(words.scales[scale]);
    out.retain(|word| !word.is_empty());
    out.join(" ")
}

fn english(group: u64, scale: usize) -> String {
    let place = |value: u64| usize::try_from(value).unwrap_or(0);
    let mut out: Vec<String> = Vec::with_capacity(3);
    if group >= 100 {
        out.push(format!("{} hundred", EN_ONES[place(group / 100)]));
    }
    match group % 100 {
        0 => {}
        small @ 1..20 => out.push(EN_ONES[place(small)].to_owned()),
        large if large.is_multiple_of(10) => out.push(EN_TENS[place(large / 10)].to_owned()),
        large => out.push(format!("{}-{}", EN_TENS[place(large / 10)], EN_ONES[place(large % 10)])),
    }
    if scale > 0 {
        out.push(EN_SCALES[scale].to_owned());
    }
    out.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(minor: i64, locale: Locale) -> String {
        Money::new(minor, Currency::TRY).in_words(locale).expect("named")
    }

    #[test]
    fn turkish_says_no_one_before_hundred_and_thousand() {
        assert_eq!(words(125_050, Locale::Tr), "bin iki yüz elli Türk lirası elli kuruş");
        assert_eq!(words(10_000, Locale::Tr), "yüz Türk lirası");
        assert_eq!(words(100_100_000, Locale::Tr), "bir milyon bin Türk lirası");
        assert_eq!(words(2_100_000, Locale::Tr), "yirmi bir bin Türk lirası");
        assert_eq!(words(5, Locale::Tr), "sıfır Türk lirası beş kuruş");
        assert_eq!(words(1_845_975, Locale::Tr), "on sekiz bin dört yüz elli dokuz Türk lirası yetmiş beş kuruş");
    }

    #[test]
    fn the_other_languages() {
        assert_eq!(words(125_050, Locale::En), "one thousand two hundred fifty Turkish lira fifty kuruş");
        assert_eq!(words(231_999, Locale::En), "two thousand three hundred nineteen Turkish lira ninety-nine kuruş");
        assert_eq!(words(125_050, Locale::Az), "min iki yüz əlli Türkiyə lirəsi əlli quruş");
        assert_eq!(Money::new(-1, Currency::TRY).in_words(Locale::Tr), None);
        assert!(Money::new(i64::MAX, Currency::TRY).in_words(Locale::Tr).is_some());
    }
}
