//! XML out, with sealed values; XML in, as a small tree.

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::charset::Charset;
use crate::value::Value;
use crate::{Escape, Fault, Part, Sealed};

/// An element to be written, children in the order they were added.
#[derive(Debug)]
pub struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Nothing,
    Value(Value),
    Children(Vec<Element>),
}

impl Element {
    /// An element without content: `<name/>`.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), attributes: Vec::new(), content: Content::Nothing }
    }

    /// An element with text or sealed values in it; an empty text is `<name></name>`.
    pub fn with(name: &str, value: impl Into<Value>) -> Self {
        Self { content: Content::Value(value.into()), ..Self::new(name) }
    }

    /// Adds an attribute; namespaces, mostly.
    #[must_use]
    pub fn attribute(mut self, name: &str, text: &str) -> Self {
        self.attributes.push((name.to_owned(), text.to_owned()));
        self
    }

    /// With a namespace prefix before its own name and that of every element in it.
    #[must_use]
    pub fn prefixed(self, prefix: &str) -> Self {
        let content = match self.content {
            Content::Children(children) => {
                Content::Children(children.into_iter().map(|child| child.prefixed(prefix)).collect())
            }
            other => other,
        };
        Self { name: format!("{prefix}:{}", self.name), attributes: self.attributes, content }
    }

    /// Adds a child.
    #[must_use]
    pub fn child(mut self, child: Element) -> Self {
        match &mut self.content {
            Content::Children(children) => children.push(child),
            _ => self.content = Content::Children(vec![child]),
        }
        self
    }

    /// Adds a child with a value.
    #[must_use]
    pub fn field(self, name: &str, value: impl Into<Value>) -> Self {
        self.child(Element::with(name, value))
    }

    /// Adds a child if there is a value.
    #[must_use]
    pub fn optional(self, name: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.field(name, value),
            None => self,
        }
    }

    /// The document's parts: declaration, a line, this element, a line. Text that the charset does not
    /// have is written as character references; sealed values are escaped and converted by the host.
    pub fn into_document(self, charset: Charset) -> Result<Vec<Part>, Fault> {
        let label = match charset {
            Charset::Utf8 => "UTF-8",
            Charset::Iso8859x1 => "ISO-8859-1",
            Charset::Iso8859x9 => "ISO-8859-9",
        };
        let declaration = format!("<?xml version=\"1.0\" encoding=\"{label}\"?>\n");
        let out = self.write(Value::new().text(&declaration), charset)?.text("\n");
        Ok(out.into_parts().into_iter().map(|part| encoded(part, charset)).collect())
    }

    /// The element alone, without a declaration, in UTF-8: for SOAP, and for a document inside a form field.
    pub fn into_fragment(self) -> Result<Value, Fault> {
        self.write(Value::new(), Charset::Utf8)
    }

    fn write(self, out: Value, charset: Charset) -> Result<Value, Fault> {
        let name = self.name;
        let mut opened = name.clone();
        for (attribute, text) in &self.attributes {
            let text = escaped(text, charset).replace('"', "&quot;");
            opened = format!("{opened} {attribute}=\"{text}\"");
        }
        Ok(match self.content {
            Content::Nothing => out.text(&format!("<{opened}/>")),
            Content::Value(value) => {
                let seal = |sealed: Sealed| charset.seal(sealed.escaped(Escape::XmlText));
                let inside = value.rewritten(|text| escaped(text, charset), seal)?;
                out.text(&format!("<{opened}>")).value(inside).text(&format!("</{name}>"))
            }
            Content::Children(children) => {
                let mut out = out.text(&format!("<{opened}>"));
                for child in children {
                    out = child.write(out, charset)?;
                }
                out.text(&format!("</{name}>"))
            }
        })
    }
}

/// Readable parts go out as UTF-8 by themselves; in another charset they must be bytes, unless ASCII.
fn encoded(part: Part, charset: Charset) -> Part {
    match part {
        Part::Text(text) if charset != Charset::Utf8 && !text.is_ascii() => match charset.encode(&text) {
            Ok(bytes) => Part::Bytes(bytes),
            // Cannot be: what the charset lacks has become a character reference.
            Err(_) => Part::Text(text),
        },
        part => part,
    }
}

fn escaped(text: &str, charset: Charset) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\t' | '\n' | '\r' => out.push(c),
            // XML 1.0 cannot say them at all.
            '\0'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' => {}
            c if charset.has(c) => out.push(c),
            c => {
                out.push_str("&#");
                out.push_str(&u32::from(c).to_string());
                out.push(';');
            }
        }
    }
    out
}

/// An element that was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    /// Its name, without attributes.
    pub name: String,
    /// Its own text, trimmed.
    pub text: String,
    /// Its children in order.
    pub children: Vec<Tree>,
}

const DEPTH_MAX: usize = 32;
const ELEMENTS_MAX: usize = 10_000;

