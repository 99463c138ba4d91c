//! The family's stores.

use serde::Serialize;

use crate::store::Store;

/// What the platform knows about a merchant. Its id is the store's name in the book.
#[derive(Clone, Debug, Serialize)]
pub struct Account {
    /// Who asks for a token.
    pub app_id: String,
    /// Behind every hash.
    #[serde(skip)]
    pub app_secret: String,
    /// Names the merchant.
    pub merchant_key: String,
    /// Open to payments without 3-D.
    pub direct: bool,
    /// Refunds are left to the platform's staff for an hour.
    pub staff_refunds: bool,
}

/// The models' names in the book: who completes.
pub const BY_MERCHANT: &str = "3d";
/// See [`BY_MERCHANT`].
pub const BY_APP: &str = "3d_pay";

/// The stores the sandbox knows.
pub fn stores() -> Vec<Store> {
    let demo = Account {
        app_id: "6d4a7e9374a76c15260fcc75e315b0b9".into(),
        app_secret: "b46a67571aa1e7ef5641dc3fa6f1712a".into(),
        merchant_key: "$2y$10$HmRgYosneqcwHj.UH7upGuyCZqpQ1ITgSMj9Vvxn.t6f.Vdf2SQFO".into(),
        direct: true,
        staff_refunds: false,
    };
    let web = Account {
        app_id: "cc-web".into(),
        app_secret: "web|secret:ş".into(),
        merchant_key: "$2y$10$web/key".into(),
        direct: false,
        staff_refunds: true,
    };
    let models = [BY_MERCHANT, BY_APP];
    vec![
        Store::new("ccpayment", "18309", "Turna Elektrik A.Ş.", demo).with_models(&models).with_mail_order(),
        Store::new("ccpayment", "18310", "Öğün & Çınar Gıda", web).with_models(&models),
    ]
}
