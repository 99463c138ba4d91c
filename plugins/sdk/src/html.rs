//! The one thing some banks answer as a web page: a form that posts itself and sends the payer on.
//!
//! Such a page is read, never relayed: the host shows a page of its own with the same form, so nothing of
//! a bank's markup or script runs at our address.

/// A form of a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Form {
    /// Where it posts to.
    pub action: String,
    /// Its named inputs, in order, without buttons.
    pub fields: Vec<(String, String)>,
}

const FIELDS_MAX: usize = 64;

impl Form {
    /// The only form of a page. A page without one, with several, or one that ends inside it is none.
    pub fn read(body: &[u8]) -> Option<Self> {
        let page = std::str::from_utf8(body).ok()?;
        let mut form: Option<Self> = None;
        let mut open = false;
        for tag in (Tags { rest: page }) {
            match tag.name.to_ascii_lowercase().as_str() {
                "form" if form.is_some() => return None,
                "form" => {
                    open = true;
                    form = Some(Self { action: tag.attribute("action")?, fields: Vec::new() });
                }
                "/form" => open = false,
                "input" if open => {
                    let form = form.as_mut()?;
                    let kind = tag.attribute("type").unwrap_or_default().to_ascii_lowercase();
                    let button = matches!(kind.as_str(), "submit" | "button" | "image" | "reset");
                    let name = tag.attribute("name").filter(|name| !name.is_empty() && !button);
                    if let Some(name) = name {
                        form.fields.push((name, tag.attribute("value").unwrap_or_default()));
                    }
                    if form.fields.len() > FIELDS_MAX {
                        return None;
                    }
                }
                _ => {}
            }
        }
        form.filter(|form| !open && !form.action.is_empty())
    }
}

/// A start or end tag: its name with a leading `/` for an end, and the text of its attributes.
struct Tag<'a> {
    name: &'a str,
    attributes: &'a str,
}

/// The tags of a page; comments and the insides of scripts are stepped over.
struct Tags<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Tags<'a> {
    type Item = Tag<'a>;

    fn next(&mut self) -> Option<Tag<'a>> {
        loop {
            let after = &self.rest[self.rest.find('<')? + 1..];
            if let Some(comment) = after.strip_prefix("!--") {
                self.rest = &comment[comment.find("-->")? + 3..];
                continue;
            }
            let end = end_of_tag(after)?;
            let inside = after[..end].trim_end_matches('/');
            self.rest = &after[end + 1..];
            let name = inside.split(|c: char| c.is_ascii_whitespace()).next().unwrap_or_default();
            if name.eq_ignore_ascii_case("script") {
                let closing = self.rest.to_ascii_lowercase().find("</script")?;
                self.rest = &self.rest[closing..];
                continue;
            }
            return Some(Tag { name, attributes: &inside[name.len()..] });
        }
    }
}

/// The `>` that is not inside quotes.
fn end_of_tag(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '>') => return Some(at),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    None
}

impl Tag<'_> {
    /// An attribute's value with its references resolved; the first one counts, as in browsers.
    fn attribute(&self, wanted: &str) -> Option<String> {
        let mut rest = self.attributes.trim_start();
        while !rest.is_empty() {
            let name_end = rest.find(|c: char| c == '=' || c.is_ascii_whitespace()).unwrap_or(rest.len());
            let (name, after) = rest.split_at(name_end);
            let after = after.trim_start();
            let (value, next) = match after.strip_prefix('=') {
                Some(value) => attribute_value(value.trim_start()),
                None => ("", after),
            };
            if name.eq_ignore_ascii_case(wanted) {
                return Some(resolved(value));
            }
            rest = next.trim_start();
            if name.is_empty() && value.is_empty() {
                return None;
            }
        }
        None
    }
}

/// A value and what follows it.
fn attribute_value(text: &str) -> (&str, &str) {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''));
    match quote {
        Some(quote) => {
            let inside = &text[1..];
            inside.find(quote).map_or((inside, ""), |end| (&inside[..end], &inside[end + 1..]))
        }
        None => text.split_at(text.find(|c: char| c.is_ascii_whitespace()).unwrap_or(text.len())),
    }
}

/// Character references resolved; one that means nothing stays as it is.
fn resolved(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.find(';').filter(|end| (2..=10).contains(end));
        let found = end.and_then(|end| Some((reference(&rest[1..end])?, end)));
        if let Some((c, end)) = found {
            out.push(c);
            rest = &rest[end + 1..];
        } else {
            out.push('&');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    out
}

fn reference(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code);
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{A0}',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_posts_itself_is_read() {
        let page = "<!DOCTYPE html><html><body onload=\"a > b\"><!-- <form action='x'> --><script>if (a<b) \"</form>\";</script>\
            <FORM name=\"f\" action='https://acs.example/a?b=1&amp;c=2' method=\"POST\"><input type=hidden name=\"PaReq\" value=\"a&#x130;&quot;+=\">\
            <input type=\"hidden\" name=\"Empty\"><input value='2' name='Two'/><input type=\"submit\" name=\"submit\" value=\"Go\"></FORM>\
            <input name=\"outside\" value=\"3\"></body></html>";
        let form = Form::read(page.as_bytes()).expect("a form");
        assert_eq!(form.action, "https://acs.example/a?b=1&c=2");
        let expected = [("PaReq", "aİ\"+="), ("Empty", ""), ("Two", "2")];
        assert_eq!(form.fields, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn pages_that_are_no_way_on_are_none() {
        for page in [
            "",
            "plain",
            "<html><body><h1>Runtime Error</h1></body></html>",
            "<form>",
            "<form action=\"\"></form>",
            "<form action=\"a\">",
            "<form action=\"a\"></form><form action=\"b\"></form>",
            "<form action=\"a><input></form>",
            "<<<>>><form =></form>",
            "<script>",
            "<!-- ",
        ] {
            assert_eq!(Form::read(page.as_bytes()), None, "{page}");
        }
        assert_eq!(Form::read(b"<form action='a'>\xff</form>"), None);
        let unknown = Form::read(b"<form action=a&b;c><input name=x value=&#xD800;></form>").expect("a form");
        assert_eq!((unknown.action.as_str(), unknown.fields[0].1.as_str()), ("a&b;c", "&#xD800;"));
    }
}
