//! Whether the bank asks the card's holder, and how; and whether an account can take such a payment at all.

use std::collections::BTreeMap;

use crate::domain::routing::Skip;
use crate::flow::error::{FlowError, FlowResult};
use crate::flow::pos::{Pos, promised};
use crate::plugin::{Manifest, PluginInfo};
use crate::store::pos_account::PosAccount;

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
#[expect(clippy::struct_excessive_bools, reason = "wishes that vary on their own")]
pub struct Wish {
    /// 3-D Secure.
    pub three_d: ThreeD,
    /// The payer sits at a browser; a mail order has none.
    pub at_browser: bool,
    /// We have the card, and not only the bank's own page.
    pub has_card: bool,
    /// The amount is only held at first.
    pub holds: bool,
    /// More than one instalment.
    pub in_parts: bool,
    /// Points of the card pay a part, or are asked about.
    pub points: bool,
}

impl Wish {
    /// Of a payment at once, by its card's holder, in which points have a part.
    pub const fn of_points(three_d: ThreeD) -> Self {
        Self { three_d, at_browser: true, has_card: true, holds: false, in_parts: false, points: true }
    }

    /// Why an account's settings do not fit such a payment; nothing where they do.
    pub fn unfit(self, account: &PosAccount) -> Option<Skip> {
        // Whoever types a card for its holder sits at no page of the bank.
        let hosted = account.is_hosted() && self.at_browser;
        let without = !self.at_browser || self.three_d == ThreeD::Off;
        if without && (account.demands_three_d() || hosted) {
            return Some(Skip::DemandsThreeD);
        }
        match (hosted, self.has_card) {
            (true, true) => Some(Skip::CardAtBank),
            (false, false) => Some(Skip::NeedsCard),
            (true, false) | (false, true) => None,
        }
    }

    /// Refuses what the payment needs of the connector and its manifest does not promise.
    fn promised(self, manifest: &Manifest, bank: &str) -> FlowResult<()> {
        let needs = [(self.holds, "authorize"), (!self.at_browser, "mail-order"), (self.in_parts, "instalments")];
        let mut needs = needs.into_iter().filter(|(needed, _)| *needed);
        needs.try_for_each(|(_, name)| promised(manifest, bank, name))
    }

    /// Whether a connector takes points in this model: without the gate, and at the one that only authenticates.
    fn points_missing(self, manifest: &Manifest, bank: &str, model: &str) -> bool {
        let can = |name: &str| manifest.has(bank, name);
        let takes = can("points") && (model == "none" || (model == "3d" && can("points-three-d")));
        self.points && !takes
    }

    fn refusal(self, skip: Skip) -> FlowError {
        match skip {
            Skip::CardAtBank => {
                FlowError::invalid("/card", "card_at_bank", "the bank's own page takes the card; send none")
            }
            Skip::NeedsCard => FlowError::invalid("/card", "required", "the card is missing"),
            // A mail order cannot ask the holder, whatever it says of 3-D Secure.
            _ if !self.at_browser => FlowError::invalid("/channel", "demanded", "the POS account demands 3-D Secure"),
            _ => FlowError::invalid("/three_d_secure", "demanded", "the POS account demands 3-D Secure"),
        }
    }
}

/// An account as it would be opened for a payment.
pub struct Opening<'a> {
    /// Its row.
    pub account: &'a PosAccount,
    /// Of the plugin version that serves.
    pub manifest: &'a Manifest,
    /// Its settings.
    pub config: &'a BTreeMap<String, String>,
    /// Whether it has a secret.
    pub has_secret: &'a dyn Fn(&str) -> bool,
}

/// Whether the holder of a card that is typed here may ask for its points at an account, and pay with them.
pub fn points_at(account: &PosAccount, plugin: &PluginInfo) -> bool {
    let wish = Wish::of_points(ThreeD::Automatic);
    plugin.points
        && wish.unfit(account).is_none()
        && !wish.points_missing(&plugin.manifest, &account.bank, &account.three_d_model)
}

/// Which 3-D model an attempt uses: the POS account's, unless the caller may and does say otherwise. Refuses what the
/// account cannot take.
pub fn model_of(wish: Wish, pos: &Pos) -> FlowResult<String> {
    let opened = &pos.installation;
    let has_secret = |name: &str| opened.secrets.contains_key(name);
    let (account, manifest) = (&pos.account, &pos.plugin.manifest);
    model_at(wish, &Opening { account, manifest, config: &opened.config, has_secret: &has_secret })
}

/// The same of an account that is not opened.
pub fn model_at(wish: Wish, opening: &Opening<'_>) -> FlowResult<String> {
    let Opening { account, manifest, config, has_secret } = opening;
    if let Some(skip) = wish.unfit(account) {
        return Err(wish.refusal(skip));
    }
    wish.promised(manifest, &account.bank)?;
    let missing = manifest.secrets.iter().find(|secret| secret.required && !has_secret(&secret.name));
    if let Some(missing) = missing.map(|secret| secret.name.as_str()).or_else(|| manifest.config.missing(config)) {
        return Err(FlowError::conflict("setting_missing", format!("{} has no {missing}", account.pos_account_id)));
    }
    let own = account.three_d_model.as_str();
    let model = match wish.three_d {
        ThreeD::Required if wish.at_browser && own == "none" => "3d",
        ThreeD::Automatic | ThreeD::Required if wish.at_browser => own,
        _ => "none",
    };
    if model != "none" && !manifest.models.iter().any(|known| known == model) {
        return Err(FlowError::conflict("model_unsupported", format!("{} has no model {model}", manifest.id)));
    }
    if wish.points_missing(manifest, &account.bank, model) {
        let sentence = format!("{} takes no points of a card with the model {model}", manifest.id);
        return Err(FlowError::conflict("points_unsupported", sentence));
    }
    Ok(model.to_owned())
}