impl Tree {
    /// Reads a whole document in the charset it declares, else the one the content type names, else
    /// UTF-8 if it is that, else ISO-8859-9. Anything not well-formed is an unreadable answer.
    pub fn read(body: &[u8], content_type: Option<&str>) -> Result<Self, Fault> {
        Self::parse(&decoded(body, content_type).ok_or_else(|| unreadable("is not in the charset it names"))?)
    }

    /// As [`read`](Self::read), taking a document at its word: [`read`](Self::read) believes UTF-8 rather than
    /// a declaration of ISO-8859-9 where the bytes could be both. For banks whose declaration is known to be true.
    pub fn read_declared(body: &[u8], content_type: Option<&str>) -> Result<Self, Fault> {
        match declared_charset(body).and_then(|charset| charset.decode(body)) {
            Some(text) => Self::parse(&text),
            None => Self::read(body, content_type),
        }
    }

    fn parse(text: &str) -> Result<Self, Fault> {
        let mut reader = Reader::from_str(text);
        let mut open: Vec<Tree> = Vec::new();
        let mut root: Option<Tree> = None;
        let mut elements = 0;
        loop {
            match reader.read_event().map_err(|_| unreadable("is not well-formed"))? {
                Event::Start(start) => {
                    elements += 1;
                    if root.is_some() || open.len() >= DEPTH_MAX || elements > ELEMENTS_MAX {
                        return Err(unreadable("has too many elements"));
                    }
                    open.push(Tree { name: start.name().into_inner().to_owned(), ..Tree::default() });
                }
                Event::Empty(start) => {
                    elements += 1;
                    if root.is_some() || elements > ELEMENTS_MAX {
                        return Err(unreadable("has too many elements"));
                    }
                    closed(
                        Tree { name: start.name().into_inner().to_owned(), ..Tree::default() },
                        &mut open,
                        &mut root,
                    );
                }
                Event::End(_) => {
                    let element = open.pop().ok_or_else(|| unreadable("closes what is not open"))?;
                    closed(element, &mut open, &mut root);
                }
                Event::Text(run) => add_text(&mut open, &run.xml10_content())?,
                Event::CData(run) => add_text(&mut open, &run.xml10_content())?,
                Event::GeneralRef(reference) => {
                    let c = match reference.resolve_char_ref().map_err(|_| unreadable("has a broken reference"))? {
                        Some(c) => c,
                        None => named_entity(&reference.xml10_content())
                            .ok_or_else(|| unreadable("has an unknown entity"))?,
                    };
                    add_text(&mut open, c.encode_utf8(&mut [0; 4]))?;
                }
                Event::DocType(_) => return Err(unreadable("has a document type")),
                Event::Eof if open.is_empty() => return root.ok_or_else(|| unreadable("is empty")),
                Event::Eof => return Err(unreadable("ends early")),
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            }
        }
    }

    /// The text at a path such as `Extra/ERRORCODE`. An element that occurs twice is as good as absent:
    /// whichever were read, the other one would say something else.
    pub fn get(&self, path: &str) -> Option<&str> {
        self.at(path).map(|element| element.text.as_str())
    }

    /// As [`get`](Self::get), an empty text counting as none.
    pub fn filled(&self, path: &str) -> Option<&str> {
        self.get(path).filter(|text| !text.is_empty())
    }

    /// The children of a name, however many there are.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Tree> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The only child whose name is this one but for a namespace prefix: `Body` of `soapenv:Body`.
    pub fn local(&self, name: &str) -> Option<&Tree> {
        let is = |child: &&Tree| child.name.rsplit(':').next() == Some(name);
        let mut found = self.children.iter().filter(is);
        match (found.next(), found.next()) {
            (Some(child), None) => Some(child),
            _ => None,
        }
    }

    /// The element at a path.
    pub fn at(&self, path: &str) -> Option<&Tree> {
        path.split('/').try_fold(self, |element, name| {
            let mut found = element.children.iter().filter(|child| child.name == name);
            match (found.next(), found.next()) {
                (Some(child), None) => Some(child),
                _ => None,
            }
        })
    }
}

fn closed(mut element: Tree, open: &mut [Tree], root: &mut Option<Tree>) {
    let text = std::mem::take(&mut element.text);
    text.trim().clone_into(&mut element.text);
    match open.last_mut() {
        Some(parent) => parent.children.push(element),
        None => *root = Some(element),
    }
}

fn add_text(open: &mut [Tree], text: &str) -> Result<(), Fault> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim_matches(['\u{FEFF}', ' ', '\t', '\r', '\n']).is_empty() => {}
        None => return Err(unreadable("has text outside its root")),
    }
    Ok(())
}

fn named_entity(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}

fn decoded(body: &[u8], content_type: Option<&str>) -> Option<String> {
    let declared = declared_charset(body).or_else(|| content_type.and_then(Charset::of_content_type));
    match declared {
        // Some banks declare ISO-8859-9 and send UTF-8; text that is valid UTF-8 beyond ASCII is hardly ever anything else.
        Some(_) if !body.is_ascii() && std::str::from_utf8(body).is_ok() => Charset::Utf8.decode(body),
        Some(charset) => charset.decode(body),
        None => Charset::Utf8.decode(body).or_else(|| Charset::Iso8859x9.decode(body)),
    }
}

