//! The family's stores: QNB's published test store, and one that signs its returns in a way of its own.

use serde::Serialize;

use crate::store::Store;

/// What the bank knows about a store. The merchant's number is the store's name in the book.
#[derive(Clone, Debug, Serialize)]
pub struct Account {
    /// The institution: 5 for QNB and Enpara, 12 for Ziraat Katılım.
    pub mbr_id: String,
    /// The API user.
    pub user_code: String,
    /// The user's password.
    #[serde(skip)]
    pub user_pass: String,
    /// Secret of the 3-D hashes.
    #[serde(skip)]
    pub merchant_pass: String,
    /// Whether returns are signed by the family's rule. Ziraat Katılım's are not.
    pub signs_returns: bool,
}

/// `SecureType`s of the gate.
pub const MODELS: [&str; 3] = ["3DModel", "3DPay", "3DHost"];

/// The stores the sandbox knows.
pub fn stores() -> Vec<Store> {
    let qnb = Account {
        mbr_id: "5".into(),
        user_code: "QNB_API_KULLANICI_3DPAY".into(),
        user_pass: "UcBN0".into(),
        merchant_pass: "12345678".into(),
        signs_returns: true,
    };
    let katilim = Account {
        mbr_id: "12".into(),
        user_code: "ZIRAATKATILIM_API".into(),
        user_pass: "Zk&<ş1".into(),
        merchant_pass: "katılım".into(),
        signs_returns: false,
    };
    let store = |id, title, account| Store::new("payfor", id, title, account).with_models(&MODELS);
    vec![
        store("085300000009704", "Mavi Leylek Seramik A.Ş.", qnb).with_mail_order(),
        store("085300000001212", "Çağrı & Öz İnşaat", katilim),
    ]
}
