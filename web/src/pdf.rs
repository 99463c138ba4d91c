//! The receipt as a PDF: one A4 page, with the font embedded so that every Turkish and Azerbaijani letter is there.

use krilla::{
    Document,
    color::rgb,
    geom::{PathBuilder, Point},
    metadata::Metadata,
    page::PageSettings,
    paint::{Fill, Stroke},
    surface::Surface,
    text::{Font, TextDirection},
};

/// Inter under the SIL Open Font License, cut down to the Latin letters and signs that receipts use.
const REGULAR: &[u8] = include_bytes!("../assets/font/inter-regular.ttf");
const SEMIBOLD: &[u8] = include_bytes!("../assets/font/inter-semibold.ttf");

/// A4 in points.
const PAGE: (f32, f32) = (595.0, 842.0);
const LEFT: f32 = 64.0;
const RIGHT: f32 = PAGE.0 - 64.0;
const VALUES: f32 = 220.0;
/// Characters of a value that fit on its line at 10.5 points.
const LINE_CHARS: usize = 58;

/// What a receipt says, in words already.
pub struct Receipt {
    /// Language of the words: `tr`, `en`, `az`.
    pub language: &'static str,
    /// “Makbuz”.
    pub title: String,
    /// The firm.
    pub firm: String,
    /// A word across the top where no real money moved.
    pub band: Option<String>,
    /// `12.450,00 ₺`
    pub amount: String,
    /// “Onaylandı”.
    pub state: String,
    /// Names and values.
    pub facts: Vec<(String, String)>,
    /// Heading and rows of what was closed.
    pub closed: Option<(String, Vec<(String, String)>)>,
    /// Small lines at the end.
    pub notes: Vec<String>,
}

/// The file, or `None` if the fonts cannot be read, which a test rules out.
pub fn file(receipt: &Receipt) -> Option<Vec<u8>> {
    let fonts =
        Fonts { regular: Font::new(REGULAR.to_vec().into(), 0)?, bold: Font::new(SEMIBOLD.to_vec().into(), 0)? };
    let mut document = Document::new();
    document.set_metadata(
        Metadata::new()
            .title(format!("{} · {}", receipt.title, receipt.firm))
            .language(receipt.language.to_owned())
            .creator("Vezne".to_owned()),
    );
    let mut page = document.start_page_with(PageSettings::from_wh(PAGE.0, PAGE.1)?);
    let mut surface = page.surface();
    draw(&mut surface, &fonts, receipt);
    surface.finish();
    page.finish();
    document.finish().ok()
}

struct Fonts {
    regular: Font,
    bold: Font,
}

fn draw(surface: &mut Surface<'_>, fonts: &Fonts, receipt: &Receipt) {
    let ink = rgb::Color::new(20, 32, 38);
    let soft = rgb::Color::new(88, 102, 108);
    let brass = rgb::Color::new(176, 138, 46);
    let mut y = 84.0;
    if let Some(band) = &receipt.band {
        text(surface, &fonts.bold, 10.0, LEFT, 48.0, brass, band);
    }
    text(surface, &fonts.bold, 15.0, LEFT, y, ink, &receipt.firm);
    y += 22.0;
    text(surface, &fonts.regular, 11.0, LEFT, y, soft, &receipt.title);
    y += 22.0;
    rule(surface, y, brass, 1.2);
    y += 48.0;
    text(surface, &fonts.bold, 30.0, LEFT, y, ink, &receipt.amount);
    y += 20.0;
    text(surface, &fonts.regular, 11.0, LEFT, y, soft, &receipt.state);
    y += 34.0;
    for (name, value) in &receipt.facts {
        y = pair(surface, fonts, y, (name, value), (ink, soft));
    }
    if let Some((heading, rows)) = &receipt.closed {
        y += 14.0;
        text(surface, &fonts.bold, 12.0, LEFT, y, ink, heading);
        y += 24.0;
        // A receipt is one page; the payment's page has the rest.
        for (name, value) in rows.iter().take(12) {
            y = pair(surface, fonts, y, (name, value), (ink, soft));
        }
    }
    y += 16.0;
    rule(surface, y, rgb::Color::new(214, 220, 224), 0.6);
    y += 22.0;
    for note in &receipt.notes {
        for line in lines(note, 84) {
            text(surface, &fonts.regular, 9.0, LEFT, y, soft, &line);
            y += 14.0;
        }
    }
}

fn pair(
    surface: &mut Surface<'_>,
    fonts: &Fonts,
    y: f32,
    (name, value): (&str, &str),
    (ink, soft): (rgb::Color, rgb::Color),
) -> f32 {
    text(surface, &fonts.regular, 10.5, LEFT, y, soft, name);
    let mut y = y;
    for line in lines(value, LINE_CHARS) {
        text(surface, &fonts.regular, 10.5, VALUES, y, ink, &line);
        y += 18.0;
    }
    y + 3.0
}

fn text(surface: &mut Surface<'_>, font: &Font, size: f32, x: f32, y: f32, color: rgb::Color, words: &str) {
    surface.set_fill(Some(Fill { paint: color.into(), ..Fill::default() }));
    surface.set_stroke(None);
    // No-break blanks are for the web; the subset of the font need not have them.
    surface.draw_text(
        Point::from_xy(x, y),
        font.clone(),
        size,
        &words.replace('\u{a0}', " "),
        false,
        TextDirection::Auto,
    );
}

fn rule(surface: &mut Surface<'_>, y: f32, color: rgb::Color, width: f32) {
    let mut path = PathBuilder::new();
    path.move_to(LEFT, y);
    path.line_to(RIGHT, y);
    surface.set_fill(None);
    surface.set_stroke(Some(Stroke { paint: color.into(), width, ..Stroke::default() }));
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
}

/// Breaks a text between words.
fn lines(text: &str, chars_max: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.last_mut().filter(|l| l.is_empty() || l.chars().count() + word.chars().count() < chars_max);
        match last {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_is_a_pdf_made_quickly() {
        let receipt = Receipt {
            language: "az",
            title: "Qəbz".to_owned(),
            firm: "Mavi Leylek Seramik A.Ş.".to_owned(),
            band: Some("TEST".to_owned()),
            amount: "12.450,00\u{a0}₺".to_owned(),
            state: "Onaylandı ığüşöçİĞÜŞÖÇəƏ".to_owned(),
            facts: vec![("Yazı ilə".to_owned(), "Yüz iyirmi səkkiz min yeddi yüz altmış lirə əlli quruş ".repeat(3))],
            closed: Some(("Bağlanan".to_owned(), vec![("MLS1".to_owned(), "10,00 ₺".to_owned())])),
            notes: vec!["Qeyd".to_owned()],
        };
        let begin = std::time::Instant::now();
        let bytes = file(&receipt).expect("fonts are readable");
        assert!(bytes.starts_with(b"%PDF-"));
        assert!(begin.elapsed().as_millis() < 500, "{:?}", begin.elapsed());
    }

    #[test]
    fn words_are_kept_whole() {
        assert_eq!(lines("bir iki üç", 7), ["bir iki", "üç"].map(str::to_owned).to_vec());
    }
}
