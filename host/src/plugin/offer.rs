//! What this host offers to components, and a sentence on what one needs beyond it.
//!
//! Published contracts never change (`wit/published.sha256`), so these lists only grow.

/// The contracts that a manifest's `api` may name.
pub(super) const CONTRACTS: [&str; 1] = ["vezne:pos@1.0.0"];

/// The interfaces that a component may import: those of its world, and those of which they take their types.
const INTERFACES: [&str; 10] = [
    "vezne:host/card@1.0.0",
    "vezne:host/clock@1.0.0",
    "vezne:host/config@1.0.0",
    "vezne:host/entropy@1.0.0",
    "vezne:host/log@1.0.0",
    "vezne:host/sealed@1.0.0",
    "vezne:pos/common@1.0.0",
    "vezne:types/fault@1.0.0",
    "vezne:types/money@1.0.0",
    "vezne:types/wire@1.0.0",
];

/// One rule for every language: nothing but `vezne:*`. No clock, no randomness, no file, no socket. And of `vezne:*`
/// only what is here. Of an interface in a later version of the same line a component may use what the host's own
/// version has; whether it does is seen when it is linked.
pub(super) fn suffices(needed: &[&str]) -> Result<(), String> {
    let without = |offered: fn(&str) -> bool| needed.iter().copied().filter(|name| !offered(name)).collect::<Vec<_>>();
    let foreign = without(|name| name.starts_with("vezne:"));
    if !foreign.is_empty() {
        return Err(format!("it imports more than vezne:*, namely {}", foreign.join(", ")));
    }
    let unknown = without(|name| INTERFACES.iter().any(|offered| line_of(offered) == line_of(name)));
    if !unknown.is_empty() {
        return Err(format!("it needs {}, which this host does not have; {}", unknown.join(", "), spoken()));
    }
    Ok(())
}

/// Whether a contract is one of ours.
pub(super) fn is_spoken(api: &str) -> Result<(), String> {
    if CONTRACTS.contains(&api) {
        return Ok(());
    }
    Err(format!("it is written against {api}; {}", spoken()))
}

fn spoken() -> String {
    format!("this host speaks {}", CONTRACTS.join(" and "))
}

/// An interface and its major version: `vezne:host/log@1`. Before 1.0.0 every version is a line of its own.
fn line_of(name: &str) -> &str {
    match name.split_once('@') {
        Some((interface, version)) if !version.starts_with("0.") => {
            let major = version.split('.').next().unwrap_or_default();
            name.get(..interface.len() + 1 + major.len()).unwrap_or(name)
        }
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_needed_beyond_is_named() {
        assert_eq!(suffices(&INTERFACES), Ok(()));
        assert_eq!(suffices(&["vezne:host/log@1.7.0"]), Ok(()), "linking will tell");
        for (needed, named) in [
            (["vezne:host/log@1.0.0", "wasi:cli/stdout@0.2.0"], "more than vezne:*, namely wasi:cli/stdout@0.2.0"),
            (["vezne:host/log@1.0.0", "vezne:host/keys@1.0.0"], "it needs vezne:host/keys@1.0.0, which this host"),
            (["vezne:host/log@2.0.0", "vezne:host/clock@1.0.0"], "it needs vezne:host/log@2.0.0, which this host"),
            (["vezne:host/log@0.1.0", "vezne:host/card@0.1.0"], "needs vezne:host/log@0.1.0, vezne:host/card@0.1.0,"),
        ] {
            let sentence = suffices(&needed).unwrap_err();
            assert!(sentence.contains(named), "{sentence}");
        }
        let sentence = is_spoken("vezne:pos@2.0.0").unwrap_err();
        assert_eq!(sentence, "it is written against vezne:pos@2.0.0; this host speaks vezne:pos@1.0.0");
    }
}
