//! The family's stores: the bank's published test shop first.

use serde::Serialize;

use crate::store::Store;

/// What the bank knows about a shop's integration. Its `ShopCode` is the store's name in the book.
#[derive(Clone, Debug, Serialize)]
pub struct Account {
    /// API user.
    pub user_code: String,
    /// The API user's password.
    #[serde(skip)]
    pub user_pass: String,
    /// Secret of the 3-D hash.
    #[serde(skip)]
    pub merchant_pass: String,
}

/// The stores the sandbox knows.
pub fn stores() -> Vec<Store> {
    let account = || Account { user_code: "InterTestApi".into(), user_pass: "3".into(), merchant_pass: "gDg1N".into() };
    let models = ["3DModel", "3DPay", "3DHost"];
    let demo = Store::new("interpos", "3123", "Mavi Leylek Deniz", account()).with_models(&models).with_mail_order();
    let web = Account { user_code: "WebApi".into(), user_pass: "w&=1".into(), merchant_pass: "Ab=c;;D1".into() };
    vec![demo, Store::new("interpos", "3124", "Çağrı & Öz Deniz", web).with_models(&models)]
}