fn declared_charset(body: &[u8]) -> Option<Charset> {
    let head: String = body.iter().take(160).map(|byte| char::from(*byte)).collect();
    let declaration = head.strip_prefix("<?xml")?.split("?>").next()?;
    let rest = declaration.split("encoding").nth(1)?.trim_start().strip_prefix('=')?.trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    Charset::named(rest[1..].split(quote).next()?)
}

fn unreadable(why: &str) -> Fault {
    Fault::UnreadableAnswer(format!("the XML {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::native;

    fn text_of(parts: &[Part]) -> Vec<u8> {
        native::reveal(parts)
    }

    #[test]
    fn a_document_is_written_as_banks_expect_it() {
        let _session = native::Session::new().secret("password", "ş<&").start();
        let root = Element::new("CC5Request")
            .field("Name", "A&B <Ğ₺>")
            .field("Taksit", "")
            .field("Password", crate::value::secret("password").expect("is there"))
            .child(Element::new("Extra").child(Element::new("EMPTY")).field("ORDERSTATUS", "QUERY"));
        let parts = root.into_document(Charset::Iso8859x9).expect("builds");
        let expected = "<?xml version=\"1.0\" encoding=\"ISO-8859-9\"?>\n<CC5Request><Name>A&amp;B &lt;\u{d0}&#8378;&gt;</Name>\
             <Taksit></Taksit><Password>\u{fe}&lt;&amp;</Password><Extra><EMPTY/><ORDERSTATUS>QUERY</ORDERSTATUS></Extra></CC5Request>\n";
        let expected: Vec<u8> = expected.chars().map(|c| u8::try_from(u32::from(c)).expect("latin")).collect();
        assert_eq!(text_of(&parts), expected);
        assert!(parts.iter().any(|part| matches!(part, Part::Sealed(_))), "the password stays sealed");
    }

    #[test]
    fn a_document_is_read_in_its_charset() {
        let body = b"<?xml version=\"1.0\" encoding=\"ISO-8859-9\"?>\n<R><A>Kart \xfeifresi &amp; &#x130;</A><B/><C><D><![CDATA[1<2]]></D></C></R>";
        let tree = Tree::read(body, None).expect("reads");
        assert_eq!(tree.get("A"), Some("Kart şifresi & İ"));
        assert_eq!(tree.get("B"), Some(""));
        assert_eq!(tree.filled("B"), None);
        assert_eq!(tree.get("C/D"), Some("1<2"));
        assert_eq!(tree.get("C/E"), None);
        let utf8 = "<?xml version=\"1.0\" encoding=\"ISO-8859-9\"?><R>şifre</R>";
        assert_eq!(Tree::read(utf8.as_bytes(), None).expect("reads").text, "şifre");
        assert_eq!(Tree::read_declared(utf8.as_bytes(), None).expect("reads").text, "ÅŸifre");
        assert_eq!(Tree::read(b"<R>\xfe</R>", Some("text/xml; charset=ISO-8859-9")).expect("reads").text, "ş");
    }

    #[test]
    fn what_is_not_one_whole_document_is_unreadable() {
        for bad in [
            "",
            " ",
            "<R>",
            "<R></S>",
            "<R/><S/>",
            "text",
            "<R/>text",
            "<!DOCTYPE R [<!ENTITY x 'y'>]><R>&x;</R>",
            "<R>&x;</R>",
            "<html><body><br></body></html>",
            "{\"a\":1}",
            "</R>",
        ] {
            assert!(matches!(Tree::read(bad.as_bytes(), None), Err(Fault::UnreadableAnswer(_))), "{bad}");
        }
        let deep = "<a>".repeat(100_000);
        assert!(Tree::read(deep.as_bytes(), None).is_err());
    }

    #[test]
    fn a_fragment_has_attributes_and_no_declaration() {
        let envelope = Element::new("s:Envelope").attribute("xmlns:s", "urn:a&\"b").field("s:Body", "ş<");
        let text = text_of(&envelope.into_fragment().expect("builds").into_parts());
        assert_eq!(
            String::from_utf8_lossy(&text),
            "<s:Envelope xmlns:s=\"urn:a&amp;&quot;b\"><s:Body>ş&lt;</s:Body></s:Envelope>"
        );
        let tree = Tree::read(b"<s:E><s:Body><A>1</A><A>2</A></s:Body></s:E>", None).expect("reads");
        let body = tree.local("Body").expect("is there");
        assert_eq!((body.get("A"), body.all("A").count()), (None, 2));
        let latin1 = Element::with("A", "öş").into_document(Charset::Iso8859x1).expect("builds");
        assert_eq!(text_of(&latin1), b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<A>\xF6&#351;</A>\n");
    }

    #[test]
    fn an_element_given_twice_is_not_read() {
        let tree = Tree::read(b"<R><Code>00</Code><Code>51</Code></R>", None).expect("reads");
        assert_eq!(tree.get("Code"), None);
    }
}
