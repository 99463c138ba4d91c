//! A bank read from a file of good answers (JSON, or TOML turned into it), with a function that signs them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use vezne_plugin::body::url_form;
use vezne_plugin::charset::Charset;
use vezne_plugin::native::TestCard;
use vezne_plugin::{Callback, HttpResponse, Method, Reply};

use crate::bank::{Account, At, Bank, Told};
use crate::talk::Talk;
use crate::template::Filling;
use crate::wire::Wire;

/// What the bank is about to say; a [`Sign`] function completes it.
#[derive(Debug)]
pub struct Said<'a> {
    /// In which conversation.
    pub talk: Talk,
    /// Where in it.
    pub at: At,
    /// What it says of the operation.
    pub told: &'a Told,
    /// What the connector sent so far.
    pub heard: &'a [Wire],
    /// The account's secrets.
    pub secrets: &'a BTreeMap<String, String>,
    /// The body of an answer, or the fields of a return.
    pub content: Content,
    /// Headers of an answer.
    pub headers: Vec<(String, String)>,
    /// Status of an answer.
    pub status: u16,
}

/// The content of what the bank says, placeholders filled.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// XML, a form, anything.
    Text(String),
    /// JSON.
    Json(Value),
    /// Form fields that the payer's browser posts.
    Fields(Vec<(String, String)>),
}

impl Content {
    /// A form field's value; empty where there is none.
    pub fn field(&self, name: &str) -> &str {
        match self {
            Self::Fields(fields) => fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value),
            _ => "",
        }
    }

    /// Gives a form field a value.
    pub fn put(&mut self, name: &str, value: impl Into<String>) {
        if let Self::Fields(fields) = self {
            fields.retain(|(key, _)| key != name);
            fields.push((name.to_owned(), value.into()));
        }
    }
}

/// Signs what the bank says: changes fields, body or headers.
pub type Sign = fn(&mut Said<'_>);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    settings: BTreeMap<String, String>,
    #[serde(default)]
    secrets: BTreeMap<String, String>,
    order: Option<String>,
    card: Option<CardInFile>,
    /// Of every answer that names none.
    content_type: String,
    /// `utf-8` or `iso-8859-9`.
    #[serde(default = "utf_8")]
    charset: String,
    /// Text or JSON by name.
    bodies: BTreeMap<String, Value>,
    talks: BTreeMap<String, TalkInFile>,
    /// The fields of a return that sign it.
    #[serde(default)]
    signature: Vec<String>,
}

