//! The kit on a connector that is right, and on the same one made wrong on purpose: each way of being wrong is found,
//! under the name of the promise it breaks.

mod toy;

use toy::Toy;
use vezne_kit::{Answers, At, Connector, Content, Kit, Report, Said};
use vezne_plugin::value::Value;
use vezne_plugin::{DigestAlg, TextForm};

const MANIFEST: &str = r#"{
  "id": "pos-toy", "version": "0.1.0", "names": {"en": "Toy"}, "banks": [{"name": "Toy Bank"}],
  "capabilities": ["sale", "void", "refund", "partial-refund", "inquire", "three-d-secure", "instalments", "order-history"],
  "models": ["3d", "3d-pay"], "currencies": ["TRY"],
  "endpoints": {
    "api": {"takes_card": true, "takes_secrets": true},
    "gate": {"takes_card": true, "takes_secrets": false},
    "page": {"takes_card": false, "takes_secrets": false}
  }
}"#;

const ANSWERS: &str = r#"{
  "settings": {}, "secrets": {"password": "p&w-1234", "key": "k|e|y-5678"}, "content_type": "text/xml",
  "signature": ["hash"],
  "bodies": {
    "yes": "<said><order>${order}</order><amount>${amount}</amount><code>00</code></said>",
    "no": "<said><order>${order}</order><amount>${amount}</amount><code>05</code></said>",
    "unknown": "<said><order>${order}</order><code>25</code></said>"
  },
  "talks": {
    "sale": {"answers": ["yes"]}, "sale declined": {"answers": ["no"]},
    "void": {"answers": ["yes"]}, "refund": {"answers": ["yes"]},
    "inquire": {"answers": ["yes"]}, "inquire nothing": {"answers": ["unknown"]},
    "order history": {"answers": ["yes"]},
    "inquire void": {"answers": []}, "inquire refund": {"answers": []},
    "3d": {"answers": ["yes"], "back": {"order": "${order}", "amount": "${amount}", "currency": "${numeric}", "result": "1", "proof": "p1"}},
    "3d declined": {"like": "3d", "answers": ["no"]},
    "3d refused": {"like": "3d", "answers": [], "back": {"result": "0", "proof": ""}},
    "3d-pay": {"like": "3d", "answers": []},
    "3d-pay declined": {"like": "3d refused"}, "3d-pay refused": {"like": "3d refused"}
  }
}"#;

fn sign(said: &mut Said<'_>) {
    if said.at != At::Back {
        return;
    }
    let text: String = ["order", "amount", "currency", "result", "proof"]
        .iter()
        .map(|name| said.content.field(name).to_owned() + "|")
        .collect();
    let hash = Value::from(text + &said.secrets["key"]).digest(DigestAlg::Sha256, TextForm::HexLower);
    said.content.put("hash", String::from_utf8_lossy(hash.revealed()));
}

fn unsigned(said: &mut Said<'_>) {
    if let Content::Fields(fields) = &mut said.content {
        fields.retain(|(name, _)| name != "hash");
    }
}

fn tried<const W: u8>() -> Report {
    let answers = Answers::read(ANSWERS).expect("answers").signed(sign);
    Kit::new(connector::<W>(), MANIFEST, answers).expect("a manifest").run()
}

fn connector<const W: u8>() -> Connector {
    Connector::of::<Toy<W>>().with_three_d_secure::<Toy<W>>().with_history::<Toy<W>>()
}

#[test]
fn a_right_connector_keeps_every_promise() {
    let report = tried::<{ toy::RIGHT }>();
    assert!(report.broken().is_empty(), "{}", report.to_text());
    let promises = &report.written().promises;
    assert!(promises.len() >= 19, "only these were put to the proof: {promises:?}");
}

macro_rules! wrong {
    ($($way:ident breaks $promise:literal as $name:ident;)+) => {
        $(#[test]
        fn $name() {
            let report = tried::<{ toy::$way }>();
            let broken = report.broken_promises();
            assert!(broken.contains(&$promise), "broken: {broken:?}\n{}", report.to_text());
        })+
    };
}

