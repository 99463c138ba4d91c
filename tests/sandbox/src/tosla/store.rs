//! The family's stores: the published test account first.

use serde::Serialize;

use crate::store::Store;

/// What Tosla knows about an account. Its client id is the store's name in the book.
#[derive(Clone, Debug, Serialize)]
pub struct Account {
    /// API user.
    pub api_user: String,
    /// Goes into every hash.
    #[serde(skip)]
    pub api_pass: String,
}

/// The model's name in the book.
pub const MODEL: &str = "3d_pay";

/// The stores the sandbox knows.
pub fn stores() -> Vec<Store> {
    let account = |user: &str, pass: &str| Account { api_user: user.to_owned(), api_pass: pass.to_owned() };
    let published = account("POS_ENT_Test_001", "POS_ENT_Test_001!*!*");
    let demo = Store::new("tosla", "1000000494", "Mavi Leylek Seramik A.Ş.", published)
        .with_models(&[MODEL])
        .with_mail_order();
    let web = account("POS_ENT_Leylek_Web", "Leylek_Web!ş");
    let web = Store::new("tosla", "1000000777", "Çağrı & Öz İnşaat", web).with_models(&[MODEL]);
    vec![demo, web]
}
