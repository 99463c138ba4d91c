//! Which bank issued a card, of which kind and programme: the longest known prefix of eight to six digits.
//!
//! The table is the seed in `host/assets/bin` (MIT, see its `SOURCE.md`); a firm may override rows
//! (`store/bin.rs`). It is read once, into 12 bytes a row.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::named::named;

named! {
    /// How a card is paid for.
    pub enum CardKind {
        /// A credit card; instalments are possible.
        Credit = "credit",
        /// A bank card: its money is taken at once, so no instalments.
        Debit = "debit",
        /// Loaded beforehand; as a bank card.
        Prepaid = "prepaid",
    }
}

/// What a prefix tells about a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BinFacts {
    /// The prefix that matched, six to eight digits.
    pub prefix: String,
    /// The issuer's EFT code (`0064`).
    pub bank_code: String,
    /// `VISA`, `MASTERCARD`, `TROY`, `AMEX`, …; empty where the table does not know.
    pub brand: String,
    /// Credit, debit or prepaid.
    pub kind: CardKind,
    /// A company's card; other instalment rules hold.
    pub commercial: bool,
    /// The card programme (`Maximum`, `Bonus`, …).
    pub programme: Option<String>,
    /// The programme was not in the table; it is the one that this bank's credit cards belong to.
    pub programme_inferred: bool,
}

impl BinFacts {
    /// Facts from known values; a credit card without a programme gets its bank's own.
    pub fn new(
        prefix: String,
        bank_code: &str,
        brand: &str,
        kind: CardKind,
        commercial: bool,
        programme: Option<&str>,
    ) -> Self {
        let stated = programme.filter(|name| !name.is_empty());
        let inferred = if kind == CardKind::Credit && stated.is_none() { bank_programme(bank_code) } else { None };
        Self {
            prefix,
            bank_code: bank_code.to_owned(),
            brand: brand.to_owned(),
            kind,
            commercial,
            programme: stated.or(inferred).map(str::to_owned),
            programme_inferred: stated.is_none() && inferred.is_some(),
        }
    }

    /// The issuer's name, if we know its code.
    pub fn bank_name(&self) -> Option<&'static str> {
        bank_name(&self.bank_code)
    }
}

struct Row {
    /// The prefix padded with zeros to eight digits.
    padded: u32,
    digits: u8,
    kind: CardKind,
    commercial: bool,
    bank: u8,
    brand: u8,
    programme: u8,
}

/// The table, sorted by prefix and length.
pub struct BinTable {
    rows: Vec<Row>,
    /// Bank codes, brands and programmes: few, so a row keeps an index.
    words: Vec<&'static str>,
}

static SEED: LazyLock<BinTable> = LazyLock::new(|| BinTable::parse(include_str!("../../assets/bin/tr_bin_table.csv")));

impl BinTable {
    /// The table that comes with the program.
    pub fn seed() -> &'static Self {
        &SEED
    }

    /// Reads `bin,bank_code,card_type,brand,commercial,program`. Rows that do not fit are left out: a
    /// missing row costs instalments, a wrong one costs money. Where a prefix is listed twice, the stricter
    /// reading counts (debit before credit, commercial before personal), and a named programme before none.
    pub fn parse(csv: &'static str) -> Self {
        let mut words: Vec<&'static str> = vec![""];
        let mut places: HashMap<&'static str, u8> = HashMap::from([("", 0)]);
        let mut rows: Vec<Row> = csv.lines().skip(1).filter_map(|line| row(line, &mut words, &mut places)).collect();
        rows.sort_by_key(|row| (row.padded, row.digits));
        rows.dedup_by(|later, kept| {
            let same = (later.padded, later.digits) == (kept.padded, kept.digits);
            if same {
                kept.kind = kept.kind.max(later.kind);
                kept.commercial |= later.commercial;
                kept.programme = if kept.programme == 0 { later.programme } else { kept.programme };
            }
            same
        });
        Self { rows, words }
    }

    /// The facts of the longest prefix, of eight, seven or six digits, that the table knows. Takes six digits
    /// or more; anything else is nothing we know.
    pub fn look_up(&self, digits: &str) -> Option<BinFacts> {
        if digits.len() < 6 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        (6..=digits.len().min(8)).rev().find_map(|length| {
            let padded = padded(&digits[..length])?;
            let key = (padded, u8::try_from(length).ok()?);
            let place = self.rows.binary_search_by_key(&key, |row| (row.padded, row.digits)).ok()?;
            Some(self.facts(&self.rows[place], &digits[..length]))
        })
    }

    /// How many prefixes it knows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it knows none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn facts(&self, row: &Row, prefix: &str) -> BinFacts {
        let word = |place: u8| self.words[usize::from(place)];
        BinFacts::new(
            prefix.to_owned(),
            word(row.bank),
            word(row.brand),
            row.kind,
            row.commercial,
            Some(word(row.programme)),
        )
    }
}

fn row(line: &'static str, words: &mut Vec<&'static str>, places: &mut HashMap<&'static str, u8>) -> Option<Row> {
    let mut cells = line.trim_end().split(',');
    let prefix = cells.next()?;
    let mut word = |text: &'static str| {
        if let Some(place) = places.get(text) {
            return Some(*place);
        }
        let place = u8::try_from(words.len()).ok()?;
        words.push(text);
        places.insert(text, place);
        Some(place)
    };
    let bank = word(cells.next()?)?;
    let kind = cells.next()?.parse().ok()?;
    let brand = word(cells.next()?)?;
    let commercial = cells.next()? == "1";
    let programme = word(cells.next()?)?;
    let digits = u8::try_from(prefix.len()).ok().filter(|digits| (6..=8).contains(digits))?;
    Some(Row { padded: padded(prefix)?, digits, kind, commercial, bank, brand, programme })
}

