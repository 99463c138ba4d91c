//! `vezne plugin replay`: a recording on another component, without a server and without a network.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::limits;
use crate::plugin::Plugins;
use crate::plugin::record::{Difference, Recording, Replay};

/// Plays the recording of a file on a component. Gives what there is to print, and whether nothing differs.
pub async fn replay(file: &Path, component: &Path, json: bool) -> Result<(String, bool)> {
    let length = fs::metadata(file).with_context(|| format!("cannot read {}", file.display()))?.len();
    ensure!(length <= limits::PLUGIN_RECORDING_FILE_BYTES_MAX, "{} is too long for a recording", file.display());
    let recording = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let recording = Recording::from_json(&recording).with_context(|| file.display().to_string())?;
    let wasm = fs::read(component).with_context(|| format!("cannot read {}", component.display()))?;
    let replay = Plugins::replay_on(&wasm, &recording).await;
    let replay = replay.map_err(|sentence| anyhow::anyhow!("it cannot be played: {sentence}"))?;
    let text = if json { serde_json::to_string_pretty(&replay)? } else { told(&replay) };
    Ok((text, replay.same))
}

/// The comparison for people.
fn told(replay: &Replay) -> String {
    let mut text = format!("{} of {}: {} → {}\n", replay.act, replay.attempt, replay.recorded, replay.played);
    for turn in &replay.turns {
        let kind = |kind: &Option<String>| kind.clone().unwrap_or_else(|| "nothing".to_owned());
        let (recorded, played) = (kind(&turn.recorded), kind(&turn.played));
        let step = if recorded == played { recorded } else { format!("{recorded} → {played}") };
        let mark = if turn.differences.is_empty() { "=" } else { "≠" };
        // Writing to a text cannot fail.
        let _ = writeln!(text, "{mark} {}. {:<10} {step}", turn.turn, turn.function);
        differences(&mut text, &turn.differences);
    }
    let mark = if replay.verdict.is_empty() { "=" } else { "≠" };
    let _ = writeln!(text, "{mark} the host's verdict");
    differences(&mut text, &replay.verdict);
    let _ = match replay.differences() {
        0 => write!(text, "no difference"),
        1 => write!(text, "1 difference"),
        many => write!(text, "{many} differences"),
    };
    text
}

fn differences(text: &mut String, differences: &[Difference]) {
    for Difference { place, recorded, played } in differences {
        let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "–".to_owned());
        let _ = writeln!(text, "    {place}\n      recorded: {}\n      played:   {}", shown(recorded), shown(played));
    }
}
