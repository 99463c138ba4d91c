//! Whether the bank asks the card's holder, and how.

use crate::flow::error::{FlowError, FlowResult};
use crate::flow::pos::Pos;

/// Whether the bank asks the card's holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThreeD {
    /// As the POS account is set.
    #[default]
    Automatic,
    /// Always.
    Required,
    /// Never; refused where the POS account demands it.
    Off,
}

/// What a payment wants of any account that takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// 3-D Secure.
    pub three_d: ThreeD,
    /// The payer sits at a browser; a mail order has none.
    pub at_browser: bool,
    /// We have the card, and not only the bank's own page.
    pub has_card: bool,
}

/// Which 3-D model an attempt uses: the POS account's, unless the caller may and does say otherwise.
pub fn model_of(wish: Wish, pos: &Pos) -> FlowResult<String> {
    let own = pos.account.three_d_model.as_str();
    let manifest = &pos.plugin.manifest;
    let at_browser = wish.at_browser;
    let model = match wish.three_d {
        ThreeD::Required if at_browser && own == "none" => "3d",
        ThreeD::Automatic | ThreeD::Required if at_browser => own,
        ThreeD::Off if at_browser && demands_three_d(pos) => {
            return Err(FlowError::invalid("/three_d_secure", "demanded", "the POS account demands 3-D Secure"));
        }
        _ => "none",
    };
    if model != "none" && !manifest.models.iter().any(|known| known == model) {
        return Err(FlowError::conflict("model_unsupported", format!("{} has no model {model}", manifest.id)));
    }
    if !wish.has_card && model != "3d-host" {
        return Err(FlowError::invalid("/card", "required", "the card is missing"));
    }
    Ok(model.to_owned())
}

/// Whether the firm takes no card at this account without its holder (`three-d-required` in the settings).
fn demands_three_d(pos: &Pos) -> bool {
    pos.installation.config.get("three-d-required").is_some_and(|value| value == "true")
}
