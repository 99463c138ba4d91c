//! What counts as an authentic answer: a plugin cannot turn a gateway's error page into a decline.

use quick_xml::Reader;
use quick_xml::events::Event;

use super::manifest::{AnswerFormat, Manifest};
use super::step::Response;
use super::text;

/// Whether the last answer may decide anything; else the reason code.
pub(super) fn authentic(manifest: &Manifest, response: &Response) -> Result<(), &'static str> {
    if response.truncated {
        return Err("answer-too-long");
    }
    if !manifest.status_may_answer(response.status) {
        return Err("answer-status");
    }
    let decoded = text::decoded(response.header("content-type"), &response.body);
    let body = decoded.trim_start_matches('\u{feff}').trim();
    let parses = match manifest.answer_format {
        AnswerFormat::Xml => is_xml(body),
        AnswerFormat::Json => is_json(body),
        AnswerFormat::Form => is_pairs(body, "&"),
        AnswerFormat::Pairs => is_pairs(body, ";"),
        AnswerFormat::Text => !body.is_empty() && !body.starts_with('<'),
    };
    if parses { Ok(()) } else { Err("answer-format") }
}

/// One well-formed element, which is not an HTML page.
fn is_xml(body: &str) -> bool {
    let mut reader = Reader::from_str(body);
    let (mut depth, mut roots) = (0_u32, 0_u32);
    loop {
        match reader.read_event() {
            Ok(Event::Start(start)) => {
                roots += u32::from(depth == 0);
                depth += 1;
                if depth == 1 && start.local_name().as_ref().eq_ignore_ascii_case("html") {
                    return false;
                }
            }
            Ok(Event::Empty(_)) => roots += u32::from(depth == 0),
            Ok(Event::End(_)) => depth = depth.saturating_sub(1),
            Ok(Event::Text(text)) if depth == 0 && !text.trim().is_empty() => return false,
            // A document type can only be an attack or an HTML page.
            Ok(Event::DocType(_)) | Err(_) => return false,
            Ok(Event::Eof) => return depth == 0 && roots == 1,
            Ok(_) => {}
        }
    }
}

fn is_json(body: &str) -> bool {
    body.starts_with(['{', '[']) && serde_json::from_str::<serde::de::IgnoredAny>(body).is_ok()
}

fn is_pairs(body: &str, separator: &str) -> bool {
    let mut pairs = body.split(separator).filter(|pair| !pair.trim().is_empty()).peekable();
    let is_pair = |pair: &str| {
        pair.split_once('=').is_some_and(|(name, _)| {
            let name = name.trim();
            !name.is_empty() && !name.contains(['<', '>', ' '])
        })
    };
    pairs.peek().is_some() && pairs.all(is_pair)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_no_answer() {
        assert!(is_xml(
            "<?xml version=\"1.0\" encoding=\"ISO-8859-9\"?><CC5Response><Response>Approved</Response></CC5Response>"
        ));
        for body in [
            "",
            "Service unavailable",
            "<html><body>502</body></html>",
            "<HTML><head></head></HTML>",
            "<!DOCTYPE html><x/>",
            "<CC5Response><Response>Approved</Response>",
            "<a/><b/>",
            "<a></b>",
            "<a/>trailing",
        ] {
            assert!(!is_xml(body), "{body}");
        }
        assert!(is_json("{\"a\":1}") && is_json("[]"));
        for body in ["", "\"502\"", "502", "{\"a\":1", "<html>", "{} {}"] {
            assert!(!is_json(body), "{body}");
        }
        assert!(is_pairs("a=b&c=", "&") && is_pairs("Order=1;;Code=00;;", ";"));
        for body in ["", "502", "<html a=b>", "a=b&Bad Gateway"] {
            assert!(!is_pairs(body, "&"), "{body}");
        }
    }
}