wrong! {
    BELIEVES_HTTP_200 breaks "an-unreadable-answer-decides-nothing" as it_believes_http_200;
    IGNORES_THE_HASH breaks "a-forged-return-is-not-authentic" as it_ignores_the_hash;
    RANDOM_IN_STEPS breaks "the-same-input-gives-the-same-steps" as it_is_random_in_its_steps;
    RETRIES_A_SALE breaks "nothing-is-written-twice" as it_retries_a_sale;
    SILENCE_IS_A_NO breaks "a-cut-line-decides-nothing" as it_takes_silence_for_a_no;
    STATES_ITS_OWN_AMOUNT breaks "another-order-amount-or-currency-is-caught" as it_states_its_own_amount;
    CARD_IN_STATE breaks "no-digit-of-the-card-is-readable" as it_keeps_the_card;
    ANY_STATE_WILL_DO breaks "garbage-is-no-state" as it_goes_on_from_any_state;
    INQUIRY_WRITES breaks "an-inquiry-only-reads" as its_inquiry_writes;
    PANICS breaks "no-answer-makes-it-trap" as it_panics;
    READS_HALVES breaks "half-an-answer-decides-nothing" as it_reads_halves;
    TAKES_WHAT_IT_HAS_NOT breaks "plays-every-scenario" as it_takes_what_it_has_not;
    NO_SENTENCE breaks "plays-every-scenario" as it_refuses_without_a_sentence;
    FLOATS breaks "every-amount-arrives" as it_computes_with_floats;
    CARD_TO_THE_WRONG_PLACE breaks "sealed-values-go-only-where-they-may" as it_sends_the_card_to_the_wrong_place;
    FINDS_EVERYTHING breaks "a-return-finds-its-attempt" as it_finds_everything;
    KNOWS_NOTHING breaks "what-was-cut-is-found-by-asking" as it_keeps_no_reference;
    ANY_REPLY_WILL_DO breaks "only-what-was-waited-for" as any_reply_will_do;
    LISTS_NOTHING breaks "a-history-lists-what-was-done" as it_lists_nothing_where_it_cannot_read;
    LISTS_ITS_OWN_AMOUNT breaks "a-history-lists-what-was-done" as it_lists_its_own_amount;
    HIDES_ITS_WRITE breaks "does-what-the-manifest-says" as it_hides_its_write;
}

#[test]
fn a_payer_who_never_came_to_the_gate_is_missed() {
    let text = tried::<{ toy::GOES_PAST_THE_GATE }>().to_text();
    assert!(text.contains("the payer was never led to the gate"), "{text}");
}

#[test]
fn a_manifest_that_says_too_little_or_too_much_is_named() {
    let of = |from: &str, to: &str| {
        let answers = Answers::read(ANSWERS).expect("answers").signed(sign);
        let manifest = MANIFEST.replace(from, to);
        Kit::new(connector::<{ toy::RIGHT }>(), &manifest, answers).expect("a manifest").run()
    };
    let told = r#""title": {"tr": "a", "en": "b", "az": "c"}, "x-help": {"tr": "d", "en": "e", "az": "f"}"#;
    let of_setting = |texts: &str| {
        let config = format!(r#""config": {{"properties": {{"client-id": {{{texts}}}}}}}, "models""#);
        of(r#""models""#, &config)
    };
    assert!(of_setting(told).broken().is_empty());
    for (from, part) in [(r#""az": "c""#, "title"), (r#""az": "f""#, "x-help")] {
        for to in [r#""az": """#, r#""de": "c""#] {
            let report = of_setting(&told.replace(from, to));
            assert_eq!(report.broken_promises(), ["every-setting-has-help"]);
            assert!(report.to_text().contains(&format!("client-id has no {part} in az")), "{}", report.to_text());
        }
    }
    let report = of(r#"["3d", "3d-pay"]"#, r#"["3d", "3d-pay", "4d"]"#);
    assert!(report.to_text().contains("a model 4d"), "{}", report.to_text());
}

#[test]
fn a_bank_that_signs_nothing_must_be_asked() {
    let answers = ANSWERS.replace("\"signature\": [\"hash\"],", "");
    let bank = Answers::read(&answers).expect("answers").signed(unsigned);
    let report = Kit::new(connector::<{ toy::TRUSTS_THE_BROWSER }>(), MANIFEST, bank).expect("a manifest").run();
    assert!(report.broken_promises().contains(&"does-what-the-manifest-says"), "{}", report.to_text());
}

#[test]
fn a_no_that_nobody_signed_is_none() {
    let answers = ANSWERS
        .replace("\"signature\": [\"hash\"],", "")
        .replace(r#""3d-pay": {"like": "3d", "answers": []}"#, r#""3d-pay": {"like": "3d", "answers": ["yes"]}"#);
    let bank = Answers::read(&answers).expect("answers").signed(unsigned);
    let report = Kit::new(connector::<{ toy::BELIEVES_AN_UNSIGNED_NO }>(), MANIFEST, bank).expect("a manifest").run();
    assert!(report.broken_promises().contains(&"an-unverified-return-never-decides"), "{}", report.to_text());
}

#[test]
fn a_file_that_cannot_be_played_is_refused_with_a_sentence() {
    let read = |text: &str| Answers::read(text).err().unwrap_or_default();
    assert!(read("{").contains("cannot be read"));
    assert!(read(&ANSWERS.replace("\"like\": \"3d\"", "\"like\": \"4d\"")).contains("4d"));
    assert!(read(&ANSWERS.replace("[\"yes\"]", "[\"si\"]")).contains("si"));
    let lacking = ANSWERS.replace("\"refund\": {\"answers\": [\"yes\"]},", "");
    let bank = Answers::read(&lacking).expect("answers").signed(sign);
    let report = Kit::new(connector::<{ toy::RIGHT }>(), MANIFEST, bank).expect("a manifest").run();
    assert!(report.to_text().contains("no conversation \"refund\""), "{}", report.to_text());
}
