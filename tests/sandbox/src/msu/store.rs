//! The family's stores.

use serde::Serialize;

use crate::store::Store;

/// What the platform knows about a merchant, whose number is the store's name in the book.
#[derive(Clone, Debug, Serialize)]
pub struct Account {
    /// The API user's address.
    pub user: String,
    /// The API user's password.
    #[serde(skip)]
    pub password: String,
    /// Behind the return's signature.
    #[serde(skip)]
    pub secret_key: String,
    /// Open to payments without 3-D.
    pub direct: bool,
}

/// The model's name in the book.
pub const MODEL: &str = "sale3d";

/// The stores the sandbox knows.
pub fn stores() -> Vec<Store> {
    let demo = Account {
        user: "api.demo@example.com".into(),
        password: "Parola&12=ş".into(),
        secret_key: "QOClasdJUuDDWasdasdasd".into(),
        direct: true,
    };
    let web = Account {
        user: "api.web@example.com".into(),
        password: "web|password".into(),
        secret_key: "web|key".into(),
        direct: false,
    };
    vec![
        Store::new("msu", "10000001", "Kırlangıç Kitabevi", demo).with_models(&[MODEL]).with_mail_order(),
        Store::new("msu", "10000002", "Söğüt & Oğulları", web).with_models(&[MODEL]),
    ]
}
