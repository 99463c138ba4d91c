//! The family's stores: Param's published test account first.

use serde::Serialize;

use crate::store::Store;

/// What Param knows about an account. Its `CLIENT_CODE` is the store's name in the book.
#[derive(Clone, Debug, Serialize)]
pub struct Account {
    /// `CLIENT_USERNAME`.
    pub user: String,
    /// `CLIENT_PASSWORD`.
    #[serde(skip)]
    pub password: String,
    /// `GUID`.
    #[serde(skip)]
    pub guid: String,
}

/// The stores the sandbox knows.
pub fn stores() -> Vec<Store> {
    let demo =
        Account { user: "Test".into(), password: "Test".into(), guid: "0c13d406-873b-403b-9c09-a5766840d98c".into() };
    let web = Account {
        user: "WebKullanici".into(),
        password: "Ş&<1".into(),
        guid: "7f1d2a33-0b1c-4c6e-9a77-1e5d0c9b2f10".into(),
    };
    let models = ["3d", "3d_pay", "3d_host"];
    vec![
        Store::new("param", "10738", "Mavi Leylek Param", demo).with_models(&models).with_mail_order(),
        Store::new("param", "10739", "Çağrı & Öz Param", web).with_models(&models),
    ]
}
