//! The family's stores: the bank's published test store first.

use serde::Serialize;

use crate::store::Store;

/// What the bank knows about a store's integration. Its merchant safe id is the store's name in the book.
#[derive(Clone, Debug, Serialize)]
pub struct Account {
    /// The store's terminal.
    pub terminal_safe_id: String,
    /// Signs requests, forms and callbacks.
    #[serde(skip)]
    pub secret_key: String,
    /// May place repeated orders.
    pub planned: bool,
    /// The sub-dealers a main dealer sells for; it must name one.
    pub sub_merchants: Vec<String>,
}

const MODELS: [&str; 3] = ["3D", "3D_PAY", "3D_PAY_HOSTING"];

/// The stores the sandbox knows.
pub fn stores() -> Vec<Store> {
    let account = |terminal: &str, key: &str| Account {
        terminal_safe_id: terminal.to_owned(),
        secret_key: key.to_owned(),
        planned: false,
        sub_merchants: Vec::new(),
    };
    let published = Account {
        planned: true,
        ..account(
            "2023090417500284633D137A249DBBEB",
            "3230323330393034313735303032363031353172675f357637355f3273387373745f7233725f73323333383737335f323272383774767276327672323531355f",
        )
    };
    let demo = Store::new("akbank", "2023090417500272654BD9A49CF07574", "Mavi Leylek Seramik A.Ş.", published)
        .with_models(&MODELS)
        .with_mail_order();
    let web = account("20260101000000000000000000000E02", "6b65792d6f662d7468652d7765622d73746f7265");
    let web = Store::new("akbank", "20260101000000000000000000000E01", "Leylek Web", web).with_models(&MODELS);
    let dealer = Account {
        sub_merchants: vec!["ALT1".to_owned(), "ALT2".to_owned()],
        ..account("20260101000000000000000000000D02", "6b65792d6f662d7468652d6465616c6572")
    };
    let dealer =
        Store::new("akbank", "20260101000000000000000000000D01", "Çağrı & Öz Ana Bayi", dealer).with_models(&MODELS);
    vec![demo, web, dealer]
}
