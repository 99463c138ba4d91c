//! The report of a day or a batch, for reconciliation. Its answer comes packed: `data` is Base64 of gzip of JSON.

use vezne_plugin::json::Tree;
use vezne_plugin::{Fault, HttpRequest, HttpResponse, packed};

use crate::answer::{Answer, Judgement};
use crate::history::{self, History};
use crate::message::{self, Range};
use crate::settings::Settings;

/// Unpacked, 9,999 rows come to some 7 MB; the bank lists no more than that.
pub const UNPACKED_BYTES_MAX: usize = 12 * 1024 * 1024;

/// Asks for it.
pub fn request(settings: &Settings, range: &Range<'_>) -> Result<HttpRequest, Fault> {
    message::request(message::REPORT, message::report(settings, range))
}

/// The answer with its `data` unpacked.
pub fn read(response: &HttpResponse) -> Result<Answer, Fault> {
    let answer = Answer::read(response)?;
    Answer::of(unpacked(answer.tree().clone())?)
}

/// The document with its `data` unpacked; one without `data` as it is.
pub fn unpacked(tree: Tree) -> Result<Tree, Fault> {
    let Tree::Object(members) = tree else { return Ok(tree) };
    let unpack = |(name, value): (String, Tree)| match value {
        Tree::Text(text) if name == "data" && !text.is_empty() => {
            let plain = packed::gunzip(&packed::base64(&text)?, UNPACKED_BYTES_MAX)?;
            Ok((name, Tree::read(&plain)?))
        }
        value => Ok((name, value)),
    };
    Ok(Tree::Object(members.into_iter().map(unpack).collect::<Result<_, Fault>>()?))
}

/// The transactions it lists.
pub fn rows(answer: &Answer) -> History<'_> {
    let words = answer.words();
    match words.judge() {
        Judgement::Approved => history::listed(answer.tree(), "data/txnDetailList", true),
        _ => History::Unclear(format!("the report was refused with {}", words.response_code.unwrap_or("no code"))),
    }
}