fn padded(prefix: &str) -> Option<u32> {
    let zeros = 8_usize.checked_sub(prefix.len())?;
    Some(prefix.parse::<u32>().ok()? * 10_u32.pow(u32::try_from(zeros).ok()?))
}

/// Turkish banks by their EFT codes.
const BANKS: &[(&str, &str)] = &[
    ("0010", "Ziraat Bankası"),
    ("0012", "Halkbank"),
    ("0015", "VakıfBank"),
    ("0032", "TEB"),
    ("0046", "Akbank"),
    ("0059", "Şekerbank"),
    ("0062", "Garanti BBVA"),
    ("0064", "İş Bankası"),
    ("0067", "Yapı Kredi"),
    ("0096", "Turkish Bank"),
    ("0099", "ING"),
    ("0103", "Fibabanka"),
    ("0108", "Turkland Bank"),
    ("0109", "ICBC Turkey"),
    ("0111", "QNB"),
    ("0123", "HSBC"),
    ("0124", "Alternatif Bank"),
    ("0125", "Burgan Bank"),
    ("0134", "DenizBank"),
    ("0135", "Anadolubank"),
    ("0143", "Aktif Bank"),
    ("0146", "Odea Bank"),
    ("0203", "Albaraka Türk"),
    ("0205", "Kuveyt Türk"),
    ("0206", "Türkiye Finans"),
    ("0209", "Ziraat Katılım"),
    ("0210", "Vakıf Katılım"),
    ("0211", "Emlak Katılım"),
];

/// The name of a Turkish bank by its EFT code.
pub fn bank_name(code: &str) -> Option<&'static str> {
    BANKS.iter().find(|(known, _)| *known == code).map(|(_, name)| *name)
}

/// The banks whose names we know, by code.
pub fn banks() -> &'static [(&'static str, &'static str)] {
    BANKS
}

/// The programmes whose banks we know.
pub fn programmes() -> impl Iterator<Item = &'static str> {
    PROGRAMMES.iter().map(|(name, _)| *name)
}

/// The programmes and the banks whose credit cards belong to them (features §3.13).
const PROGRAMMES: &[(&str, &[&str])] = &[
    ("Axess", &["0046", "0146"]),
    ("Bankkart", &["0010"]),
    ("Bonus", &["0062", "0032", "0134", "0099", "0059", "0206", "0124", "0103"]),
    ("CardFinans", &["0111"]),
    ("Maximum", &["0064"]),
    ("Paraf", &["0012"]),
    ("SaglamKart", &["0205"]),
    ("World", &["0067", "0015", "0203", "0135"]),
];

/// The codes of the banks whose credit cards belong to a programme.
pub fn programme_banks(programme: &str) -> &'static [&'static str] {
    PROGRAMMES.iter().find(|(name, _)| *name == programme).map_or(&[], |(_, banks)| banks)
}

fn bank_programme(code: &str) -> Option<&'static str> {
    PROGRAMMES.iter().find(|(_, banks)| banks.contains(&code)).map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_wins() {
        let csv = "bin,bank_code,card_type,brand,commercial,program\n\
                   435508,0064,credit,VISA,0,Maximum\n\
                   43550843,0046,debit,VISA,1,\n\
                   4355084,0062,credit,VISA,0,Bonus\n";
        let table = BinTable::parse(csv);
        let bank = |digits: &str| table.look_up(digits).map(|facts| (facts.bank_code, facts.prefix));
        assert_eq!(bank("43550843"), Some(("0046".into(), "43550843".into())));
        assert_eq!(bank("43550849"), Some(("0062".into(), "4355084".into())));
        assert_eq!(bank("43550899"), Some(("0064".into(), "435508".into())));
        assert_eq!(bank("435508"), Some(("0064".into(), "435508".into())));
        assert_eq!(bank("43550"), None);
        assert_eq!(bank("4355o8"), None);
        assert_eq!(bank("999999"), None);
    }

    #[test]
    fn the_seed_is_read_whole_and_doubles_are_read_strictly() {
        let table = BinTable::seed();
        assert_eq!(table.len(), 9_942);
        let kuveyt = table.look_up("439849").expect("listed twice");
        assert_eq!(kuveyt.kind, CardKind::Debit);
        assert!(table.look_up("47485340").expect("listed six times").commercial);
        assert!(table.words.iter().all(|code| code.len() != 4 || !code.starts_with('0') || bank_name(code).is_some()));
    }

    #[test]
    fn a_credit_card_without_a_programme_gets_its_banks() {
        let table = BinTable::seed();
        let is = table.rows.iter().find(|row| {
            table.words[usize::from(row.bank)] == "0064" && row.programme == 0 && row.kind == CardKind::Credit
        });
        let facts = table.facts(is.expect("İş has such rows"), "00000000");
        assert_eq!((facts.programme.as_deref(), facts.programme_inferred), (Some("Maximum"), true));
        assert_eq!(facts.bank_name(), Some("İş Bankası"));
    }
}
