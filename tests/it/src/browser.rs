//! A browser without script: cookies, redirects and forms.

use std::collections::BTreeMap;
use std::sync::Mutex;

use anyhow::{Context, Result, bail};

use crate::http::{Answer, Call};

/// No chain of redirects is longer.
const REDIRECTS_MAX: usize = 10;

/// A browser. Cookies are kept per host and port, so that the bank never sees ours.
#[derive(Default)]
pub struct Browser {
    cookies: Mutex<BTreeMap<String, BTreeMap<String, String>>>,
    language: Option<String>,
}

/// A page, and where it was found.
#[derive(Debug, Clone)]
pub struct Page {
    pub url: String,
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub html: String,
}

/// A form of a page, ready to be filled in.
#[derive(Debug, Clone)]
pub struct Form {
    pub action: String,
    pub method: String,
    pub fields: Vec<(String, String)>,
}

impl Browser {
    /// A browser whose user reads this language first.
    pub fn reading(language: &str) -> Self {
        Self { language: Some(language.to_owned()), ..Self::default() }
    }

    pub async fn get(&self, url: &str) -> Result<Page> {
        self.follow(Call::new("GET", url)).await
    }

    /// Sends a form off, the way its method says.
    pub async fn submit(&self, form: &Form) -> Result<Page> {
        self.follow(self.call_of(form)).await
    }

    /// The request that sending the form off would make.
    pub fn call_of(&self, form: &Form) -> Call {
        let encoded = form_urlencoded::Serializer::new(String::new()).extend_pairs(&form.fields).finish();
        if form.method == "get" {
            let base = form.action.split('?').next().unwrap_or_default();
            return self.dress(Call::new("GET", format!("{base}?{encoded}")));
        }
        let call = Call::new("POST", form.action.clone()).body("application/x-www-form-urlencoded", encoded);
        self.dress(call)
    }

    /// Sends automatic forms off until a page wants an answer from its reader.
    pub async fn settle(&self, mut page: Page) -> Result<Page> {
        for _ in 0..REDIRECTS_MAX {
            match page.automatic_form() {
                Some(form) => page = self.submit(&form).await?,
                None => return Ok(page),
            }
        }
        bail!("{} sends itself off for ever", page.url)
    }

    async fn follow(&self, call: Call) -> Result<Page> {
        let mut call = self.dress(call);
        for _ in 0..REDIRECTS_MAX {
            let answer = call.send().await?;
            self.keep_cookies(&call.url, &answer);
            let Some(location) = answer.header("location").filter(|_| (300..400).contains(&answer.status)) else {
                let html = answer.text();
                return Ok(Page { url: call.url, status: answer.status, headers: answer.headers, html });
            };
            let next = resolve(&call.url, location);
            // 307 and 308 repeat the request, the others go on with GET.
            call = if matches!(answer.status, 307 | 308) { Call { url: next, ..call } } else { Call::new("GET", next) };
            call.headers.retain(|(k, _)| k != "cookie" && k != "origin");
            call = self.dress(call);
        }
        bail!("{} redirects for ever", call.url)
    }

    /// What a browser adds by itself.
    fn dress(&self, mut call: Call) -> Call {
        let origin = origin_of(&call.url);
        let has = |name: &str| call.headers.iter().any(|(k, _)| k == name);
        let mut more = Vec::new();
        if !has("accept") {
            more.push(("accept".to_owned(), "text/html,application/xhtml+xml,*/*;q=0.8".to_owned()));
        }
        if let Some(language) = self.language.as_ref().filter(|_| !has("accept-language")) {
            more.push(("accept-language".to_owned(), language.clone()));
        }
        if call.method == "POST" && !has("origin") {
            more.push(("origin".to_owned(), origin.clone()));
            more.push(("sec-fetch-site".to_owned(), "same-origin".to_owned()));
            more.push(("sec-fetch-mode".to_owned(), "navigate".to_owned()));
        }
        if !has("cookie") {
            let jar = self.cookies.lock().expect("cookies");
            if let Some(own) = jar.get(&origin).filter(|own| !own.is_empty()) {
                let line: Vec<_> = own.iter().map(|(k, v)| format!("{k}={v}")).collect();
                more.push(("cookie".to_owned(), line.join("; ")));
            }
        }
        call.headers.extend(more);
        call
    }

    fn keep_cookies(&self, url: &str, answer: &Answer) {
        let mut jar = self.cookies.lock().expect("cookies");
        let own = jar.entry(origin_of(url)).or_default();
        for (_, line) in answer.headers.iter().filter(|(k, _)| k.eq_ignore_ascii_case("set-cookie")) {
            let mut parts = line.split(';');
            let Some((name, value)) = parts.next().and_then(|p| p.split_once('=')) else { continue };
            let gone = line.to_ascii_lowercase().contains("max-age=0") || value.is_empty();
            if gone {
                own.remove(name.trim());
            } else {
                own.insert(name.trim().to_owned(), value.trim().to_owned());
            }
        }
    }

    /// A cookie kept for an address.
    pub fn cookie(&self, url: &str, name: &str) -> Option<String> {
        self.cookies.lock().expect("cookies").get(&origin_of(url))?.get(name).cloned()
    }
}

impl Page {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(k, _)| k.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// Every form.
    pub fn forms(&self) -> Vec<Form> {
        self.html
            .split("<form")
            .skip(1)
            .map(|part| self.form_of(part.split("</form>").next().unwrap_or(part)))
            .collect()
    }

