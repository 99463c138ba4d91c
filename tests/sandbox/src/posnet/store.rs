//! The family's stores: the numbers that public clients use for the bank's test system first.

use serde::Serialize;

use crate::store::Store;

/// What the bank knows about a store's integration. Its `mid` is the store's name in the book.
#[derive(Clone, Debug, Serialize)]
pub struct Account {
    /// Terminal number.
    pub tid: String,
    /// Number at the 3-D page.
    pub posnet_id: String,
    /// Key of the 3-D signatures.
    #[serde(skip)]
    pub enc_key: String,
    /// Orders are addressed by number and day.
    pub order_date: bool,
}

impl Account {
    fn new() -> Self {
        Self {
            tid: "67005551".to_owned(),
            posnet_id: "27426".to_owned(),
            enc_key: "10,10,10,10,10,10,10,10".to_owned(),
            order_date: false,
        }
    }
}

/// The stores the sandbox knows.
pub fn stores() -> Vec<Store> {
    let store = |id, title, account| Store::new("posnet", id, title, account);
    let demo = store("6706598320", "Mavi Leylek Seramik A.Ş.", Account::new()).with_models(&["3d"]).with_mail_order();
    let dated = Account { tid: "67005552".into(), posnet_id: "27427".into(), order_date: true, ..Account::new() };
    let dated = store("6706598321", "Çağrı & Öz İnşaat", dated).with_models(&["3d"]);
    vec![demo, dated]
}
