//! The banks as a merchant meets them, through the router.

mod gate;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};

use crate::bank::{Bank, Options};
use crate::card::test_cards;
use crate::fault::{Fault, FaultKind, Op};
use crate::form;
use crate::merchant::{exchange, posted, tag, text};

use super::sign;

const CARD: &str = "4355084355084358";
const KUVEYT: &str = "/boa.virtualpos.services/Home";
const KATILIM: &str = "/VirtualPOS.Gateway/Home";
const SERVICE: &str = "/BOA.Integration.WCFService/BOA.Integration.VirtualPos/VirtualPosService.svc/Basic";
const BACK: &str = "http://127.0.0.1:9/back";

type Fields = Vec<(String, String)>;

struct Desk(Bank);

fn elements(fields: &[(&str, &str)]) -> String {
    let one = |(k, v): &(&str, &str)| format!("<{k}>{}</{k}>", v.replace('&', "&amp;").replace('<', "&lt;"));
    fields.iter().map(one).collect::<Vec<_>>().concat()
}

fn value<'a>(fields: &[(&str, &'a str)], name: &str) -> &'a str {
    fields.iter().find(|(k, _)| *k == name).map_or("", |(_, v)| *v)
}

/// Who asks, with the request's signature.
fn signed(who: [&str; 4], fields: &[(&str, &str)]) -> String {
    let [merchant, customer, user, password] = who;
    let get = |name| value(fields, name);
    let values = [merchant, get("MerchantOrderId"), get("Amount"), get("OkUrl"), get("FailUrl"), user];
    let hash = sign::request(values, password);
    let head = [("MerchantId", merchant), ("CustomerId", customer), ("UserName", user), ("HashData", &hash)];
    elements(&head) + &elements(fields)
}

const AT_KUVEYT: [&str; 4] = ["496", "400235", "apitest", "api123"];
const AT_KATILIM: [&str; 4] = ["7001", "11111", "APIUSER", "kdsnsksl"];

impl Desk {
    fn new() -> Self {
        Self(Bank::new(Options::default()).expect("a bank"))
    }

    async fn send(&self, method: &str, path: &str, action: &str, body: String) -> (StatusCode, String, String) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, "text/xml")
            .header(header::HOST, "bank.test")
            .header("soapaction", action)
            .body(Body::from(body))
            .expect("a request");
        let (status, at, body) = exchange(&self.0, request).await;
        (status, at, text(body))
    }

    async fn kuveyt(&self, op: &str, fields: &[(&str, &str)]) -> String {
        let body = format!("<KuveytTurkVPosMessage>{}</KuveytTurkVPosMessage>", signed(AT_KUVEYT, fields));
        self.send("POST", &format!("{KUVEYT}/{op}"), "", body).await.2
    }

    async fn katilim(&self, op: &str, fields: &[(&str, &str)]) -> String {
        let body = format!("<VPosMessageContract>{}</VPosMessageContract>", signed(AT_KATILIM, fields));
        self.send("POST", &format!("{KATILIM}/{op}"), "", body).await.2
    }

    async fn service(&self, op: &str, request: &[(&str, &str)], message: &[(&str, &str)]) -> String {
        let body = format!(
            "<e:Envelope xmlns:e=\"x\" xmlns:ser=\"y\"><e:Body><ser:{op}><ser:request>{}<ser:VPosMessage>{}</ser:VPosMessage>\
             </ser:request></ser:{op}></e:Body></e:Envelope>",
            elements(request),
            signed(AT_KUVEYT, message)
        );
        let action = format!("http://boa.net/BOA.Integration.VirtualPos/Service/IVirtualPosService/{op}");
        self.send("POST", SERVICE, &action, body).await.2
    }

    /// A void or refund of what `sold` answered.
    async fn change(&self, op: &str, sold: &str, amount: &str) -> String {
        let request = [
            ("MerchantId", "496"),
            ("OrderId", tag(sold, "OrderId")),
            ("RRN", tag(sold, "RRN")),
            ("Stan", tag(sold, "Stan")),
            ("ProvisionNumber", tag(sold, "ProvisionNumber")),
        ];
        self.service(op, &request, &[("MerchantOrderId", tag(sold, "MerchantOrderId")), ("Amount", amount)]).await
    }

    async fn sell(&self, order: &str, amount: &str, card: &str) -> String {
        self.kuveyt("Non3DPayGate", &sale("1", order, amount, card)).await
    }

    /// Follows the enrolment's page to the ACS page; empty where it leads straight back.
    async fn to_acs(&self, page: &str) -> (String, String) {
        let (action, _) = posted(page);
        let Some(path) = action.strip_prefix("http://bank.test") else { return (String::new(), String::new()) };
        let (_, mut at, _) = self.send("POST", path, "", String::new()).await;
        let (mut status, mut next, mut page) = self.send("GET", &at, "", String::new()).await;
        while status == StatusCode::SEE_OTHER {
            at = next;
            (status, next, page) = self.send("GET", &at, "", String::new()).await;
        }
        (at, page)
    }

    async fn type_code(&self, acs: &str, fields: &str) -> (String, Fields) {
        let (_, back, _) = self.send("POST", acs, "", fields.to_owned()).await;
        posted(&self.send("GET", &back, "", String::new()).await.2)
    }
}

