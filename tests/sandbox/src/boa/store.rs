//! The family's stores: one at each bank, and one that may sell by mail order.

use serde::Serialize;

use crate::store::Store;

/// Whose gate it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Brand {
    /// Kuveyt Türk.
    Kuveyt,
    /// Vakıf Katılım.
    Katilim,
}

impl Brand {
    /// Root of its requests.
    pub fn root(self) -> &'static str {
        match self {
            Self::Kuveyt => "KuveytTurkVPosMessage",
            Self::Katilim => "VPosMessageContract",
        }
    }
}

/// What the bank knows about a store's integration. Its merchant number is the store's name in the book.
#[derive(Clone, Debug, Serialize)]
pub struct Account {
    /// At which bank.
    pub brand: Brand,
    /// The customer number.
    pub customer: String,
    /// API user.
    pub user: String,
    /// The API user's password.
    #[serde(skip)]
    pub password: String,
}

/// The stores the sandbox knows.
pub fn stores() -> Vec<Store> {
    let store = |id, title, brand, customer: &str, user: &str, password: &str| {
        let (customer, user, password) = (customer.to_owned(), user.to_owned(), password.to_owned());
        Store::new("boa", id, title, Account { brand, customer, user, password }).with_models(&["3d"])
    };
    vec![
        store("496", "Mavi Leylek Seramik A.Ş.", Brand::Kuveyt, "400235", "apitest", "api123"),
        // A password whose bytes differ between Latin-5 and UTF-8.
        store("497", "Çağrı & Öz İnşaat", Brand::Kuveyt, "400236", "mailorder", "şifre&123").with_mail_order(),
        store("7001", "Mavi Leylek Katılım", Brand::Katilim, "11111", "APIUSER", "kdsnsksl"),
        store("7002", "Mavi Leylek Katılım Mail Order", Brand::Katilim, "11112", "MOTOUSER", "ğüş<12>")
            .with_mail_order(),
    ]
}
