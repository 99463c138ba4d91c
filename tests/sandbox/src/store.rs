//! The merchants' stores at the bank: who may ask for what.

use serde::Serialize;

/// How a store's 3-D forms are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HashRule {
    /// Everything posted, SHA-512. What the banks demand since 31.07.2024.
    Ver3,
    /// The old list of fields, SHA-1. Only for stores that never moved.
    Ver1,
}

/// One store (üye işyeri) at the bank.
#[derive(Clone, Debug, Serialize)]
pub struct Store {
    /// Client id, also the merchant id.
    pub client_id: String,
    /// Shown on the bank's pages.
    pub title: String,
    /// API user.
    pub api_user: String,
    /// The API user's password.
    #[serde(skip)]
    pub api_password: String,
    /// Secret of the 3-D hash.
    #[serde(skip)]
    pub store_key: String,
    /// Accepted form hash, and the one callbacks are signed with.
    pub hash_rule: HashRule,
    /// May sell without a security code (mail order).
    pub mail_order: bool,
    /// `storetype` values this store may use.
    pub models: Vec<String>,
    /// Magic amounts work.
    pub magic_amounts: bool,
}

impl Store {
    fn new(client_id: &str, title: &str) -> Self {
        Self {
            client_id: client_id.to_owned(),
            title: title.to_owned(),
            api_user: "ISBANKAPI".to_owned(),
            api_password: "ISBANK07".to_owned(),
            store_key: "TRPS0200".to_owned(),
            hash_rule: HashRule::Ver3,
            mail_order: false,
            models: ["3d", "3d_pay", "3d_pay_hosting", "3d_host"].map(str::to_owned).to_vec(),
            magic_amounts: true,
        }
    }
}

/// The stores the sandbox knows: the banks' published test store first, which is the demo's.
pub fn default_stores() -> Vec<Store> {
    // The demo firm has one account for everything, so it may sell without a security code as well.
    let demo = Store { mail_order: true, ..Store::new("700655000200", "Mavi Leylek Seramik A.Ş.") };
    let mail_order =
        Store { mail_order: true, models: Vec::new(), ..Store::new("700655000300", "Mavi Leylek Mail Order") };
    let legacy = Store {
        hash_rule: HashRule::Ver1,
        api_user: "ESKIAPI".into(),
        api_password: "ESKI07".into(),
        store_key: "ESKI0200".into(),
        ..Store::new("190100000", "Eski Mağaza")
    };
    // A key with both characters that ver3 escapes: a connector that forgets one of them fails here.
    let awkward = Store { store_key: r"AN|AH\TAR1".into(), ..Store::new("190200000", "Çağrı & Öz İnşaat") };
    vec![demo, mail_order, legacy, awkward]
}
