//! What a plugin asks to be allowed, and what a new version asks for beyond the old one.
//!
//! A grant is all or nothing: an administrator allows a version what its manifest asks for, or does not let it serve.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use url::Url;

use super::manifest::{Environments, Manifest};

/// What a version asks for, or was allowed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Where it may send, by name.
    pub endpoints: BTreeMap<String, EndpointGrant>,
    /// Secrets it may use.
    pub secrets: BTreeSet<String>,
    /// Beyond the default limits.
    pub memory_bytes: Option<u64>,
    /// Beyond the default limits.
    pub cpu_ms: Option<u32>,
    /// Beyond the default limits.
    pub send_ms: Option<u32>,
    /// It is believed when it says that a send only asks.
    pub asks_before_writing: bool,
}

/// One endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointGrant {
    /// The hosts of its addresses.
    pub hosts: BTreeSet<String>,
    /// Card data may go there.
    pub takes_card: bool,
    /// Secrets may go there.
    pub takes_secrets: bool,
}

/// One thing that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// `endpoint`, `host`, `card`, `secrets`, `secret`, `memory_bytes`, `cpu_ms`, `send_ms` or `asks_before_writing`.
    pub kind: &'static str,
    /// Of which endpoint; the secret's name; empty for a limit.
    pub name: String,
    /// The host, or the limit.
    pub value: String,
}

/// One thing that a version asks for or was allowed, both beside each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beside {
    /// As in [`Wish::kind`].
    pub kind: &'static str,
    /// As in [`Wish::name`].
    pub name: String,
    /// What is asked for: the host, the limit, empty for a yes; nothing where it is not asked for.
    pub asked: Option<String>,
    /// What was allowed, in the same way.
    pub granted: Option<String>,
    /// It is asked for and not allowed yet.
    pub new: bool,
}

impl Wish {
    fn new(kind: &'static str, name: &str, value: impl Into<String>) -> Self {
        Self { kind, name: name.to_owned(), value: value.into() }
    }
}

impl Grant {
    /// All that a manifest asks for.
    pub fn asked(manifest: &Manifest) -> Self {
        let endpoints = manifest.endpoints.iter().map(|(name, asked)| {
            let of_banks = manifest.banks.iter().filter_map(|bank| bank.endpoints.get(name));
            let hosts = std::iter::once(&asked.urls).chain(of_banks).flat_map(hosts).collect();
            (name.clone(), EndpointGrant { hosts, takes_card: asked.takes_card, takes_secrets: asked.takes_secrets })
        });
        Self {
            endpoints: endpoints.collect(),
            secrets: manifest.secrets.iter().map(|secret| secret.name.clone()).collect(),
            memory_bytes: manifest.limits.memory_bytes,
            cpu_ms: manifest.limits.cpu_ms,
            send_ms: manifest.limits.send_ms,
            asks_before_writing: manifest.asks_before_writing,
        }
    }

    /// Everything that this asks for beside everything that `held` has, each thing once.
    pub fn beside(&self, held: &Self) -> Vec<Beside> {
        let nothing = Self::default();
        let fresh = self.beyond(held);
        let asked = self.beyond(&nothing);
        let mut granted = held.beyond(&nothing);
        // Limits differ by value and are one thing each; hosts are a thing of their own each.
        let same =
            |a: &Wish, b: &Wish| a.kind == b.kind && a.name == b.name && (a.kind != "host" || a.value == b.value);
        let mut rows: Vec<Beside> = asked
            .into_iter()
            .map(|wish| {
                let had = granted.iter().position(|other| same(&wish, other)).map(|at| granted.swap_remove(at));
                let new = fresh.contains(&wish);
                Beside {
                    kind: wish.kind,
                    name: wish.name,
                    asked: Some(wish.value),
                    granted: had.map(|had| had.value),
                    new,
                }
            })
            .collect();
        granted.sort_by(|a, b| (a.kind, &a.name, &a.value).cmp(&(b.kind, &b.name, &b.value)));
        rows.extend(granted.into_iter().map(|wish| Beside {
            kind: wish.kind,
            name: wish.name,
            asked: None,
            granted: Some(wish.value),
            new: false,
        }));
        rows
    }

