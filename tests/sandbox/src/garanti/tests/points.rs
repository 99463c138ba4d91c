//! Bonus: asked for, used, given back.

use super::{CARD, Counter, PLAIN, number, tag, told};

fn rewards(kind: &str, used: &str) -> String {
    format!("{PLAIN}<RewardList><Reward><Type>{kind}</Type><UsedAmount>{used}</UsedAmount></Reward></RewardList>")
}

impl Counter {
    async fn bonus(&self, card: &str) -> String {
        self.ask("rewardinq", "", "100", card, PLAIN).await
    }

    async fn worth(&self) -> i64 {
        tag(&self.bonus(CARD).await, "TotalAmount").parse().expect("kurus")
    }
}

#[tokio::test]
async fn bonus_is_used_and_comes_back() {
    let counter = Counter::new();
    assert_eq!(counter.worth().await, 5_000);
    let sold = counter.ask("sales", "o1", "1000", CARD, &rewards("BNS", "400")).await;
    assert_eq!(told(&sold), ("00", "00"));
    assert_eq!(counter.worth().await, 4_600);
    assert_eq!(counter.0.order("o1").map(|o| (o.state, o.net)), Some(("sold", 1_000)), "the merchant gets it whole");
    assert_eq!(told(&counter.on("void", "o1", "100", &number(&sold)).await).0, "00");
    assert_eq!(counter.worth().await, 5_000);
    let sold = counter.ask("sales", "o2", "1000", CARD, &rewards("BNS", "400")).await;
    counter.0.day_end();
    assert_eq!(told(&counter.on("refund", "o2", "500", &number(&sold)).await).0, "00");
    assert_eq!(counter.worth().await, 4_800);
    assert_eq!(told(&counter.on("refund", "o2", "500", &number(&sold)).await).0, "00");
    assert_eq!(counter.worth().await, 5_000);
}

#[tokio::test]
async fn what_bonus_cannot_do_is_refused() {
    let counter = Counter::new();
    assert_eq!(told(&counter.ask("sales", "o1", "9000", CARD, &rewards("BNS", "5001")).await).0, "93");
    for (kind, amount, more) in [
        ("sales", "1000", rewards("BNS", "1001")),
        ("sales", "1000", rewards("BNS", "0")),
        ("sales", "1000", rewards("BNS", "x")),
        ("sales", "1000", rewards("FBB", "400")),
        ("preauth", "1000", rewards("BNS", "400")),
    ] {
        assert_eq!(told(&counter.ask(kind, "o2", amount, CARD, &more).await), ("92", "0002"), "{kind} {more}");
    }
    assert_eq!(counter.worth().await, 5_000);
    assert_eq!(told(&counter.bonus("4508034508034509").await).0, "12", "in no programme");
    assert_eq!(told(&counter.bonus("4355084355084359").await).0, "14");
    assert_eq!(tag(&counter.bonus("5401341234567891").await, "TotalAmount"), "0");
    assert!(counter.0.entries().iter().all(|entry| !entry.approved), "a question books nothing");
}
