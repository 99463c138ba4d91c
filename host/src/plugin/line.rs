//! Which version of a plugin serves whom: the pointer, as a node holds it in memory.

use std::collections::{HashMap, HashSet};

use crate::domain::id::TenantId;
use crate::domain::plugin::{Reach, canary_takes};

/// The versions of one plugin, for everyone or for one firm, by digest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// New attempts begin on it.
    pub active: Option<String>,
    /// What was active before: it serves where the active one cannot be loaded.
    pub previous: Option<String>,
    /// Since when it is active, epoch milliseconds.
    pub since_ms: i64,
    /// It takes so many percent of new attempts.
    pub canary: Option<(String, i64)>,
    /// It is played the recordings of what the others did.
    pub shadow: Option<String>,
}

/// All lines of a node.
#[derive(Debug, Clone, Default)]
pub struct Lines {
    lines: HashMap<(Reach, String), Line>,
    revoked: HashSet<(Reach, String)>,
}

impl Lines {
    /// The line of a plugin, to be filled.
    pub fn line(&mut self, reach: Reach, plugin: &str) -> &mut Line {
        self.lines.entry((reach, plugin.to_owned())).or_default()
    }

    /// Notes that a version was withdrawn.
    pub fn revoke(&mut self, reach: Reach, digest: &str) {
        self.revoked.insert((reach, digest.to_owned()));
    }

    /// Whether some line leads to a version, or back to it.
    pub fn serves(&self, digest: &str) -> bool {
        self.lines.values().any(|line| {
            let canary = line.canary.as_ref().map(|(canary, _)| canary);
            [line.active.as_ref(), line.previous.as_ref(), line.shadow.as_ref(), canary]
                .into_iter()
                .flatten()
                .any(|known| known == digest)
        })
    }

    /// Whether a version was withdrawn from a firm.
    pub fn is_revoked(&self, tenant: TenantId, digest: &str) -> bool {
        [Reach::Everyone, Reach::Firm(tenant)].iter().any(|reach| self.revoked.contains(&(*reach, digest.to_owned())))
    }

    /// The digest of the active version: the firm's own choice, else everyone's. Where it cannot be loaded here, the one
    /// before it; a withdrawn one never.
    pub fn active(&self, tenant: TenantId, plugin: &str, loaded: impl Fn(&str) -> bool) -> Option<&str> {
        let good = |digest: &&str| loaded(digest) && !self.is_revoked(tenant, digest);
        let [own, all] = self.both(tenant, plugin);
        let line = own.filter(|line| line.active.is_some()).or(all)?;
        [&line.active, &line.previous].into_iter().filter_map(Option::as_deref).find(good)
    }

    /// The digest of the version for one attempt.
    pub fn chosen(&self, tenant: TenantId, plugin: &str, attempt: &str, loaded: impl Fn(&str) -> bool) -> Option<&str> {
        let [own, all] = self.both(tenant, plugin);
        // A firm that chose its own version is not in everyone's experiment.
        let chose = own.is_some_and(|line| line.active.is_some());
        let canary = own.and_then(|line| line.canary.as_ref());
        let canary = canary.or_else(|| if chose { None } else { all.and_then(|line| line.canary.as_ref()) });
        if let Some((digest, percent)) = canary
            && loaded(digest)
            && !self.is_revoked(tenant, digest)
            && canary_takes(attempt, *percent)
        {
            return Some(digest);
        }
        self.active(tenant, plugin, loaded)
    }

    /// The digest of the version in whose shadow a firm's acts are played: its own, else everyone's. It serves nobody, so
    /// a firm that chose its version is in it as well.
    pub fn shadow(&self, tenant: TenantId, plugin: &str) -> Option<&str> {
        let lines = self.both(tenant, plugin).into_iter().flatten();
        lines.filter_map(|line| line.shadow.as_deref()).find(|digest| !self.is_revoked(tenant, digest))
    }

    /// Every version that runs in the shadow for somebody.
    pub fn shadows(&self) -> impl Iterator<Item = &str> {
        self.lines.values().filter_map(|line| line.shadow.as_deref())
    }

    /// Every version that takes new attempts of somebody.
    pub fn digests(&self) -> impl Iterator<Item = &str> {
        let lines = self.lines.values();
        lines.flat_map(|line| {
            line.active.as_deref().into_iter().chain(line.canary.as_ref().map(|(digest, _)| digest.as_str()))
        })
    }

    /// Every line: for whom, of which plugin.
    pub fn all(&self) -> Vec<(Reach, String, Line)> {
        self.lines.iter().map(|((reach, plugin), line)| (*reach, plugin.clone(), line.clone())).collect()
    }

    fn both(&self, tenant: TenantId, plugin: &str) -> [Option<&Line>; 2] {
        [Reach::Firm(tenant), Reach::Everyone].map(|reach| self.lines.get(&(reach, plugin.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines() -> (Lines, TenantId, TenantId) {
        let (firm, other) = (TenantId::at(1), TenantId::at(2));
        let mut lines = Lines::default();
        *lines.line(Reach::Everyone, "p") = Line {
            active: Some("a".into()),
            previous: Some("z".into()),
            since_ms: 0,
            canary: Some(("c".into(), 100)),
            shadow: None,
        };
        *lines.line(Reach::Firm(firm), "p") =
            Line { active: Some("b".into()), previous: None, since_ms: 0, canary: None, shadow: Some("d".into()) };
        (lines, firm, other)
    }

    #[test]
    fn a_firm_that_chose_is_left_alone() {
        let (lines, firm, other) = lines();
        let all = |_: &str| true;
        assert_eq!(lines.active(firm, "p", all), Some("b"));
        assert_eq!(lines.chosen(firm, "p", "x", all), Some("b"), "not in everyone's experiment");
        assert_eq!(lines.active(other, "p", all), Some("a"));
        assert_eq!(lines.chosen(other, "p", "x", all), Some("c"));
        assert_eq!(lines.active(other, "q", all), None);
        assert_eq!((lines.shadow(firm, "p"), lines.shadow(other, "p")), (Some("d"), None));
    }

    #[test]
    fn what_is_withdrawn_or_cannot_be_loaded_does_not_serve() {
        let (mut lines, firm, other) = lines();
        assert_eq!(lines.active(other, "p", |digest| digest != "a"), Some("z"), "the one before");
        assert_eq!(lines.chosen(other, "p", "x", |digest| digest != "c"), Some("a"));
        lines.revoke(Reach::Everyone, "c");
        assert_eq!(lines.chosen(other, "p", "x", |_| true), Some("a"));
        lines.revoke(Reach::Firm(firm), "b");
        assert!(lines.is_revoked(firm, "b") && !lines.is_revoked(other, "b"));
        assert_eq!(lines.active(firm, "p", |_| true), None, "fails closed");
    }
}
