//! NestPay. Its other conversations are the host's own stories.

use pos_nestpay::Nestpay;
use vezne_plugin::native::Session;
use vezne_plugin::{Payments, step};
use vezne_sandbox::{Bank, Options};

use crate::driver::{Desk, card, ctx, listed, reference, target, terms, word};

const ORDER: &str = "01JD8ZK0Q3XYZ0123456";
const CARD: &str = "4355084355084358";

#[tokio::test]
async fn the_book_of_an_order() {
    let bank = Bank::new(Options::default()).expect("a bank");
    let (desk, ctx) = (Desk { bank, api: "/fim/api", gate: "/fim/est3Dgate" }, ctx(ORDER));
    let _host = Session::new()
        .setting("client-id", "700655000200")
        .setting("user-name", "ISBANKAPI")
        .secret("api-password", "ISBANK07")
        .secret("store-key", "TRPS0200")
        .start();
    assert!(desk.order::<Nestpay>(&ctx, &target("sale", "none", 1, step::order_ref(ORDER))).await.is_empty());
    let sale = Nestpay::sale(&ctx, &terms(125_050), &card(CARD).card());
    let bank = reference(&desk.end::<Nestpay>(&ctx, Some(&terms(125_050)), sale).await);
    let sold = target("sale", "none", 125_050, bank);
    desk.bank.day_end();
    let back = Nestpay::refund(&ctx, &terms(5_000), &sold);
    assert_eq!(word(&desk.end::<Nestpay>(&ctx, Some(&terms(5_000)), back).await), "approved");
    // `S` is a charge of any kind.
    assert_eq!(listed(&desk.order::<Nestpay>(&ctx, &sold).await), ["done 125050", "refund done 5000"]);
}
