//! The sentences of problems, in Turkish, English and Azerbaijani.

mod detail;
mod field;

use crate::domain::locale::Locale;

use detail::DETAILS;
pub use field::FIELD_CODES;
use field::FIELDS;

type Sentence = (&'static str, [&'static str; 3]);

fn pick(sentence: &Sentence, locale: Locale) -> &'static str {
    match locale {
        Locale::Tr => sentence.1[0],
        Locale::En => sentence.1[1],
        Locale::Az => sentence.1[2],
    }
}

fn find(table: &'static [Sentence], code: &str) -> Option<&'static Sentence> {
    table.iter().find(|(known, _)| *known == code)
}

/// The title of a problem; by status where the word has none of its own.
pub fn title(code: &str, status: u16, locale: Locale) -> &'static str {
    let by_status = || TITLES.iter().find(|(known, _)| known.parse() == Ok(status));
    find(TITLES, code).or_else(by_status).map_or("Error", |sentence| pick(sentence, locale))
}

/// What to do about a problem, where we know it.
pub fn detail(code: &str, locale: Locale) -> Option<&'static str> {
    find(DETAILS, code).map(|sentence| pick(sentence, locale))
}

/// What is wrong with a field.
pub fn field(code: &str, locale: Locale) -> &'static str {
    const OTHER: Sentence =
        ("", ["Bu alan kabul edilmedi.", "This field was not accepted.", "Bu sahə qəbul edilmədi."]);
    pick(find(FIELDS, code).unwrap_or(&OTHER), locale)
}

const TITLES: &[Sentence] = &[
    ("400", ["İstek okunamadı", "The request cannot be read", "Sorğu oxunmadı"]),
    ("401", ["Oturum açılmamış", "Not signed in", "Daxil olunmayıb"]),
    ("403", ["Buna izniniz yok", "You may not do this", "Buna icazəniz yoxdur"]),
    ("404", ["Bulunamadı", "Not found", "Tapılmadı"]),
    ("405", ["Bu adreste böyle bir işlem yok", "No such method here", "Bu ünvanda belə əməliyyat yoxdur"]),
    ("409", ["Mevcut durumla çelişiyor", "It does not fit what is there", "Mövcud vəziyyətə uyğun deyil"]),
    ("410", ["Artık geçerli değil", "No longer there", "Artıq etibarlı deyil"]),
    ("412", ["Bu arada değişti", "It changed meanwhile", "Bu arada dəyişib"]),
    ("413", ["İstek çok büyük", "The request is too large", "Sorğu çox böyükdür"]),
    ("415", ["Bu içerik türü okunmuyor", "This type of content is not read", "Bu məzmun növü oxunmur"]),
    ("422", ["Girilen bilgiler kabul edilmedi", "What was entered is not accepted", "Daxil edilənlər qəbul edilmədi"]),
    ("429", ["Çok fazla istek", "Too many requests", "Həddən artıq sorğu"]),
    ("500", ["Bizde bir hata oldu", "Something went wrong on our side", "Bizdə xəta baş verdi"]),
    ("502", ["Banka yanıt vermedi", "The bank did not answer", "Bank cavab vermədi"]),
    ("503", ["Şu anda hizmet verilemiyor", "Not available right now", "Hazırda xidmət göstərilmir"]),
];
