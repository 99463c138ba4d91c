//! The family's stores: the bank's two published test stores first.

use serde::Serialize;

use crate::store::Store;

/// In whose name a store sells (`MerchantType`).
#[derive(Clone, Debug, Serialize)]
pub enum Dealer {
    /// `0`: an ordinary store, which names no sub-dealer.
    Standard,
    /// `1`: a main dealer, alone or for one of these.
    Main(Vec<String>),
}

impl Dealer {
    /// May the store say this of itself?
    pub fn allows(&self, kind: &str, sub: &str) -> bool {
        match self {
            Self::Standard => kind == "0" && sub.is_empty(),
            Self::Main(subs) => kind == "1" && (sub.is_empty() || subs.iter().any(|s| s == sub)),
        }
    }
}

/// What the bank knows about a store. Its `MerchantId` is its name in the book.
#[derive(Clone, Debug, Serialize)]
pub struct Account {
    /// `TerminalNo`.
    pub terminal: String,
    /// `Password`.
    #[serde(skip)]
    pub password: String,
    /// May charge without 3-D Secure.
    pub plain: bool,
    /// In whose name it sells.
    pub dealer: Dealer,
}

/// The stores the sandbox knows.
pub fn stores() -> Vec<Store> {
    let account = |terminal: &str, password: &str, plain: bool, dealer: Dealer| Account {
        terminal: terminal.into(),
        password: password.into(),
        plain,
        dealer,
    };
    let main = Dealer::Main(vec!["77".into(), "78".into()]);
    let all = ["3d", "3d_pay", "3d_host"];
    vec![
        Store::new(
            "payflex",
            "000000000111111",
            "Mavi Leylek",
            account("VP000095", "3XTgER89as", true, Dealer::Standard),
        )
        .with_models(&all)
        .with_mail_order(),
        Store::new(
            "payflex",
            "000100000013506",
            "Mavi Leylek Web",
            account("VP000579", "123456", false, Dealer::Standard),
        )
        .with_models(&all),
        Store::new("payflex", "000000000222222", "Öz & Çağ Bayileri", account("VP000096", "3XT&gE<9ş", true, main))
            .with_models(&["3d"]),
    ]
}
