//! The family's stores: the bank's published test merchant with its two terminals.

use serde::Serialize;

use crate::store::Store;

/// What the bank knows about a terminal. Its number is the store's name in the book.
#[derive(Clone, Debug, Serialize)]
pub struct Account {
    /// The merchant it belongs to.
    pub merchant_id: String,
    /// `PROVAUT`'s password.
    #[serde(skip)]
    pub provision_password: String,
    /// `PROVRFN`'s password.
    #[serde(skip)]
    pub refund_password: String,
    /// `PROVOOS`'s password.
    #[serde(skip)]
    pub hosted_password: String,
    /// Secret of the 3-D hashes.
    #[serde(skip)]
    pub store_key: String,
}

impl Account {
    /// The password of a user, and nothing for a user there is not.
    pub fn password(&self, user: &str) -> Option<&str> {
        match user {
            "PROVAUT" => Some(&self.provision_password),
            "PROVRFN" => Some(&self.refund_password),
            "PROVOOS" => Some(&self.hosted_password),
            _ => None,
        }
    }
}

/// `3d_oos_pay` is the bank's own page.
pub const MODELS: [&str; 3] = ["3D", "3D_PAY", "3D_OOS_PAY"];

/// The terminals the sandbox knows.
pub fn stores() -> Vec<Store> {
    let account = Account {
        merchant_id: "7000679".into(),
        provision_password: "123qweASD/".into(),
        refund_password: "123qweASD/".into(),
        hosted_password: "123qweASD/".into(),
        store_key: "12345678".into(),
    };
    // Users with passwords of their own: a connector that signs with the wrong one fails here.
    let apart = Account {
        refund_password: "456rtyFGH&".into(),
        hosted_password: "789uioJKL<".into(),
        store_key: "Çağrı|12\\34".into(),
        ..account.clone()
    };
    let store = |id, title, account| Store::new("garanti", id, title, account).with_models(&MODELS);
    vec![
        store("30691298", "Mavi Leylek Seramik A.Ş.", account).with_mail_order(),
        store("30691297", "Çağrı & Öz İnşaat", apart),
    ]
}