fn utf_8() -> String {
    "utf-8".to_owned()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CardInFile {
    number: String,
    security_code: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct TalkInFile {
    /// Another conversation of the file that this one is like.
    like: Option<String>,
    /// Answers to the act's requests, in their order, those before and after the gate alike.
    answers: Option<Vec<AnswerInFile>>,
    /// Form fields of the return.
    back: Option<BTreeMap<String, String>>,
    /// Return by GET.
    #[serde(default)]
    by_query: bool,
    /// Fields of the return that sign it, where they are others than the file's.
    signature: Option<Vec<String>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum AnswerInFile {
    Name(String),
    Whole(WholeAnswer),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct WholeAnswer {
    body: String,
    status: Option<u16>,
    content_type: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

/// A bank that is a file.
pub struct Answers {
    file: File,
    sign: Option<Sign>,
}

impl Answers {
    /// Reads the file; the error is a sentence for its author.
    pub fn read(text: &str) -> Result<Self, String> {
        let file: File = serde_json::from_str(text).map_err(|error| format!("the answers cannot be read: {error}"))?;
        for (name, talk) in &file.talks {
            if let Some(like) = talk.like.as_ref().filter(|like| !file.talks.contains_key(*like)) {
                return Err(format!("{name} is like {like}, which the file has not"));
            }
            let names = talk.answers.iter().flatten().map(|answer| match answer {
                AnswerInFile::Name(name) => name,
                AnswerInFile::Whole(whole) => &whole.body,
            });
            if let Some(body) = names.into_iter().find(|body| !file.bodies.contains_key(*body)) {
                return Err(format!("{name} answers with {body}, which the file has not"));
            }
        }
        Ok(Self { file, sign: None })
    }

    /// Signs what is said with this function.
    #[must_use]
    pub fn signed(self, sign: Sign) -> Self {
        Self { sign: Some(sign), ..self }
    }

    /// The conversation, with what it takes from the one it is like.
    fn talk(&self, talk: Talk) -> Option<TalkInFile> {
        let found = talk.keys().into_iter().find_map(|key| self.file.talks.get(&key))?;
        let mut whole = found.clone();
        let mut like: Option<String> = whole.like.take();
        // Each is like another one at most as often as there are conversations.
        for _ in 0..self.file.talks.len() {
            let Some(other) = like.as_ref().and_then(|name| self.file.talks.get(name)) else { break };
            whole.answers = whole.answers.or_else(|| other.answers.clone());
            whole.signature = whole.signature.or_else(|| other.signature.clone());
            whole.by_query |= other.by_query;
            whole.back = match (whole.back, other.back.clone()) {
                (Some(ours), Some(mut theirs)) => {
                    theirs.extend(ours);
                    Some(theirs)
                }
                (ours, theirs) => ours.or(theirs),
            };
            like.clone_from(&other.like);
        }
        Some(whole)
    }

    fn complete(&self, said: &mut Said<'_>) {
        if let Some(sign) = self.sign {
            sign(said);
        }
    }

    fn encoded(&self, text: &str) -> Vec<u8> {
        if self.file.charset.eq_ignore_ascii_case("iso-8859-9") {
            Charset::Iso8859x9.encode(text).unwrap_or_else(|_| text.as_bytes().to_vec())
        } else {
            text.as_bytes().to_vec()
        }
    }
}

impl Bank for Answers {
    fn account(&self) -> Account {
        Account { settings: self.file.settings.clone(), secrets: self.file.secrets.clone() }
    }

    fn order(&self) -> String {
        self.file.order.clone().unwrap_or_else(|| "01JD8ZK0Q3M7".to_owned())
    }

    fn card(&self) -> TestCard {
        match &self.file.card {
            Some(card) => TestCard::new(&card.number, 12, 2030, card.security_code.as_deref()),
            None => TestCard::new("4938410158754200", 12, 2030, Some("739")),
        }
    }

    fn knows(&self, talk: Talk) -> bool {
        self.talk(talk).is_some()
    }

    fn answer(&self, talk: Talk, nth: usize, heard: &[Wire], told: &Told) -> Option<Reply> {
        let found = self.talk(talk)?;
        let answers = found.answers.unwrap_or_default();
        let whole = match answers.get(nth)? {
            AnswerInFile::Whole(whole) => whole.clone(),
            AnswerInFile::Name(body) => {
                WholeAnswer { body: body.clone(), status: None, content_type: None, headers: BTreeMap::new() }
            }
        };
        let filling = Filling { told, heard };
        let content = match self.file.bodies.get(&whole.body)? {
            Value::String(text) => Content::Text(filling.text(text)),
            json => Content::Json(filling.json(json)),
        };
        let content_type = whole.content_type.unwrap_or_else(|| self.file.content_type.clone());
        let named = whole.headers.iter().map(|(name, value)| (name.clone(), filling.text(value)));
        let headers = [("content-type".to_owned(), content_type)].into_iter().chain(named).collect();
        let status = whole.status.unwrap_or(200);
        let secrets = &self.file.secrets;
        let mut said = Said { talk, at: At::Answer(nth), told, heard, secrets, content, headers, status };
        self.complete(&mut said);
        let body = match &said.content {
            Content::Text(text) => self.encoded(text),
            Content::Json(value) => self.encoded(&value.to_string()),
            Content::Fields(_) => Vec::new(),
        };
        Some(Reply::Response(HttpResponse { status: said.status, headers: said.headers, body, body_truncated: false }))
    }

    fn back(&self, talk: Talk, heard: &[Wire], told: &Told) -> Option<Callback> {
        let found = self.talk(talk)?;
        let filling = Filling { told, heard };
        let fields = found.back?.iter().map(|(name, value)| (name.clone(), filling.text(value))).collect();
        let secrets = &self.file.secrets;
        let content = Content::Fields(fields);
        let mut said = Said { talk, at: At::Back, told, heard, secrets, content, headers: Vec::new(), status: 200 };
        self.complete(&mut said);
        let Content::Fields(fields) = said.content else { return None };
        let pair = |(name, value): &(String, String)| format!("{}={}", url_form(name), url_form(value));
        let posted = if found.by_query { Vec::new() } else { fields.iter().map(pair).collect::<Vec<_>>() };
        let body = posted.join("&").into_bytes();
        let (query, form) = if found.by_query { (fields, Vec::new()) } else { (Vec::new(), fields) };
        let method = if found.by_query { Method::Get } else { Method::Post };
        Some(Callback { method, query, form, headers: Vec::new(), body, source_ip: "127.0.0.1".into() })
    }

    fn signature(&self, talk: Talk) -> Vec<String> {
        self.talk(talk).and_then(|found| found.signature).unwrap_or_else(|| self.file.signature.clone())
    }
}