    /// The first form whose address holds `part`.
    pub fn form(&self, part: &str) -> Result<Form> {
        let found = self.forms().into_iter().find(|f| f.action.contains(part));
        found.with_context(|| format!("{} ({}) has no form to {part}:\n{}", self.url, self.status, self.head()))
    }

    /// A form that asks its reader nothing: hidden fields, and a script or a button to send it.
    pub fn automatic_form(&self) -> Option<Form> {
        let mut parts = self.html.split("<form").skip(1);
        let (first, more) = (parts.next()?, parts.next());
        let first = first.split("</form>").next().unwrap_or(first);
        let asks = inputs(first).any(|tag| attribute(tag, "type").as_deref() != Some("hidden"));
        (!asks && more.is_none() && first.contains("type=\"hidden\"")).then(|| self.form_of(first))
    }

    /// The beginning of what the page says, for a failure's message.
    pub fn head(&self) -> String {
        let said = self.html.find("<main").map_or(self.html.as_str(), |at| &self.html[at..]);
        said.chars().take(3_000).collect()
    }

    fn form_of(&self, part: &str) -> Form {
        let tag = part.split('>').next().unwrap_or_default();
        let action = attribute(tag, "action").unwrap_or_default();
        let fields = inputs(part).filter_map(|tag| {
            let kind = attribute(tag, "type").unwrap_or_default();
            let checked = !matches!(kind.as_str(), "checkbox" | "radio") || has_word(tag, "checked");
            let name = attribute(tag, "name").filter(|_| checked && kind != "submit")?;
            Some((name, attribute(tag, "value").unwrap_or_default()))
        });
        Form {
            action: resolve(&self.url, &action),
            method: attribute(tag, "method").unwrap_or_else(|| "get".to_owned()).to_lowercase(),
            fields: fields.collect(),
        }
    }
}

impl Form {
    /// Fills a field in, or adds it.
    pub fn set(mut self, name: &str, value: &str) -> Self {
        match self.fields.iter_mut().find(|(k, _)| k == name) {
            Some(field) => value.clone_into(&mut field.1),
            None => self.fields.push((name.to_owned(), value.to_owned())),
        }
        self
    }

    pub fn value(&self, name: &str) -> &str {
        self.fields.iter().find(|(k, _)| k == name).map_or("", |(_, v)| v)
    }
}

fn inputs(part: &str) -> impl Iterator<Item = &str> {
    part.split("<input").skip(1).map(|tag| tag.split('>').next().unwrap_or_default())
}

fn has_word(tag: &str, word: &str) -> bool {
    tag.split([' ', '/', '\n']).any(|w| w == word || w.starts_with(&format!("{word}=")))
}

/// An attribute's text, with the entities of HTML undone.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let at =
        tag.match_indices(&format!("{name}=")).find(|(i, _)| *i == 0 || tag.as_bytes()[i - 1].is_ascii_whitespace())?.0;
    let rest = &tag[at + name.len() + 1..];
    let raw = match rest.chars().next()? {
        quote @ ('"' | '\'') => rest[1..].split(quote).next()?,
        _ => rest.split([' ', '>']).next()?,
    };
    Some(undo_entities(raw))
}

fn undo_entities(text: &str) -> String {
    let mut out = text.to_owned();
    for (entity, plain) in [
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&#x2F;", "/"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
    ] {
        out = out.replace(entity, plain);
    }
    out
}

/// `http://host:port`
pub fn origin_of(url: &str) -> String {
    let start = url.find("://").map_or(0, |i| i + 3);
    let end = url[start..].find(['/', '?', '#']).map_or(url.len(), |i| start + i);
    url[..end].to_owned()
}

fn resolve(base: &str, target: &str) -> String {
    if target.contains("://") {
        target.to_owned()
    } else if target.starts_with('/') {
        format!("{}{target}", origin_of(base))
    } else if target.is_empty() {
        base.to_owned()
    } else {
        let path = base.split('?').next().unwrap_or(base);
        format!("{}/{target}", path.rsplit_once('/').map_or(path, |(folder, _)| folder))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_read_from_a_page() {
        let page = Page {
            url: "http://h:1/a/b?c".into(),
            status: 200,
            headers: vec![],
            html: "<form method=\"post\" action=\"/x?y=1&amp;z\"><input type=\"hidden\" name=\"a\" value=\"&lt;&quot;\">\
                   <input name='b'><input type=checkbox name=c value=1><input type=\"checkbox\" name=\"d\" value=\"2\" checked></form>"
                .into(),
        };
        let form = page.form("/x").expect("a form");
        assert_eq!((form.action.as_str(), form.method.as_str()), ("http://h:1/x?y=1&z", "post"));
        assert_eq!(form.fields, [("a", "<\""), ("b", ""), ("d", "2")].map(|(k, v)| (k.to_owned(), v.to_owned())));
        assert!(page.automatic_form().is_none(), "it asks for b");
    }

    #[test]
    fn addresses_resolve() {
        assert_eq!(resolve("http://h:1/a/b", "c"), "http://h:1/a/c");
        assert_eq!(resolve("http://h:1/a/b?q", "/c"), "http://h:1/c");
        assert_eq!(origin_of("http://h:1/a"), "http://h:1");
    }
}
