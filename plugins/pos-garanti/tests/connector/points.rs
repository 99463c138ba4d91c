//! Bonus: asking for it, and paying with it.

use pos_garanti::Garanti;
use vezne_plugin::points::Look;
use vezne_plugin::words::attribute::POINTS_MINOR;
use vezne_plugin::{
    Context, DigestAlg, Effect, Fault, Outcome, Payments, Points, Preauth, Purpose, Step, ThreeDSecure, native,
};

use crate::bank::{
    self, CARD, CODE, PASSWORD, TERMINAL, answer, approved, card, ctx, hex_of, outcome, refused, security, sent,
    signed, state_of, terms, word,
};

fn wishing(points: &str) -> Context {
    Context { attributes: vec![(POINTS_MINOR.to_owned(), points.to_owned())], ..ctx() }
}

fn asked() -> (String, Vec<u8>) {
    let Ok(Look::Send(send)) = Garanti::ask(&ctx(), &terms(1_000), &card().card()) else { panic!("a question") };
    assert_eq!(send.effect, Effect::ReadOnly);
    let state = send.state.clone();
    (sent(&Step::Send(send)), state)
}

fn told(body: &[u8]) -> Result<Look, Fault> {
    let _host = bank::host();
    Garanti::go_on(&ctx(), &terms(1_000), &asked().1, &answer(body))
}

fn worth(rewards: &str) -> Vec<u8> {
    let plain = String::from_utf8(signed("00", "00", "Approved", "", "", "", PASSWORD)).expect("text");
    let list = format!("<RewardInqResult><RewardList>{rewards}</RewardList></RewardInqResult></Transaction>");
    plain.replace("</Transaction>", &list).into_bytes()
}

fn reward(kind: &str, total: &str) -> String {
    format!("<Reward><Type>{kind}</Type><TotalAmount>{total}</TotalAmount></Reward>")
}

#[test]
fn the_question_is_signed_and_about_no_order() {
    let _host = bank::host();
    let hash = hex_of(DigestAlg::Sha512, &format!("{TERMINAL}{CARD}100949{}", security(PASSWORD)));
    let question = asked().0;
    assert!(question.contains(&format!("<HashData>{hash}</HashData>")), "{question}");
    let named = format!("<Card><Number>{CARD}</Number><ExpireDate>1230</ExpireDate><CVV2>{CODE}</CVV2></Card>");
    assert!(question.contains(&named), "{question}");
    assert!(question.contains("<Order><OrderID/></Order><Transaction><Type>rewardinq</Type>"), "{question}");
}

#[test]
fn only_the_cards_own_bonus_is_told() {
    for (rewards, minor) in [
        (reward("BNS", "1250"), 1_250),
        (reward("BNS", "0"), 0),
        (format!("{}{}", reward("FBB", "900"), reward("BNS", "1250")), 1_250),
    ] {
        let Ok(Look::Told(worth)) = told(&worth(&rewards)) else { panic!("{rewards}") };
        assert_eq!((worth.minor, worth.currency.as_str()), (minor, "TRY"));
    }
    let twice = format!("{}{}", reward("BNS", "1"), reward("BNS", "2"));
    for unclear in
        [String::new(), reward("FBB", "900"), reward("BNS", ""), reward("BNS", "-5"), reward("BNS", "12,50"), twice]
    {
        assert!(matches!(told(&worth(&unclear)), Err(Fault::UnreadableAnswer(_))), "{unclear}");
    }
    assert!(matches!(told(&refused("12", "12", "")), Ok(Look::Declined(_))));
    assert!(matches!(told(&refused("92", "", "")), Err(Fault::UnreadableAnswer(_))));
    let forged = String::from_utf8(worth(&reward("BNS", "1250")))
        .expect("text")
        .replace("<ProvDate>20261122 12:00:03<", "<ProvDate>20261122 12:00:04<");
    assert!(matches!(told(forged.as_bytes()), Err(Fault::NotAuthentic(_))), "signed over another instant");
    let _host = bank::host();
    let lost = Garanti::go_on(&ctx(), &terms(1_000), &asked().1, &native::lost());
    assert!(matches!(lost, Err(Fault::UnreadableAnswer(_))));
}

#[test]
fn bonus_pays_a_part_of_the_total() {
    let _host = bank::host();
    let step = Garanti::sale(&wishing("400"), &terms(1_000), &card().card()).expect("a step");
    let message = sent(&step);
    assert!(message.contains("<Amount>1000</Amount>"), "{message}");
    let list = "<RewardList><Reward><Type>BNS</Type><UsedAmount>400</UsedAmount></Reward></RewardList></Transaction>";
    assert!(message.contains(list), "{message}");
    let end =
        |body: &[u8]| Garanti::resume(&wishing("400"), Some(&terms(1_000)), &state_of(&step), &answer(body), None);
    assert_eq!(word(&end(&approved())), "approved");
    assert_eq!(word(&end(&refused("93", "93", "Bonus yetersiz"))), "declined not-approved");
    let plain = Garanti::resume(&ctx(), Some(&terms(1_000)), &state_of(&step), &answer(&refused("93", "93", "")), None);
    let Outcome::Declined(decline) = outcome(plain) else { panic!("declined") };
    assert_eq!(decline.category, "card-closed-ecommerce", "without the wish it is the card");
}

#[test]
fn where_no_source_shows_a_reward_none_is_sent() {
    let _host = bank::session().setting("mail-order", "true").start();
    let card = card();
    let mut by_clerk = terms(1_000);
    by_clerk.entry = "mail-order".into();
    assert!(matches!(Garanti::sale(&wishing("400"), &by_clerk, &card.card()), Err(Fault::Unsupported(_))));
    assert!(matches!(Garanti::authorize(&wishing("400"), &terms(1_000), &card.card()), Err(Fault::Unsupported(_))));
    for model in ["3d", "3d-pay"] {
        let step = Garanti::start(&wishing("400"), Purpose::Sale, model, &terms(1_000), Some(&card.card()));
        assert!(matches!(step, Err(Fault::Unsupported(_))), "{model}");
    }
    for bad in ["0", "1001", "x"] {
        let step = Garanti::sale(&wishing(bad), &terms(1_000), &card.card());
        assert!(matches!(step, Err(Fault::InvalidRequest(_))), "{bad}");
    }
}