fn sale<'a>(security: &'a str, order: &'a str, amount: &'a str, card: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("TransactionType", "Sale"),
        ("TransactionSecurity", security),
        ("MerchantOrderId", order),
        ("Amount", amount),
        ("CurrencyCode", "0949"),
        ("FECCurrencyCode", "0949"),
        ("InstallmentCount", "0"),
        ("CardNumber", card),
        ("CardExpireDateYear", "30"),
        ("CardExpireDateMonth", "12"),
        ("CardCVV2", "000"),
    ]
}

fn enrolment<'a>(order: &'a str, card: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut fields = sale("3", order, "1250", card);
    fields.extend([("OkUrl", BACK), ("FailUrl", BACK)]);
    fields
}

/// Kuveyt Türk's callback, unpacked.
fn unpacked(fields: &Fields) -> String {
    let packed = form::value(fields, "AuthenticationResponse");
    form::value(&form::parse(format!("x={packed}").as_bytes()), "x").to_owned()
}

#[tokio::test]
async fn a_sale_is_booked_once() {
    let desk = Desk::new();
    let answer = desk.sell("o1", "1001", CARD).await;
    assert_eq!((tag(&answer, "ResponseCode"), tag(&answer, "Amount")), ("00", "1001"), "{answer}");
    let of = |name| tag(&answer, name);
    assert_eq!(of("HashData"), sign::answer("o1", of("RRN"), "00", of("OrderId"), "api123"));
    assert!(of("RRN").ends_with(of("Stan")) && !of("ProvisionNumber").is_empty());
    assert_eq!(tag(&desk.sell("o1", "1001", CARD).await, "ResponseCode"), "DuplicateMerchantOrderId");
    let order = desk.0.order("o1").expect("booked");
    assert_eq!((order.state, order.net, order.approvals), ("sold", 1_001, 1));
    assert_eq!(desk.0.authorize_calls("o1"), 2);
    let answer = desk.katilim("Non3DPayGate", &sale("5", "v1", "1001", CARD)).await;
    assert_eq!(tag(&answer, "ResponseCode"), "00", "{answer}");
}

#[tokio::test]
async fn the_service_voids_today_and_refunds_tomorrow() {
    let desk = Desk::new();
    let (first, second) = (desk.sell("o1", "1000", CARD).await, desk.sell("o2", "1000", CARD).await);
    let early = desk.change("DrawBack", &first, "1000").await;
    assert!(tag(&early, "ErrorMessage").starts_with("Kısmi iade işlemi, satışla aynı gün"), "{early}");
    assert_eq!(tag(&early, "ResponseCode"), "DbLayerError");
    let done = desk.change("SaleReversal", &second, "1000").await;
    assert_eq!((tag(&done, "Success"), tag(&done, "ResponseCode")), ("true", "00"), "{done}");
    assert_eq!(tag(&desk.change("DrawBack", &second, "1000").await, "ResponseCode"), "28");
    assert_eq!(tag(&desk.change("SaleReversal", &first, "999").await, "ErrorCode"), "InvalidRequestError");
    assert_eq!(tag(&desk.change("PartialDrawback", &first, "100").await, "ResponseCode"), "00", "a part is");
    desk.0.day_end();
    let late = desk.change("SaleReversal", &first, "1000").await;
    assert!(tag(&late, "ErrorMessage").starts_with("İptal işlemi satışla aynı gün"), "{late}");
    assert_eq!(tag(&desk.change("PartialDrawback", &first, "901").await, "ErrorCode"), "InvalidRequestError");
    assert_eq!(tag(&desk.change("PartialDrawback", &first, "900").await, "ResponseCode"), "00");
    assert_eq!(tag(&desk.change("PartialDrawback", &first, "1").await, "ResponseCode"), "28");
    let forged = first.replace(tag(&first, "RRN"), "318923298433");
    assert_eq!(tag(&desk.change("DrawBack", &forged, "1000").await, "ErrorCode"), "OrderDataNotFound");
    assert_eq!(desk.0.order("o1").map(|o| (o.state, o.net)), Some(("refunded", 0)));
    assert_eq!(desk.0.order("o2").map(|o| (o.state, o.net)), Some(("voided", 0)));
}

