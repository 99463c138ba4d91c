//! The family's stores: the banks' published test store first, which is the demo's.

use serde::Serialize;

use crate::store::Store;

/// How a store's 3-D forms are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HashRule {
    /// Everything posted, SHA-512. What the banks demand since 31.07.2024.
    Ver3,
    /// The old list of fields, SHA-1. Only for stores that never moved.
    Ver1,
}

/// What the bank knows about a store's integration. Its client id is the store's name in the book.
#[derive(Clone, Debug, Serialize)]
pub struct Account {
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
}

impl Account {
    fn new() -> Self {
        Self {
            api_user: "ISBANKAPI".to_owned(),
            api_password: "ISBANK07".to_owned(),
            store_key: "TRPS0200".to_owned(),
            hash_rule: HashRule::Ver3,
        }
    }
}

const MODELS: [&str; 4] = ["3d", "3d_pay", "3d_pay_hosting", "3d_host"];

/// The stores the sandbox knows.
pub fn stores() -> Vec<Store> {
    let store = |id, title, account| Store::new("nestpay", id, title, account);
    // The demo firm has one account for everything, so it may sell without a security code as well.
    let demo = store("700655000200", "Mavi Leylek Seramik A.Ş.", Account::new()).with_models(&MODELS).with_mail_order();
    let mail_order = store("700655000300", "Mavi Leylek Mail Order", Account::new()).with_mail_order();
    let old = Account {
        api_user: "ESKIAPI".into(),
        api_password: "ESKI07".into(),
        store_key: "ESKI0200".into(),
        hash_rule: HashRule::Ver1,
    };
    let legacy = store("190100000", "Eski Mağaza", old).with_models(&MODELS);
    // A key with both characters that ver3 escapes: a connector that forgets one of them fails here.
    let escaped = Account { store_key: r"AN|AH\TAR1".into(), ..Account::new() };
    let awkward = store("190200000", "Çağrı & Öz İnşaat", escaped).with_models(&MODELS);
    vec![demo, mail_order, legacy, awkward]
}
