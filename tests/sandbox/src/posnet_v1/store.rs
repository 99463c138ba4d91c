//! The family's stores: the numbers that public clients use for the bank's test system first.

use serde::Serialize;

use crate::store::Store;

/// What the bank knows about a store's integration. Its merchant number is the store's name in the book.
#[derive(Clone, Debug, Serialize)]
pub struct Account {
    /// Terminal number; letters happen.
    pub terminal: String,
    /// Number at the 3-D page.
    pub posnet_id: String,
    /// Key of all signatures.
    #[serde(skip)]
    pub enc_key: String,
    /// The amount of a 3-D payment's refund counts. Elsewhere such a payment is given back as a whole, whatever is sent.
    pub partial_three_d_refund: bool,
}

impl Account {
    fn new() -> Self {
        Self {
            terminal: "67C16990".to_owned(),
            posnet_id: "1010062861356072".to_owned(),
            enc_key: "10,10,10,10,10,10,10,10".to_owned(),
            partial_three_d_refund: false,
        }
    }
}

/// The stores the sandbox knows.
pub fn stores() -> Vec<Store> {
    let store = |id, title, account| Store::new("posnet_v1", id, title, account);
    let demo = store("6702640212", "Mavi Leylek Seramik A.Ş.", Account::new()).with_models(&["3d"]).with_mail_order();
    let parts = Account {
        terminal: "67540050".into(),
        posnet_id: "1010028724242434".into(),
        partial_three_d_refund: true,
        ..Account::new()
    };
    let parts = store("6700950031", "Çağrı & Öz İnşaat", parts).with_models(&["3d"]);
    vec![demo, parts]
}