#[tokio::test]
async fn a_reservation_is_captured_released_and_given_back() {
    let desk = Desk::new();
    let hold = desk.katilim("PreAuthorizaten", &sale("5", "p1", "1000", CARD)).await;
    let number = tag(&hold, "OrderId").to_owned();
    let about = [("MerchantOrderId", "p1"), ("OrderId", number.as_str())];
    assert_eq!(desk.0.order("p1").map(|o| (o.state, o.held)), Some(("held", 1_000)));
    let asked = [("MerchantOrderId", "p1")];
    let told = desk.katilim("SelectOrderByMerchantOrderId", &asked).await;
    assert_eq!((tag(&told, "ClosedAmount"), tag(&told, "LastOrderStatus")), ("0.00", "2"));
    assert_eq!(tag(&desk.katilim("PreAuthorizatenClose", &about).await, "OrderId"), number);
    assert_eq!(tag(&desk.katilim("PreAuthorizatenClose", &about).await, "ResponseCode"), "21");
    assert_eq!(tag(&desk.katilim("SelectOrderByMerchantOrderId", &asked).await, "ClosedAmount"), "10.00");
    desk.0.day_end();
    assert_eq!(tag(&desk.katilim("PreAuthorizationDrawBack", &about).await, "ResponseCode"), "00");
    assert_eq!(tag(&desk.katilim("SelectOrderByMerchantOrderId", &asked).await, "LastOrderStatus"), "4");
    let hold = desk.katilim("PreAuthorizaten", &sale("5", "p2", "1000", CARD)).await;
    let about = [("MerchantOrderId", "p2"), ("OrderId", tag(&hold, "OrderId"))];
    assert_eq!(tag(&desk.katilim("PreAuthorizationReversal", &about).await, "ResponseCode"), "00");
    assert_eq!(desk.0.order("p2").map(|o| o.state), Some("voided"));
}

#[tokio::test]
async fn inquiries_tell_what_is_in_the_book() {
    let desk = Desk::new();
    let none = desk.katilim("SelectOrderByMerchantOrderId", &[("MerchantOrderId", "v1")]).await;
    assert_eq!(tag(&none, "ResponseCode"), "NonResult");
    desk.katilim("Non3DPayGate", &sale("5", "v1", "1051", CARD)).await;
    let sold = desk.katilim("Non3DPayGate", &sale("5", "v1", "1001", CARD)).await;
    let told = desk.katilim("SelectOrderByMerchantOrderId", &[("MerchantOrderId", "v1")]).await;
    assert_eq!(told.matches("<OrderContract>").count(), 2, "{told}");
    assert_eq!((tag(&told, "TransactionStatus"), tag(&told, "ResponseCode")), ("2", "51"));
    let about = [("MerchantOrderId", "v1"), ("OrderId", tag(&sold, "OrderId")), ("Amount", "1001")];
    assert_eq!(tag(&desk.katilim("SaleReversal", &about).await, "ResponseCode"), "00");
    let told = desk.katilim("SelectOrderByMerchantOrderId", &[("MerchantOrderId", "v1")]).await;
    assert_eq!(told.matches("<LastOrderStatus>6</LastOrderStatus>").count(), 1, "{told}");
    let sold = desk.sell("o1", "1001", CARD).await;
    let asked = |number: &'static str, until: &'static str| {
        [("MerchantOrderId", "o1"), ("OrderId", number), ("StartDate", "2020-01-01T00:00:00"), ("EndDate", until)]
    };
    let message = [("MerchantOrderId", "o1"), ("Amount", "0")];
    let told = desk.service("GetMerchantOrderDetail", &asked("0", "2099-01-01T00:00:00"), &message).await;
    assert_eq!((tag(&told, "FirstAmount"), tag(&told, "RRN")), ("10.01", tag(&sold, "RRN")), "{told}");
    assert!(told.contains("435508******4358"));
    for (number, until) in [("0", "2020-01-02T00:00:00"), ("1", "2099-01-01T00:00:00")] {
        let told = desk.service("GetMerchantOrderDetail", &asked(number, until), &message).await;
        assert!(tag(&told, "Success") == "true" && !told.contains("OrderContract"), "{told}");
    }
    let told = desk.service("GetMerchantOrderDetail", &[("MerchantOrderId", "o1")], &message).await;
    assert_eq!(tag(&told, "Success"), "false");
}