    /// What this asks for that `held` does not have.
    pub fn beyond(&self, held: &Self) -> Vec<Wish> {
        let mut wishes = Vec::new();
        let none = EndpointGrant::default();
        for (name, asked) in &self.endpoints {
            let known = held.endpoints.get(name);
            if known.is_none() {
                wishes.push(Wish::new("endpoint", name, ""));
            }
            let known = known.unwrap_or(&none);
            wishes.extend(asked.hosts.difference(&known.hosts).map(|host| Wish::new("host", name, host)));
            if asked.takes_card && !known.takes_card {
                wishes.push(Wish::new("card", name, ""));
            }
            if asked.takes_secrets && !known.takes_secrets {
                wishes.push(Wish::new("secrets", name, ""));
            }
        }
        wishes.extend(self.secrets.difference(&held.secrets).map(|name| Wish::new("secret", name, "")));
        let mut limit = |kind, asked: Option<u64>, had: Option<u64>| {
            if let Some(asked) = asked
                && had.is_none_or(|had| asked > had)
            {
                wishes.push(Wish::new(kind, "", asked.to_string()));
            }
        };
        limit("memory_bytes", self.memory_bytes, held.memory_bytes);
        limit("cpu_ms", self.cpu_ms.map(u64::from), held.cpu_ms.map(u64::from));
        limit("send_ms", self.send_ms.map(u64::from), held.send_ms.map(u64::from));
        if self.asks_before_writing && !held.asks_before_writing {
            wishes.push(Wish::new("asks_before_writing", "", ""));
        }
        wishes
    }
}

fn hosts(urls: &Environments) -> Vec<String> {
    let both = [&urls.test, &urls.live];
    both.into_iter().flatten().filter_map(|url| Url::parse(url).ok()?.host_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(endpoints: &str, more: &str) -> Manifest {
        let text = format!(
            r#"{{"id":"pos-x","version":"1.0.0","kind":"pos","api":"vezne:pos@1.0.0","publisher":"x","licence":"MIT",
                "names":{{"tr":"x","en":"x"}},"endpoints":{endpoints}{more}}}"#
        );
        Manifest::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn what_is_asked_for_stands_beside_what_is_allowed() {
        let old = Grant::asked(&manifest(
            r#"{"api":{"urls":{"live":"https://a.example/x"}}}"#,
            r#","secrets":[{"name":"old-key","label":{"tr":"k","en":"k"}}],"limits":{"cpu_ms":50}"#,
        ));
        let new = Grant::asked(&manifest(
            r#"{"api":{"urls":{"live":"https://b.example/x"}}}"#,
            r#","limits":{"cpu_ms":100}"#,
        ));
        let rows = new.beside(&old);
        let rows: Vec<_> = rows
            .iter()
            .map(|row| (row.kind, row.name.as_str(), row.asked.as_deref(), row.granted.as_deref(), row.new))
            .collect();
        assert_eq!(
            rows,
            [
                ("endpoint", "api", Some(""), Some(""), false),
                ("host", "api", Some("b.example"), None, true),
                ("secrets", "api", Some(""), Some(""), false),
                ("cpu_ms", "", Some("100"), Some("50"), true),
                ("host", "api", None, Some("a.example"), false),
                ("secret", "old-key", None, Some(""), false),
            ]
        );
    }

    #[test]
    fn only_what_is_new_is_asked_about() {
        let old = Grant::asked(&manifest(r#"{"api":{"urls":{"live":"https://a.example/x"}}}"#, ""));
        let same = Grant::asked(&manifest(r#"{"api":{"urls":{"live":"https://a.example/other"}}}"#, ""));
        assert_eq!(same.beyond(&old), []);
        let more = Grant::asked(&manifest(
            r#"{"api":{"takes_card":true,"urls":{"live":"https://b.example/x"}},"gate":{"takes_secrets":false}}"#,
            r#","secrets":[{"name":"key","label":{"tr":"k","en":"k"}}],"limits":{"cpu_ms":100}"#,
        ));
        let kinds: Vec<_> = more.beyond(&old).into_iter().map(|wish| (wish.kind, wish.name, wish.value)).collect();
        let wish = |kind, name: &str, value: &str| (kind, name.to_owned(), value.to_owned());
        assert_eq!(
            kinds,
            [
                wish("host", "api", "b.example"),
                wish("card", "api", ""),
                wish("endpoint", "gate", ""),
                wish("secret", "key", ""),
                wish("cpu_ms", "", "100"),
            ]
        );
        assert_eq!(old.beyond(&more).len(), 1, "a host that was dropped and comes back is new");
    }
}
