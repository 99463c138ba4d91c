//! Amounts as people type and read them.

use super::locale::Locale;
use super::money::{Currency, Money};

/// Why a typed amount cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// No digits.
    #[error("an amount is missing")]
    Empty,
    /// Letters, two decimal marks, groups that are not of three.
    #[error("not an amount")]
    Malformed,
    /// It can be read in two ways (`1.250` in a currency with three decimals).
    #[error("the amount can be read in two ways")]
    Ambiguous,
    /// More decimals than the currency has.
    #[error("too many decimals")]
    TooPrecise,
    /// Larger than the books can hold.
    #[error("the amount is too large")]
    TooLarge,
}

/// No payment is larger; keeps every sum of a firm's life within 64 bits (10¹⁵ minor units).
pub const AMOUNT_MINOR_MAX: i64 = 1_000_000_000_000_000;

impl Money {
    /// Reads `1250`, `1.250,00`, `1,250.00`, `1250.5`, `1 250,00 ₺`. The last mark is the decimal mark when
    /// it is followed by no more digits than the currency has decimals; marks that group must group by three.
    pub fn parse(typed: &str, currency: Currency) -> Result<Self, AmountError> {
        let bare = without_symbol(typed, currency);
        if bare.is_empty() {
            return Err(AmountError::Empty);
        }
        let exponent = usize::from(currency.exponent());
        let (whole, decimals) = split_decimals(&bare, exponent)?;
        let digits = ungrouped(whole)?;
        if decimals.len() > exponent {
            return Err(AmountError::TooPrecise);
        }
        let text = format!("{digits}{decimals:0<exponent$}");
        let minor: i64 = text.parse().map_err(|_| AmountError::TooLarge)?;
        if minor > AMOUNT_MINOR_MAX { Err(AmountError::TooLarge) } else { Ok(Self::new(minor, currency)) }
    }

    /// For people: `1.250,00 ₺` in Turkish and Azerbaijani, `₺1,250.00` in English.
    pub fn format(self, locale: Locale) -> String {
        let number = self.format_number(locale);
        let symbol = symbol(self.currency);
        match locale {
            Locale::Tr | Locale::Az => format!("{number} {symbol}"),
            Locale::En => match number.strip_prefix('-') {
                Some(positive) => format!("-{}{positive}", prefix(symbol)),
                None => format!("{}{number}", prefix(symbol)),
            },
        }
    }

    /// The number alone, with the marks of the language.
    pub fn format_number(self, locale: Locale) -> String {
        let (group, decimal) = match locale {
            Locale::Tr | Locale::Az => ('.', ','),
            Locale::En => (',', '.'),
        };
        let exponent = usize::from(self.currency.exponent());
        let digits = format!("{:0>width$}", self.minor.unsigned_abs(), width = exponent + 1);
        let (whole, decimals) = digits.split_at(digits.len() - exponent);
        let mut out = String::with_capacity(digits.len() + 8);
        if self.minor < 0 {
            out.push('-');
        }
        for (place, digit) in whole.chars().enumerate() {
            if place > 0 && (whole.len() - place).is_multiple_of(3) {
                out.push(group);
            }
            out.push(digit);
        }
        if exponent > 0 {
            out.push(decimal);
            out.push_str(decimals);
        }
        out
    }

    /// For files and machines: `1250.00`.
    pub fn to_plain(self) -> String {
        self.format_number(Locale::En).replace(',', "")
    }
}

/// What stands beside the number.
pub fn symbol(currency: Currency) -> &'static str {
    match currency.code() {
        "TRY" => "₺",
        "USD" => "$",
        "EUR" => "€",
        "GBP" => "£",
        "AZN" => "₼",
        "RUB" => "₽",
        "JPY" => "¥",
        code => code,
    }
}

fn prefix(symbol: &str) -> String {
    if symbol.len() == 3 && symbol.is_ascii() { format!("{symbol} ") } else { symbol.to_owned() }
}

fn without_symbol(typed: &str, currency: Currency) -> String {
    let trimmed = typed.trim();
    let trimmed = trimmed.trim_start_matches(symbol(currency)).trim_end_matches(symbol(currency));
    let upper = trimmed.to_ascii_uppercase();
    let names: &[&str] = if currency == Currency::TRY { &["TRY", "TL"] } else { &[] };
    let mut bare = upper.as_str();
    for name in names.iter().copied().chain([currency.code()]) {
        bare = bare.strip_suffix(name).unwrap_or(bare).trim();
        bare = bare.strip_prefix(name).unwrap_or(bare).trim();
    }
    // Spaces group too (1 250,00), also the no-break ones that spreadsheets write.
    bare.chars().filter(|c| !matches!(c, ' ' | '\u{a0}' | '\u{202f}')).collect()
}