#[tokio::test]
async fn a_period_lists_every_transaction_newest_first() {
    let desk = Desk::new();
    let days = |lower, upper, provision| {
        [
            ("StartDate", "2020-01-01"),
            ("EndDate", "2099-01-01"),
            ("LowerLimit", lower),
            ("UpperLimit", upper),
            ("ProvNumber", provision),
        ]
    };
    assert_eq!(tag(&desk.katilim("SelectOrder", &days("0", "100", "")).await, "ResponseCode"), "NonResult");
    let sold = desk.katilim("Non3DPayGate", &sale("5", "v1", "1001", CARD)).await;
    let other = desk.katilim("Non3DPayGate", &sale("5", "v2", "2000", CARD)).await;
    desk.katilim("Non3DPayGate", &sale("5", "v3", "1051", CARD)).await;
    let about = [("MerchantOrderId", "v1"), ("OrderId", tag(&sold, "OrderId")), ("Amount", "1001")];
    assert_eq!(tag(&desk.katilim("SaleReversal", &about).await, "ResponseCode"), "00");
    assert_ne!(tag(&desk.katilim("SaleReversal", &about).await, "ResponseCode"), "00", "and refused: no line");
    let about = [("MerchantOrderId", "v2"), ("OrderId", tag(&other, "OrderId")), ("Amount", "500")];
    assert_eq!(tag(&desk.katilim("PartialDrawBack", &about).await, "ResponseCode"), "00");
    let lines = |told: &str| {
        let line = |row: &str| {
            ["MerchantOrderId", "OrderStatus", "LastOrderStatus", "FirstAmount", "TranAmount", "DrawbackAmount"]
                .map(|name| tag(row, name))
                .join(" ")
        };
        told.split("<OrderContract>").skip(1).map(line).collect::<Vec<_>>()
    };
    let all = lines(&desk.katilim("SelectOrder", &days("0", "100", "")).await);
    let expected = [
        "v2 5 5 20.00 5.00 5.00",
        "v1 6 6 10.01 10.01 0.00",
        "v3 1 1 10.51 10.51 0.00",
        "v2 1 5 20.00 20.00 5.00",
        "v1 1 6 10.01 10.01 0.00",
    ];
    assert_eq!(all, expected);
    assert_eq!(lines(&desk.katilim("SelectOrder", &days("1", "3", "")).await), all[1..3]);
    let told = desk.katilim("SelectOrder", &days("0", "100", tag(&sold, "ProvisionNumber"))).await;
    assert_eq!(lines(&told), [expected[1], expected[4]]);
    let past = [("StartDate", "2020-01-01"), ("EndDate", "2020-01-02"), ("LowerLimit", "0"), ("UpperLimit", "100")];
    assert_eq!(tag(&desk.katilim("SelectOrder", &past).await, "ResponseCode"), "NonResult");
}

