//! An amount in words, as receipts and large amounts show it.

use crate::text::Locale;

struct Words {
    ones: [&'static str; 20],
    tens: [&'static str; 10],
    hundred: &'static str,
    scales: [&'static str; 4],
    lira: &'static str,
    kurus: &'static str,
}

const TR: Words = Words {
    ones: [
        "sıfır", "bir", "iki", "üç", "dört", "beş", "altı", "yedi", "sekiz", "dokuz", "on", "on bir", "on iki",
        "on üç", "on dört", "on beş", "on altı", "on yedi", "on sekiz", "on dokuz",
    ],
    tens: ["", "on", "yirmi", "otuz", "kırk", "elli", "altmış", "yetmiş", "seksen", "doksan"],
    hundred: "yüz",
    scales: ["", "bin", "milyon", "milyar"],
    lira: "lira",
    kurus: "kuruş",
};
const AZ: Words = Words {
    ones: [
        "sıfır",
        "bir",
        "iki",
        "üç",
        "dörd",
        "beş",
        "altı",
        "yeddi",
        "səkkiz",
        "doqquz",
        "on",
        "on bir",
        "on iki",
        "on üç",
        "on dörd",
        "on beş",
        "on altı",
        "on yeddi",
        "on səkkiz",
        "on doqquz",
    ],
    tens: ["", "on", "iyirmi", "otuz", "qırx", "əlli", "altmış", "yetmiş", "səksən", "doxsan"],
    hundred: "yüz",
    scales: ["", "min", "milyon", "milyard"],
    lira: "lirə",
    kurus: "quruş",
};
const EN: Words = Words {
    ones: [
        "zero",
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
    ],
    tens: ["", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"],
    hundred: "hundred",
    scales: ["", "thousand", "million", "billion"],
    lira: "lira",
    kurus: "kuruş",
};

/// “Yüz yirmi sekiz bin yedi yüz altmış lira elli kuruş”. `None` beyond a thousand billion or below zero.
pub fn lira(minor: i64, locale: Locale) -> Option<String> {
    let minor = u64::try_from(minor).ok()?;
    let words = match locale {
        Locale::Tr => &TR,
        Locale::En => &EN,
        Locale::Az => &AZ,
    };
    let (whole, cents) = (minor / 100, minor % 100);
    if whole >= 1_000_000_000_000 {
        return None;
    }
    let mut out = format!("{} {}", number(whole, words, locale), words.lira);
    if cents > 0 {
        out.push(' ');
        out.push_str(&number(cents, words, locale));
        out.push(' ');
        out.push_str(words.kurus);
    }
    Some(capital(&out, locale))
}

fn number(n: u64, words: &Words, locale: Locale) -> String {
    if n == 0 {
        return words.ones[0].to_owned();
    }
    let mut parts = Vec::new();
    for scale in (0..4u32).rev() {
        let group = usize::try_from(n / 1000_u64.pow(scale) % 1000).unwrap_or_default();
        if group == 0 {
            continue;
        }
        // Turkish and Azerbaijani say “bin”, never “bir bin”.
        if !(scale == 1 && group == 1 && locale != Locale::En) {
            parts.push(below_thousand(group, words, locale));
        }
        if scale > 0 {
            parts.push(words.scales[scale as usize].to_owned());
        }
    }
    parts.join(" ")
}

fn below_thousand(n: usize, words: &Words, locale: Locale) -> String {
    let mut parts = Vec::new();
    let (hundreds, rest) = (n / 100, n % 100);
    if hundreds > 0 {
        if hundreds > 1 || locale == Locale::En {
            parts.push(words.ones[hundreds].to_owned());
        }
        parts.push(words.hundred.to_owned());
    }
    if rest > 0 && rest < 20 {
        parts.push(words.ones[rest].to_owned());
    } else if rest > 0 {
        let (tens, ones) = (rest / 10, rest % 10);
        let mut pair = words.tens[tens].to_owned();
        if ones > 0 {
            pair.push(if locale == Locale::En { '-' } else { ' ' });
            pair.push_str(words.ones[ones]);
        }
        parts.push(pair);
    }
    parts.join(" ")
}

fn capital(text: &str, locale: Locale) -> String {
    let mut chars = text.chars();
    match chars.next() {
        // The dotted i keeps its dot where the language has two of them.
        Some('i') if locale != Locale::En => format!("İ{}", chars.as_str()),
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_aloud() {
        let say = |minor, locale| lira(minor, locale).expect("in range");
        assert_eq!(say(12_876_050, Locale::Tr), "Yüz yirmi sekiz bin yedi yüz altmış lira elli kuruş");
        assert_eq!(say(100_000, Locale::Tr), "Bin lira");
        assert_eq!(say(200, Locale::Tr), "İki lira");
        assert_eq!(
            say(12_876_050, Locale::En),
            "One hundred twenty-eight thousand seven hundred sixty lira fifty kuruş"
        );
        assert_eq!(say(12_876_050, Locale::Az), "Yüz iyirmi səkkiz min yeddi yüz altmış lirə əlli quruş");
        assert_eq!(say(0, Locale::Tr), "Sıfır lira");
        assert_eq!(lira(-1, Locale::Tr), None);
    }
}