/// Why an account could not be opened, as an explanation tells it.
pub fn not_opened(error: &FlowError) -> Skip {
    match error {
        FlowError::Conflict { code: "model_unsupported" | "capability_missing" | "points_unsupported", .. } => {
            Skip::NotSupported
        }
        FlowError::Conflict { code: "setting_missing", .. } => Skip::SettingMissing,
        _ => Skip::NotReady,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::{NodeId, PosAccountId, TenantId};
    use crate::store::pos_account::{Environment, PosAccountState};

    const BANK: &str = "isbank";

    fn account(model: &str, required: bool) -> PosAccount {
        PosAccount {
            tenant_id: TenantId::at(1),
            pos_account_id: PosAccountId::at(1),
            node_id: NodeId::at(1),
            node_name: String::new(),
            name: String::new(),
            plugin_id: String::new(),
            bank: BANK.to_owned(),
            environment: Environment::Test,
            state: PosAccountState::Active,
            three_d_model: model.to_owned(),
            three_d_required: i64::from(required),
            sub_dealers: 0,
            returns_commission: 0,
            day_end: None,
            config: "{}".to_owned(),
            endpoints: "{}".to_owned(),
            version: 1,
            created_at_ms: 1,
            updated_at_ms: 1,
        }
    }

    #[test]
    fn what_the_plugin_cannot_do_or_has_no_setting_for_is_not_opened() {
        let json = include_bytes!("../../../../plugins/pos-nestpay/manifest.json");
        let whole = Manifest::parse(json).unwrap();
        let none = BTreeMap::new();
        let config = whole.config.required.iter().map(|name| (name.clone(), "1".to_owned())).collect();
        let why = |manifest: &Manifest, at_browser, model, config, secrets: bool| {
            let wish = Wish {
                three_d: ThreeD::Automatic,
                at_browser,
                has_card: true,
                holds: false,
                in_parts: false,
                points: false,
            };
            let (account, has_secret) = (account(model, false), |_: &str| secrets);
            let opening = Opening { account: &account, manifest, config, has_secret: &has_secret };
            model_at(wish, &opening).err().map(|error| not_opened(&error))
        };
        assert_eq!(why(&whole, false, "none", &config, true), None);
        assert_eq!(why(&whole, true, "3d", &config, true), None);
        assert_eq!(why(&whole, true, "3d-other", &config, true), Some(Skip::NotSupported));
        assert_eq!(why(&whole, true, "none", &config, false), Some(Skip::SettingMissing));
        assert_eq!(why(&whole, true, "none", &none, true), Some(Skip::SettingMissing));
        let mut less = whole.clone();
        less.capabilities.remove("mail-order");
        assert_eq!(why(&less, true, "none", &config, true), None);
        assert_eq!(why(&less, false, "none", &config, true), Some(Skip::NotSupported));
        for (is_it, wanted) in [(true, Some(Skip::NotSupported)), (false, None)] {
            let mut without = whole.clone();
            let bank = without.banks.iter_mut().find(|bank| (bank.id == BANK) == is_it).unwrap();
            bank.lacks.insert("mail-order".to_owned());
            assert_eq!(why(&without, false, "none", &config, true), wanted, "is it this bank? {is_it}");
        }
    }

    #[test]
    fn points_are_paid_with_where_the_manifest_says_so_and_nowhere_else() {
        let json = include_bytes!("../../../../plugins/pos-nestpay/manifest.json");
        let mut manifest = Manifest::parse(json).unwrap();
        let wish = Wish::of_points(ThreeD::Automatic);
        let missing =
            |manifest: &Manifest| ["none", "3d", "3d-pay"].map(|model| wish.points_missing(manifest, BANK, model));
        assert_eq!(missing(&manifest), [true, true, true]);
        manifest.capabilities.insert("points-three-d".to_owned());
        assert_eq!(missing(&manifest), [true, true, true], "the gate alone is not enough");
        manifest.capabilities.insert("points".to_owned());
        assert_eq!(missing(&manifest), [false, false, true]);
        manifest.capabilities.remove("points-three-d");
        assert_eq!(missing(&manifest), [false, true, true]);
        assert!(!Wish { points: false, ..wish }.points_missing(&manifest, BANK, "3d-pay"));
    }

    #[test]
    fn an_account_is_unfit_for_what_it_refuses() {
        use ThreeD::{Automatic, Off, Required};
        let demands = Some(Skip::DemandsThreeD);
        let at_bank = Some(Skip::CardAtBank);
        let needs = Some(Skip::NeedsCard);
        // Model, demanded, 3-D, at a browser, with a card; why not.
        let cases = [
            ("3d", false, Off, true, true, None),
            ("3d", true, Off, true, true, demands),
            ("3d", true, Automatic, true, true, None),
            ("3d", true, Required, true, true, None),
            ("3d", true, Automatic, false, true, demands),
            ("3d", false, Automatic, false, true, None),
            ("3d", false, Automatic, true, false, needs),
            ("none", false, Automatic, true, false, needs),
            ("3d-host", false, Automatic, true, false, None),
            ("3d-host", true, Automatic, true, false, None),
            ("3d-host", false, Automatic, true, true, at_bank),
            ("3d-host", false, Off, true, false, demands),
            ("3d-host", false, Automatic, false, true, None),
            ("3d-host", false, Automatic, false, false, needs),
            ("3d-host", true, Automatic, false, true, demands),
        ];
        for (model, required, three_d, at_browser, has_card, why) in cases {
            let wish = Wish { three_d, at_browser, has_card, holds: false, in_parts: false, points: false };
            assert_eq!(wish.unfit(&account(model, required)), why, "{model} {required} {wish:?}");
        }
    }
}
