//! The banks' book: of an order, and of a day.

use pos_boa::Boa;
use vezne_plugin::history::{Line, Look};
use vezne_plugin::{Effect, Fault, History, Reply, Send, native};

use crate::bank::{self, BANKS, ORDER, answer, contract, ctx, element, no_record, refused, service, target};

const KUVEYT: &str = "kuveyt";
const KATILIM: &str = "vakif-katilim";
const DAY: &str = "2026-11-22";

/// A line of the bank's, as this test changes it.
#[derive(Clone)]
struct Row(Vec<(&'static str, String)>);

fn sale() -> Row {
    let fields = [
        ("OrderId", "114293600"),
        ("MerchantOrderId", ORDER),
        ("OrderStatus", "1"),
        ("LastOrderStatus", "1"),
        ("TransactionStatus", "1"),
        ("OrderDate", "2026-11-22T12:00:07.42"),
        ("FirstAmount", "10.01"),
        ("DrawbackAmount", "0.00"),
        ("FEC", "0949"),
        ("ResponseCode", "00"),
        ("ProvNumber", "050990"),
    ];
    Row(fields.map(|(name, value)| (name, value.to_owned())).to_vec())
}

impl Row {
    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.0.retain(|(there, _)| *there != name);
        self.0.push((name, value.to_owned()));
        self
    }

    /// The line of a refund or void of it.
    fn change(self, kind: &str, amount: &str) -> Self {
        self.with("OrderStatus", kind).with("TranAmount", amount).with("OrderDate", "2026-11-22T15:30:00")
    }

    fn element(&self) -> String {
        let fields: String = self.0.iter().map(|(name, value)| element(name, value)).collect();
        format!("<OrderContract>{fields}</OrderContract>")
    }
}

fn listed(bank: &str, rows: &[Row]) -> Vec<u8> {
    let rows: String = rows.iter().map(Row::element).collect();
    if bank == KUVEYT {
        let result = format!("<Results/><Success>true</Success><Value>{rows}</Value>");
        return service("GetMerchantOrderDetail", &result);
    }
    let text = String::from_utf8(contract(&[("ResponseCode", "00")], &[])).expect("text");
    text.replace("<ResponseCode>", &format!("<VPosOrderData>{rows}</VPosOrderData><ResponseCode>")).into_bytes()
}

fn question(look: Result<Look, Fault>) -> Send {
    match look {
        Ok(Look::Send(send)) => {
            assert_eq!(send.effect, Effect::ReadOnly);
            send
        }
        other => panic!("expected a question, not {other:?}"),
    }
}

fn body(send: &Send) -> String {
    String::from_utf8_lossy(&native::reveal(&send.request.body)).into_owned()
}

fn of_order() -> Send {
    question(Boa::of_order(&ctx(), &target("sale", 1_001)))
}

fn of_day(next: Option<&[u8]>) -> Send {
    question(Boa::of_day(&ctx(), DAY, next))
}

fn told(asked: &Send, reply: &Reply) -> Result<Look, Fault> {
    native::next_call();
    Boa::go_on(&ctx(), &asked.state, reply)
}

/// Operation, standing, minor units.
fn words(look: Result<Look, Fault>) -> Vec<String> {
    let Ok(Look::Listed(page)) = look else { panic!("expected a list, not {look:?}") };
    let word = |line: &Line| {
        let minor = line.minor.map_or_else(|| "-".to_owned(), |minor| minor.to_string());
        format!("{} {} {minor}", line.operation.as_deref().unwrap_or("-"), line.standing)
    };
    page.lines.iter().map(word).collect()
}

#[test]
fn an_order_that_nothing_was_given_back_of_is_its_line() {
    for bank in BANKS {
        let _host = bank::host(bank);
        let asked = of_order();
        let text = body(&asked);
        assert!(text.contains(ORDER) && !text.contains("114293600"), "{text}");
        for (row, expected) in [
            (sale(), "sale done 1001"),
            (sale().with("LastOrderStatus", "6"), "sale voided 1001"),
            (sale().with("TransactionStatus", "2").with("ResponseCode", "51"), "sale failed 1001"),
            (sale().with("TransactionStatus", "0").with("ResponseCode", ""), "sale failed 1001"),
            (sale().with("TransactionStatus", "0").with("ResponseCode", "92"), "sale pending 1001"),
            (sale().with("TransactionStatus", "2"), "sale unclear 1001"),
            (sale().with("OrderStatus", "2"), "- done 1001"),
            (sale().with("FirstAmount", "x"), "sale done -"),
        ] {
            assert_eq!(words(told(&asked, &answer(&listed(bank, &[row])))), [expected], "{bank}");
        }
        let Ok(Look::Listed(page)) = told(&asked, &answer(&listed(bank, &[sale()]))) else { panic!("a list") };
        let line = &page.lines[0];
        assert_eq!((line.order_id.as_deref(), line.currency.as_deref()), (Some(ORDER), Some("949")));
        assert_eq!((line.at_millis, line.raw_code.as_deref()), (Some(1_795_338_007_420), Some("00")));
        assert_eq!(line.bank.transaction_id.as_deref(), Some("114293600"));
        assert!(words(told(&asked, &answer(&no_record(bank)))).is_empty(), "it says that it has nothing");
    }
}

#[test]
fn an_answer_that_is_none_lists_nothing() {
    for bank in BANKS {
        let _host = bank::host(bank);
        let asked = of_order();
        let other = listed(bank, &[sale().with("MerchantOrderId", "OTHER")]);
        let error = if bank == KUVEYT {
            bank::service_refused("GetMerchantOrderDetail", "HashDataError", "x")
        } else {
            refused("MerchantNotDefined", "x")
        };
        let silent = listed(bank, &[sale().with("DrawbackAmount", "")]);
        let lines = listed(KATILIM, &[]);
        for body in [&other, &error, &silent, &b"<html></html>"[..].to_vec(), &Vec::new(), &lines] {
            let told = told(&asked, &answer(body));
            assert!(matches!(told, Err(Fault::UnreadableAnswer(_))), "{bank} {told:?}");
        }
        assert!(matches!(told(&asked, &native::lost()), Err(Fault::UnreadableAnswer(_))));
    }
}

#[test]
fn kuveyt_turk_tells_no_refund_and_no_day() {
    let _host = bank::host(KUVEYT);
    let asked = of_order();
    for back in ["4.00", "10.01"] {
        let row = sale().with("DrawbackAmount", back).with("LastOrderStatus", "5");
        let told = told(&asked, &answer(&listed(KUVEYT, &[row])));
        assert!(matches!(&told, Err(Fault::Unsupported(why)) if why.contains("refund")), "{told:?}");
    }
    assert!(matches!(Boa::of_day(&ctx(), DAY, None), Err(Fault::Unsupported(_))));
}

#[test]
fn the_refunds_of_an_order_are_asked_for_by_its_authorization() {
    let _host = bank::host(KATILIM);
    let charge = sale().with("DrawbackAmount", "5.00").with("LastOrderStatus", "5");
    let asked = question(told(&of_order(), &answer(&listed(KATILIM, std::slice::from_ref(&charge)))));
    let text = body(&asked);
    assert_eq!(asked.request.path, "/SelectOrder");
    assert!(text.contains("<StartDate>2026-11-21</StartDate><EndDate>2026-11-23</EndDate><LowerLimit>0</"), "{text}");
    assert!(text.contains("<UpperLimit>100</UpperLimit><ProvNumber>050990</ProvNumber>"), "{text}");
    let back = |amount: &str| charge.clone().change("5", amount);
    let stranger = sale().with("MerchantOrderId", "OTHER").with("DrawbackAmount", "1.00");
    let rows = [
        back("4.00"),
        back("1.00"),
        back("7.00").with("TransactionStatus", "2").with("ResponseCode", "05"),
        stranger.clone(),
        charge.clone(),
    ];
    let expected = ["refund done 400", "refund done 100", "refund failed 700", "sale done 1001"];
    assert_eq!(words(told(&asked, &answer(&listed(KATILIM, &rows)))), expected);
    for rows in [
        vec![charge.clone()],
        vec![charge.clone(), back("4.00")],
        vec![charge.clone(), back("")],
        vec![back("5.00")],
        vec![stranger],
        vec![charge.clone(), back("4.00"), back("1.00"), back("1.00")],
    ] {
        let told = told(&asked, &answer(&listed(KATILIM, &rows)));
        assert!(matches!(told, Err(Fault::UnreadableAnswer(_))), "{told:?}");
    }
    let nothing = told(&asked, &answer(&no_record(KATILIM)));
    assert!(matches!(nothing, Err(Fault::UnreadableAnswer(_))), "{nothing:?}");
    let whole: Vec<Row> = std::iter::once(charge.clone()).chain((0..99).map(|_| back("0.05"))).collect();
    let told_much = told(&asked, &answer(&listed(KATILIM, &whole)));
    assert!(matches!(told_much, Err(Fault::UnreadableAnswer(_))), "there may be more of them");
    let tried = sale().with("TransactionStatus", "2").with("ResponseCode", "51").with("ProvNumber", "");
    let twice = told(&of_order(), &answer(&listed(KATILIM, &[tried, charge])));
    assert!(matches!(twice, Err(Fault::UnreadableAnswer(_))), "{twice:?}");
}

#[test]
fn refunds_of_an_old_order_are_refused() {
    let days = |count: u64| bank::session(KATILIM).at(target("sale", 1).sent_at_millis + count * 86_400_000).start();
    for (count, asks) in [(87, true), (88, false)] {
        let _host = days(count);
        let row = sale().with("DrawbackAmount", "5.00").with("LastOrderStatus", "5");
        let told = told(&of_order(), &answer(&listed(KATILIM, &[row])));
        assert_eq!(matches!(told, Ok(Look::Send(_))), asks, "{told:?}");
        assert_eq!(matches!(told, Err(Fault::Unsupported(_))), !asks, "{told:?}");
    }
}

#[test]
fn a_day_is_what_the_bank_lists_of_it() {
    let _host = bank::host(KATILIM);
    let asked = of_day(None);
    let text = body(&asked);
    assert!(text.contains("<StartDate>2026-11-22</StartDate><EndDate>2026-11-23</EndDate><LowerLimit>0</"), "{text}");
    assert!(text.contains("<UpperLimit>100</UpperLimit><ProvNumber/><OrderStatus/>"), "{text}");
    let rows = [
        sale().with("OrderDate", "2026-11-23T00:00:00.1"),
        sale().change("6", "10.01").with("LastOrderStatus", "6"),
        sale().change("4", "10.01"),
        sale().change("5", "5.00"),
        sale().change("5", ""),
        sale().with("LastOrderStatus", "6"),
        sale().with("OrderDate", "2026-11-22T23:59:59.999"),
        sale().with("OrderDate", "2026-11-21T23:59:59.999"),
    ];
    let expected = [
        "void done 1001",
        "refund done 1001",
        "refund done 500",
        "refund done -",
        "sale voided 1001",
        "sale done 1001",
    ];
    assert_eq!(words(told(&asked, &answer(&listed(KATILIM, &rows)))), expected);
    assert!(words(told(&asked, &answer(&no_record(KATILIM)))).is_empty());
    for at in ["", "yesterday"] {
        let told = told(&asked, &answer(&listed(KATILIM, &[sale().with("OrderDate", at)])));
        assert!(matches!(told, Err(Fault::UnreadableAnswer(_))), "{told:?}");
    }
    for error in [listed(KATILIM, &[]), refused("HashDataError", "x"), refused("", "")] {
        assert!(matches!(told(&asked, &answer(&error)), Err(Fault::UnreadableAnswer(_))));
    }
    for bad in [&b"1"[..], b"x", b""] {
        assert!(Boa::of_day(&ctx(), DAY, Some(bad)).is_err());
    }
    assert!(Boa::of_day(&ctx(), "22.11.2026", None).is_err());
}

#[test]
fn a_full_page_is_not_the_end() {
    let _host = bank::host(KATILIM);
    for (count, next) in [(99, None), (100, Some("101")), (150, Some("151"))] {
        let rows = vec![sale(); count];
        let Ok(Look::Listed(page)) = told(&of_day(None), &answer(&listed(KATILIM, &rows))) else { panic!("a list") };
        assert_eq!((page.lines.len(), page.next), (count, next.map(|next| next.as_bytes().to_vec())));
    }
    let asked = of_day(Some(b"151"));
    assert!(body(&asked).contains("<LowerLimit>150</LowerLimit><UpperLimit>250</UpperLimit>"), "{}", body(&asked));
    assert!(words(told(&asked, &answer(&no_record(KATILIM)))).is_empty(), "nothing is left");
}