#[tokio::test]
async fn requests_are_checked_as_the_banks_do() {
    let desk = Desk::new();
    let gate = format!("{KUVEYT}/Non3DPayGate");
    let fields = sale("1", "o1", "1001", CARD);
    for (who, code) in [
        (["1", "400235", "apitest", "api123"], "MerchantNotDefined"),
        (["7001", "11111", "APIUSER", "kdsnsksl"], "MerchantNotDefined"),
        (["496", "400235", "other", "api123"], "ApiUserNotDefined"),
        (["496", "400235", "apitest", "wrong"], "HashDataError"),
    ] {
        let body = format!("<KuveytTurkVPosMessage>{}</KuveytTurkVPosMessage>", signed(who, &fields));
        assert_eq!(tag(&desk.send("POST", &gate, "", body).await.2, "ResponseCode"), code);
    }
    let body = format!("<KuveytTurkVPosMessage>{}</KuveytTurkVPosMessage>", signed(AT_KUVEYT, &fields));
    let tampered = body.replace("<Amount>1001<", "<Amount>1<");
    assert_eq!(tag(&desk.send("POST", &gate, "", tampered).await.2, "ResponseCode"), "HashDataError");
    for (name, wrong, code) in [
        ("CardNumber", "4355084355084357", "14"),
        ("CardExpireDateMonth", "13", "54"),
        ("CardCVV2", "", "82"),
        ("CurrencyCode", "949", "InvalidRequestError"),
        ("Amount", "10.01", "InvalidRequestError"),
        ("InstallmentCount", "1", "InvalidRequestError"),
        ("TransactionSecurity", "5", "InvalidTransactionSecurity"),
        ("MerchantOrderId", "", "InvalidRequestError"),
    ] {
        let fields: Vec<_> = fields.iter().map(|(k, v)| (*k, if *k == name { wrong } else { v })).collect();
        assert_eq!(tag(&desk.kuveyt("Non3DPayGate", &fields).await, "ResponseCode"), code, "{name}");
    }
    let closed = desk.katilim("MailOrderSale", &sale("1", "m1", "1001", CARD)).await;
    assert_eq!(tag(&closed, "ResponseCode"), "InvalidTransactionSecurity");
    let mail = signed(["7002", "11112", "MOTOUSER", "ğüş<12>"], &sale("1", "m1", "1001", CARD));
    let body = format!("<VPosMessageContract>{}</VPosMessageContract>", mail.replace("<CardCVV2>000</CardCVV2>", ""));
    assert_eq!(tag(&desk.send("POST", &format!("{KATILIM}/MailOrderSale"), "", body).await.2, "ResponseCode"), "00");
    for card in test_cards().iter().filter(|c| c.group == "decline") {
        let answer = desk.sell("d", "101", &card.number).await;
        assert_eq!(Some(tag(&answer, "ResponseCode")), card.bank_code, "{}", card.note_en);
    }
}

#[tokio::test]
async fn faults_spoil_what_they_are_told_to() {
    let desk = Desk::new();
    desk.0.fault(Fault { status: Some(502), ..Fault::once(FaultKind::Html) });
    assert!(desk.sell("f1", "100", CARD).await.contains("Request Rejected"));
    assert_eq!(desk.0.order("f1").map(|o| o.net), Some(100), "booked, then spoiled");
    desk.0.fault(Fault::once(FaultKind::Garbage).unbooked());
    desk.sell("f2", "100", CARD).await;
    assert!(desk.0.order("f2").is_none());
    desk.katilim("Non3DPayGate", &sale("5", "v1", "1001", CARD)).await;
    desk.0.fault(Fault::once(FaultKind::WrongAmount));
    let told = desk.katilim("SelectOrderByMerchantOrderId", &[("MerchantOrderId", "v1")]).await;
    assert_eq!(tag(&told, "FirstAmount"), "11.01");
    desk.0.fault(Fault::once(FaultKind::Html).on(Op::Open));
    assert!(desk.kuveyt("ThreeDModelPayGate", &enrolment("f3", CARD)).await.contains("Request Rejected"));
    for kind in [FaultKind::WrongHash, FaultKind::WrongAmount, FaultKind::WrongCurrency, FaultKind::WrongOrder] {
        let order = format!("{kind:?}");
        let page = desk.kuveyt("ThreeDModelPayGate", &enrolment(&order, CARD)).await;
        desk.0.fault(Fault::once(kind).on(Op::Callback));
        let (acs, _) = desk.to_acs(&page).await;
        let told = unpacked(&desk.type_code(&acs, "code=123456").await.1);
        let number = told.rsplit("<OrderId>").next().and_then(|r| r.split('<').next()).unwrap_or_default();
        let stated = told.rsplit("<MerchantOrderId>").next().and_then(|r| r.split('<').next()).unwrap_or_default();
        let right = tag(&told, "HashData") == sign::answer(stated, "", "00", number, "api123");
        assert_eq!(right, kind != FaultKind::WrongHash);
        let true_to_order = stated == order && tag(&told, "Amount") == "1250" && tag(&told, "CurrencyCode") == "0949";
        assert_eq!(true_to_order, kind == FaultKind::WrongHash, "{told}");
    }
}

#[tokio::test]
async fn nothing_kept_or_served_holds_a_card_number() {
    let desk = Desk::new();
    let answer = desk.sell("c1", "101", CARD).await;
    assert!(!answer.contains(CARD) && !answer.contains("api123") && !answer.contains(&sign::password("api123")));
    let page = desk.kuveyt("ThreeDModelPayGate", &enrolment("c2", CARD)).await;
    desk.to_acs(&page).await;
    for path in ["/admin/book", "/admin/requests", "/admin/orders/c1", "/admin/stores"] {
        let (status, _, body) = desk.send("GET", path, "", String::new()).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert!(!body.contains(CARD) && !body.contains("api123") && !body.contains("kdsnsksl"), "{path}");
    }
}
