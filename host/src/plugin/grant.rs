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