/// At the decimal mark, if there is one.
fn split_decimals(bare: &str, exponent: usize) -> Result<(&str, &str), AmountError> {
    let Some(last) = bare.rfind(['.', ',']) else { return Ok((bare, "")) };
    let (whole, decimals) = (&bare[..last], &bare[last + 1..]);
    let mark = &bare[last..=last];
    let repeated = whole.contains(mark);
    let other = whole.contains(if mark == "." { "," } else { "." });
    let grouping = decimals.len() == 3 && !other;
    match (repeated, other, grouping) {
        // 1.250.000: the same mark twice can only group.
        (true, false, _) => Ok((bare, "")),
        // 1.250.000,00 with the marks the wrong way round.
        (true, true, _) => Err(AmountError::Malformed),
        (false, false, true) if exponent == 3 && !whole.is_empty() => Err(AmountError::Ambiguous),
        (false, false, true) if !whole.is_empty() && whole.len() <= 3 => Ok((bare, "")),
        _ if decimals.is_empty() || whole.is_empty() => Err(AmountError::Malformed),
        _ if !decimals.bytes().all(|byte| byte.is_ascii_digit()) => Err(AmountError::Malformed),
        _ => Ok((whole, decimals)),
    }
}

/// The digits of a whole number whose groups, if any, are of three.
fn ungrouped(whole: &str) -> Result<String, AmountError> {
    let groups: Vec<&str> = whole.split(['.', ',']).collect();
    let plain = groups.iter().all(|group| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit()));
    let by_three = groups.len() == 1 || (groups[0].len() <= 3 && groups[1..].iter().all(|group| group.len() == 3));
    let one_mark = !(whole.contains('.') && whole.contains(','));
    if plain && by_three && one_mark { Ok(groups.concat()) } else { Err(AmountError::Malformed) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lira(typed: &str) -> Result<i64, AmountError> {
        Money::parse(typed, Currency::TRY).map(|money| money.minor)
    }

    #[test]
    fn amounts_are_read_as_people_type_them() {
        for typed in
            ["1250", "1.250,00", "1250.00", "1,250.00", "1.250", "1,250", "1250,0", " 1 250,00 ₺", "1250 TL", "₺1250"]
        {
            assert_eq!(lira(typed), Ok(125_000), "{typed}");
        }
        assert_eq!(lira("1.250.000"), Ok(125_000_000));
        assert_eq!(lira("1.250.000,5"), Ok(125_000_050));
        assert_eq!(lira("0,05"), Ok(5));
        assert_eq!(lira("1234,56"), Ok(123_456));
    }

    #[test]
    fn what_is_not_an_amount_is_refused() {
        for typed in
            ["-5", "12a", "1.2.3", "1,25.00,0", "1.25.000", ",50", "12,", "1..2", "1e5", "1.250.00", "1,250,00.5,1"]
        {
            assert!(lira(typed).is_err(), "{typed}");
        }
        assert_eq!(lira(""), Err(AmountError::Empty));
        assert_eq!(lira("₺"), Err(AmountError::Empty));
        assert_eq!(lira("1234.567"), Err(AmountError::TooPrecise));
        assert_eq!(lira("99999999999999999999"), Err(AmountError::TooLarge));
        assert_eq!(Money::parse("1.250", Currency::from_code("KWD").expect("known")), Err(AmountError::Ambiguous));
        assert_eq!(Money::parse("12,5", Currency::from_code("JPY").expect("known")), Err(AmountError::TooPrecise));
    }

    #[test]
    fn amounts_are_shown_by_language() {
        let money = Money::new(12_345_678, Currency::TRY);
        assert_eq!(money.format(Locale::Tr), "123.456,78 ₺");
        assert_eq!(money.format(Locale::Az), "123.456,78 ₺");
        assert_eq!(money.format(Locale::En), "₺123,456.78");
        assert_eq!(Money::new(-5, Currency::TRY).format(Locale::En), "-₺0.05");
        assert_eq!(Money::new(7, Currency::from_code("KWD").expect("known")).format(Locale::En), "KWD 0.007");
        assert_eq!(Money::new(1500, Currency::from_code("JPY").expect("known")).format(Locale::Tr), "1.500 ¥");
        assert_eq!(money.to_plain(), "123456.78");
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(minor in 0..AMOUNT_MINOR_MAX) {
            let money = Money::new(minor, Currency::TRY);
            for locale in [Locale::Tr, Locale::En, Locale::Az] {
                prop_assert_eq!(Money::parse(&money.format(locale), Currency::TRY), Ok(money));
            }
            prop_assert_eq!(Money::parse(&money.to_plain(), Currency::TRY), Ok(money));
        }

        #[test]
        fn nothing_typed_panics(typed in "\\PC{0,24}") {
            let _ = Money::parse(&typed, Currency::TRY);
        }
    }
}
