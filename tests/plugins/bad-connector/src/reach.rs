//! Where it may not go. Host and prefix are the grant's; the settings say what it tries beside them.

use vezne_plugin::{Browse, BrowserAction, BrowserForm, Effect, Fault, Field, HttpRequest, Part, Step, host};

use super::{nowhere, request, sent};

pub fn tried(mode: &str) -> Option<Result<Step, Fault>> {
    let setting = |key: &str| host::setting(key);
    let endpoint = setting("endpoint").unwrap_or_else(|| "api".to_owned());
    let path = setting("path").unwrap_or_default();
    Some(match mode {
        "reach" => {
            let header = |name| Field { name, value: Part::Text("other-bank.example".to_owned()) };
            let headers = setting("header").into_iter().map(header).collect();
            let request = request(vec![Part::Text("<x/>".to_owned())], &endpoint);
            sent(HttpRequest { path, headers, ..request }, Vec::new())
        }
        "lead" => Ok(Step::Browse(Browse {
            action: BrowserAction::PostForm(BrowserForm { endpoint, path, fields: Vec::new() }),
            effect: Effect::ReadOnly,
            correlation: "ORD1".to_owned(),
            known: nowhere(),
            state: Vec::new(),
        })),
        _ => return None,
    })
}
