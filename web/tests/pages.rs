//! The pages over an API with invented data: what stands on them, what protects them, how forms come back.

mod fake;

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
    response::Response,
};
use http_body_util::BodyExt;
use tower::ServiceExt;

fn portal() -> Router {
    let options = vezne_web::Options {
        secure: true,
        now: Arc::new(|| "2026-11-20T11:05:42Z".parse().expect("instant")),
        hue: Some(235),
        help_phone: None,
    };
    vezne_web::router(fake::api(), options)
}

async fn ask(request: Request<Body>) -> (Response<()>, String) {
    let response = portal().oneshot(request).await.expect("an answer");
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.expect("a body").to_bytes();
    (Response::from_parts(parts, ()), String::from_utf8_lossy(&bytes).into_owned())
}

async fn get(path: &str, cookie: &str) -> (StatusCode, String) {
    let request = Request::get(path).header("cookie", cookie).body(Body::empty()).expect("a request");
    let (response, body) = ask(request).await;
    (response.status(), body)
}

fn form(path: &str, body: &str) -> Request<Body> {
    Request::post(path)
        .header("cookie", "session=firm")
        .header("host", "vezne.example")
        .header("origin", "https://vezne.example")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(body.to_owned()))
        .expect("a request")
}

const PAGES: [&str; 54] = [
    "/",
    "/menu",
    "/pay",
    "/pay?debtor=dlr_ankara",
    "/pay?debtor=dlr_ankara&bin=454360",
    "/pay?debtor=cus_hosted&amount=100,00&sent=1",
    "/pay?open=1&amount=100,00&sent=1&channel=mail_order",
    "/pay?debtor=cus_points&amount=100,00&sent=1&points_available=2500",
    "/payments",
    "/payments?state=declined&from=2026-11-01&to=2026-11-20",
    "/payments/pay_1",
    "/payments/pay_unknown",
    "/payments/pay_declined",
    "/payments/pay_requires_confirmation",
    "/payments/pay_1/refund",
    "/payments/pay_1/receipt",
    "/payments/pay_1/bank",
    "/statement?party=dlr_ankara",
    "/dealers",
    "/dealers/dlr_ankara",
    "/dealers/new",
    "/customers",
    "/customers/cus_18",
    "/customers/new",
    "/receivables",
    "/receivables/new",
    "/pos",
    "/pos/pos_1",
    "/pos/pos_1/bank?day=2026-11-19",
    "/pos/pos_1/bank?day=2026-11-17",
    "/routing",
    "/routing?bin=454360&amount=1.250%2C00&instalments=3",
    "/routing/new",
    "/routing/rtr_2",
    "/instalments",
    "/instalments?bin=454360&amount=1.000%2C00",
    "/instalments/new",
    "/instalments/new?from=sch_4",
    "/instalments/sch_2",
    "/instalments/sch_4",
    "/plugins",
    "/plugins/pos-nestpay",
    "/plugins/pos-new",
    "/plugins/pos-nestpay/runs/run_01KB7XA2",
    "/plugins/pos-nestpay/runs/run_01KB7XA0",
    "/api-keys",
    "/doubts",
    "/doubts/att_1",
    "/doubts/att_2",
    "/doubts/opr_3",
    "/webhooks",
    "/webhooks/new",
    "/webhooks/whk_1",
    "/webhooks/whk_1/deliveries/whd_3",
];

#[tokio::test]
async fn every_page_renders_in_every_language_without_inline_style_or_script() {
    for path in PAGES {
        for language in ["tr", "en", "az"] {
            let cookie = format!("session=firm; vezne_lang={language}");
            let (status, html) = get(path, &cookie).await;
            assert_eq!(status, StatusCode::OK, "{path} {language}: {html}");
            assert!(html.contains(&format!("<html lang=\"{language}\">")), "{path}");
            assert!(!html.contains(" style=") && !html.contains("<style"), "{path} has inline style");
            assert!(!html.contains("<script>") && !html.contains(" onclick"), "{path} has inline script");
            assert!(!html.contains("<!>"), "{path} has hydration marks");
            assert_eq!(html.matches("<h1").count(), 1, "{path} has one heading");
        }
    }
}

#[tokio::test]
async fn a_new_firm_sees_how_to_begin() {
    for path in [
        "/",
        "/payments",
        "/customers",
        "/dealers",
        "/receivables",
        "/pos",
        "/routing",
        "/instalments",
        "/plugins",
        "/webhooks",
        "/doubts",
    ] {
        let (status, html) = get(path, "session=new").await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert!(html.contains("class=\"empty\""), "{path} has an empty state");
    }
}

#[tokio::test]
async fn a_list_that_failed_names_the_request_and_offers_another_try() {
    let (status, html) = get("/payments?q=hata", "session=firm").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(html.contains("req_01kb7xa2") && html.contains("href=\"/payments?q=hata\""), "{html}");
    let (_, html) = get("/payments?q=yok", "session=firm").await;
    assert!(html.contains("Bu filtrelere uyan"));
}

#[tokio::test]
async fn nobody_signed_in_is_sent_to_sign_in_and_back() {
    let (response, _) = ask(Request::get("/payments?state=unknown").body(Body::empty()).expect("a request")).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(response.headers()[header::LOCATION], "/sign-in?next=%2Fpayments%3Fstate%3Dunknown");
}

#[tokio::test]
async fn pages_carry_a_strict_policy_and_a_fresh_nonce() {
    let request = || Request::get("/").header("cookie", "session=firm").body(Body::empty()).expect("a request");
    let ((first, _), (second, html)) = (ask(request()).await, ask(request()).await);
    let policy = |r: &Response<()>| r.headers()[header::CONTENT_SECURITY_POLICY].to_str().expect("text").to_owned();
    assert_ne!(policy(&first), policy(&second));
    assert!(policy(&second).contains("default-src 'none'") && !policy(&second).contains("unsafe"));
    let nonce = policy(&second).split("'nonce-").nth(1).and_then(|r| r.split('\'').next()).expect("a nonce").to_owned();
    assert!(html.contains(&format!("nonce=\"{nonce}\"")));
    assert_eq!(second.headers()[header::CACHE_CONTROL], "no-store");
}

#[tokio::test]
async fn a_form_of_another_site_is_refused() {
    let mut request = form("/pay/options", "bin=454360&amount=100");
    request.headers_mut().insert("origin", "https://evil.example".parse().expect("a value"));
    assert_eq!(ask(request).await.0.status(), StatusCode::FORBIDDEN);
    let mut request = form("/pay/options", "bin=454360&amount=100");
    request.headers_mut().insert("sec-fetch-site", "cross-site".parse().expect("a value"));
    assert_eq!(ask(request).await.0.status(), StatusCode::FORBIDDEN);
    assert_eq!(ask(form("/pay/options", "bin=454360&amount=100")).await.0.status(), StatusCode::OK);
}

#[tokio::test]
async fn the_pay_page_composes_the_amount_and_offers_instalments() {
    let (_, html) = get("/pay?debtor=dlr_ankara", "session=firm").await;
    assert!(html.contains("104.350,50\u{a0}₺ öde"), "the overdue ones are ticked");
    assert!(html.contains("23 gün geçti") && html.contains("4 gün var"));
    assert!(html.contains("action=\"/pay\"") && html.contains("name=\"idempotency_key\""));
    let (_, html) =
        get("/pay?debtor=dlr_ankara&sent=1&was=104.350,50&amount=1250.00&receivable=rcv_1&bin=454360", "session=firm")
            .await;
    assert!(html.contains("1.250,00\u{a0}₺ öde") && html.contains("3 taksit") && html.contains("Maximum"));
    assert!(html.contains("name=\"amount\" value=\"125000\""), "the card form carries minor units");
    let (status, html) = get("/pay?debtor=dlr_ankara&error=card_number:luhn", "session=firm").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(html.contains("Kart numarası eksik ya da yanlış.") && html.contains("aria-invalid=\"true\""));
}

#[tokio::test]
async fn a_pos_account_shows_what_the_firm_demands_of_it() {
    let (_, html) = get("/pos/pos_1", "session=firm").await;
    let field = |name: &str| {
        let tags = html.split("<input").skip(1).filter_map(|tag| tag.split('>').next());
        tags.map(str::to_owned).find(|tag| tag.contains(&format!("name=\"{name}\""))).unwrap_or_default()
    };
    assert!(field("three_d_required").contains("checked"), "{html}");
    assert!(field("day_end").contains("value=\"21:30\"") && field("day_end").contains("type=\"time\""), "{html}");
    assert!(html.contains("3d · Her zaman 3-D Secure"), "{html}");
    let (status, html) = get("/pos/new?choice=pos-nestpay/isbank", "session=firm").await;
    assert_eq!(status, StatusCode::OK);
    assert!(html.contains("name=\"day_end\"") && html.contains("gece yarısı"), "{html}");
}

#[tokio::test]
async fn the_pay_page_has_no_place_for_a_card_that_the_bank_takes() {
    let (_, html) = get("/pay?debtor=cus_hosted&amount=100,00&sent=1", "session=firm").await;
    for field in ["card_number", "expiry", "security_code", "card_holder", "name=\"bin\""] {
        assert!(!html.contains(&format!("id=\"{field}\"")) && !html.contains(&format!("name=\"{field}\"")), "{field}");
    }
    assert!(html.contains("Kartınızı bankanın sayfasında girersiniz") && html.contains("100,00\u{a0}₺ öde"), "{html}");
    assert!(html.contains("Kırk Anahtar") && html.contains("name=\"idempotency_key\""), "{html}");
    assert!(!html.contains("name=\"bin\""), "without a card there is nothing to look up: {html}");
}

#[tokio::test]
async fn points_are_offered_only_where_the_bank_can_be_asked() {
    let asked = "/pay?debtor=cus_points&amount=100,00&sent=1";
    for without in ["/pay?debtor=dlr_ankara&amount=100,00&sent=1", &format!("{asked}&channel=mail_order")] {
        let (_, html) = get(without, "session=firm").await;
        assert!(!html.contains("id=\"points\"") && !html.contains("/pay/points"), "{without}");
    }
    let (_, html) = get(asked, "session=firm").await;
    assert!(html.contains("formaction=\"/pay/points\"") && html.contains("name=\"points\""), "{html}");
    assert!(!html.contains("<details id=\"points\" open"), "it is quiet until somebody asks: {html}");
    let first = html.split("id=\"card\"").nth(1).and_then(|form| form.split("<button").nth(1));
    assert!(
        first.is_some_and(|button| button.split('>').next().is_some_and(|tag| !tag.contains("formaction"))),
        "an Enter pays, it does not ask: {first:?}"
    );
    let (_, html) = get(&format!("{asked}&points_available=2500&points=10,00"), "session=firm").await;
    assert!(html.contains("<details id=\"points\" open") && html.contains("25,00\u{a0}₺ değerinde"), "{html}");
    assert!(html.contains("name=\"points_available\" value=\"2500\"") && html.contains("value=\"10,00\""), "{html}");
    let (_, html) = get(&format!("{asked}&points_available=0"), "session=firm").await;
    assert!(html.contains("kullanılabilir puanı yok"), "{html}");
    let (status, html) = get(&format!("{asked}&error=points:bank_unanswered"), "session=firm").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(html.contains("Banka puanı şu anda söylemedi.") && html.contains("<details id=\"points\" open"), "{html}");
}

#[tokio::test]
async fn a_card_is_typed_for_its_holder_only_by_those_who_may() {
    let asked = "/pay?debtor=dlr_ankara&amount=100,00&sent=1";
    let box_of = |html: &str| {
        let tag =
            html.split("<input").find(|tag| tag.contains("type=\"checkbox\"") && tag.contains("name=\"channel\""));
        tag.and_then(|tag| tag.split('>').next()).map(str::to_owned)
    };
    let code_needed = |html: &str| {
        let tag = html.split("<input").find(|tag| tag.contains("id=\"security_code\""));
        tag.and_then(|tag| tag.split('>').next()).is_some_and(|tag| tag.contains("required"))
    };
    let (_, html) = get(asked, "session=firm").await;
    assert!(box_of(&html).is_some_and(|tag| !tag.contains("checked")) && code_needed(&html), "{html}");
    let (_, html) = get(&format!("{asked}&channel=mail_order"), "session=firm").await;
    assert!(box_of(&html).is_some_and(|tag| tag.contains("checked")) && !code_needed(&html), "{html}");
    // Without the right the wish changes nothing.
    let (_, html) = get(&format!("{asked}&channel=mail_order"), "session=dealer").await;
    assert!(box_of(&html).is_none() && code_needed(&html), "{html}");
    // Where the bank's page would take the card there is no field for it yet: a link leads to one.
    let (_, html) = get("/pay?debtor=cus_hosted&amount=100,00&sent=1", "session=firm").await;
    assert!(html.contains("channel=mail_order"), "{html}");
    let (_, html) = get("/pay?debtor=cus_hosted&amount=100,00&sent=1&channel=mail_order", "session=firm").await;
    assert!(html.contains("id=\"card_number\""), "{html}");
}

#[tokio::test]
async fn a_setting_that_counts_only_beside_another_says_so_and_is_not_insisted_on() {
    let (_, html) = get("/pos/new?choice=pos-nestpay/isbank", "session=firm").await;
    assert!(html.contains("data-show-if=\"{&quot;mail-order&quot;:&quot;true&quot;}\""), "{html}");
    assert!(html.contains("Mail order satışına açık: evet"), "{html}");
    let tag = |name: &str| html.split("<input").find(|tag| tag.contains(name)).and_then(|tag| tag.split('>').next());
    assert!(tag("id=\"config.client-id\"").is_some_and(|tag| tag.contains("required")));
    assert!(tag("id=\"config.user-name\"").is_some_and(|tag| !tag.contains("required")), "{html}");
}

#[tokio::test]
async fn a_plugin_shows_how_it_fares_on_every_server() {
    let (_, html) = get("/plugins", "session=firm").await;
    let card = |id: &str| {
        let cards = html.split("<section class=\"card\">").find(|card| card.contains(&format!("/plugins/{id}#health")));
        cards.unwrap_or_default().to_owned()
    };
    let nestpay = card("pos-nestpay");
    assert!(nestpay.contains("28.412") && nestpay.contains("64 µs") && nestpay.contains("Durduruldu"), "{nestpay}");
    assert!(nestpay.contains("Bu sunucu, son 15 dakika"), "whose figures these are: {nestpay}");
    assert!(nestpay.contains("/plugins/pos-nestpay#runs"), "what failed can be looked at");
    assert!(card("pos-idle").contains("son 15 dakikada çağrılmadı"), "{html}");
    let (_, html) = get("/plugins/pos-nestpay", "session=firm").await;
    let section = html.split("aria-labelledby=\"health\"").nth(1).and_then(|rest| rest.split("</section>").next());
    let section = section.unwrap_or_default();
    assert!(html.contains("2 sunucu birlikte, son 15 dakika"), "{html}");
    assert!(html.contains("Satışlar: 12 saniye önce durduruldu."), "{html}");
    assert!(html.contains("İptal ve iadeler: son bir dakikada 1 hata."), "{html}");
    let row = |words: [&str; 2]| section.split("<tr").any(|row| words.iter().all(|word| row.contains(word)));
    assert!(row(["bu sunucu", "1,2 ms"]) && row(["9H77", "13.600"]) && row(["A0ZZ", "Yanıt vermedi"]), "{section}");
}

#[tokio::test]
async fn a_version_shows_what_it_asks_for_beside_what_is_allowed() {
    let (_, html) = get("/plugins", "session=firm").await;
    assert!(html.contains("/plugins/pos-idle") && html.contains("Etkin sürümü yok"), "{html}");
    let (_, html) = get("/plugins/pos-nestpay", "session=firm").await;
    let row = |word: &str| html.split("<tr").find(|row| row.contains(word)).unwrap_or_default().to_owned();
    let is_new = |word: &str| html.split("<tr").any(|row| row.contains(word) && row.contains(">yeni<"));
    assert!(is_new("yeni.bank.example"), "{html}");
    assert!(row("eski.bank.example").contains("yok"), "it is not asked for any more: {html}");
    assert!(is_new("day-history") && !is_new(">sale<"), "{html}");
}

#[tokio::test]
async fn two_forms_have_two_keys() {
    let key = |html: &str| {
        html.split("name=\"idempotency_key\" value=\"")
            .nth(1)
            .and_then(|r| r.split('"').next())
            .expect("a key")
            .to_owned()
    };
    let (first, second) = (get("/pay?open=1", "session=firm").await.1, get("/pay?open=1", "session=firm").await.1);
    assert_ne!(key(&first), key(&second));
}

#[tokio::test]
async fn results_say_what_happened_without_a_pay_button_beside_doubt() {
    let (_, html) = get("/result/tok-unknown", "").await;
    assert!(
        html.contains("Tekrar ödemeyin") && html.contains("http-equiv=\"refresh\"") && !html.contains("href=\"/pay")
    );
    let (_, html) = get("/result/tok-declined", "vezne_lang=en").await;
    assert!(html.contains("Kartın limiti yetmedi.") && html.contains("Try another card or fewer instalments."));
    assert!(
        html.contains("/pay?sent=1&amp;amount=128.760%2C50") || html.contains("/pay?sent=1&amount=128.760%2C50"),
        "amount and receivables are kept"
    );
    let (_, html) = get("/result/tok-succeeded", "session=firm").await;
    assert!(html.contains("Ödemeniz alındı") && html.contains("131.464,47\u{a0}₺"));
}

#[tokio::test]
async fn a_refused_form_keeps_what_was_typed() {
    let (response, html) = ask(form("/dealers", "name=Deneme+Bayi&code=120&parent=dlr_ankara")).await;
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(html.contains("value=\"Deneme Bayi\"") && html.contains("Bu kod kullanılıyor."));
    let (response, html) = ask(form("/receivables", "debtor=dlr_ankara&principal=abc&due_on=2026-12-01")).await;
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(html.contains("value=\"abc\"") && html.contains("1.250,00 gibi"));
}

#[tokio::test]
async fn a_refund_goes_out_with_its_key_and_comes_back_to_the_payment() {
    let (_, html) = get("/payments/pay_1/refund", "session=firm").await;
    assert!(html.contains("Tam tutar için iptal yapılacak.") && html.contains("20.11.2026 22:00"));
    let (response, _) = ask(form("/payments/pay_1/refund", "amount=10,00&reason=double&key=k1")).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(response.headers()[header::LOCATION], "/payments/pay_1");
}

#[tokio::test]
async fn files_are_made() {
    let (status, csv) = get("/payments/export.csv?state=declined", "session=firm").await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        csv.starts_with('\u{feff}')
            && csv.contains("'=Formül Ltd.")
            && csv.contains("131464,47") | csv.contains("131.464,47"),
        "{csv}"
    );
    assert!(get("/payments/export.xlsx", "session=firm").await.1.starts_with("PK"));
    assert!(get("/payments/pay_1/receipt.pdf", "session=firm").await.1.starts_with("%PDF"));
}

#[tokio::test]
async fn a_long_list_is_a_long_file() {
    let (status, csv) = get("/payments/export.csv?q=uzun", "session=firm").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(csv.lines().count(), 1 + 55 * 200);
    assert!(csv.contains("pay_0_0") && csv.contains("pay_54_199"), "{}", &csv[..400]);
    let (_, html) = get("/payments", "session=firm").await;
    assert!(html.contains("Excel dosyası en çok 100.000 satır alır"), "{html}");
    let (status, _) = get("/payments/export.csv?q=hata", "session=firm").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn the_key_of_a_program_is_shown_once() {
    let (_, html) = ask(form("/api-keys", "name=x&scope=payments:read")).await;
    assert!(html.contains("sk_test_invented"));
    assert!(!get("/api-keys", "session=firm").await.1.contains("sk_test_invented"));
}

#[tokio::test]
async fn a_dealer_is_not_shown_what_is_not_its_own() {
    let (_, html) = get("/", "session=dealer").await;
    assert!(
        !html.contains("href=\"/pos\"")
            && !html.contains("href=\"/api-keys\"")
            && html.contains("href=\"/receivables\"")
    );
    assert!(html.contains("Ankara Bayi"), "the scope chip names its part of the tree");
    assert!(get("/pay", "session=dealer").await.1.contains("Neyi ödüyorsunuz?"), "a dealer pays its own debt");
}

#[tokio::test]
async fn language_and_theme_are_kept() {
    let (response, html) = ask(Request::get("/menu?lang=az")
        .header("cookie", "session=firm; vezne_theme=koyu")
        .body(Body::empty())
        .expect("a request"))
    .await;
    let cookie = response.headers()[header::SET_COOKIE].to_str().expect("text");
    assert!(cookie.starts_with("vezne_lang=az;") && cookie.contains("Secure"));
    let dark = html.split("value=\"koyu\"").nth(1).expect("a radio");
    assert!(dark.trim_start().starts_with("checked"), "the server renders the saved theme: no flash");
}

#[tokio::test]
async fn a_webhook_secret_is_shown_where_it_was_made_and_nowhere_else() {
    for (path, body) in
        [("/webhooks", "url=https%3A%2F%2Ferp.example%2F&event=payment.succeeded"), ("/webhooks/whk_1/rotate", "")]
    {
        let (response, html) = ask(form(path, body)).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}: {html}");
        assert!(html.contains("whsec_invented"), "{path}");
    }
    let (_, html) = get("/webhooks/whk_1", "session=firm").await;
    assert!(!html.contains("whsec_") && html.contains("whd_3"), "{html}");
}

#[tokio::test]
async fn a_webhook_address_that_is_refused_comes_back_with_the_reason() {
    let (response, html) = ask(form("/webhooks", "url=http%3A%2F%2F10.0.0.1%2F&description=ERP")).await;
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        html.contains("Bu adrese gidilemez.") && html.contains("http://10.0.0.1/") && html.contains("ERP"),
        "{html}"
    );
}

#[tokio::test]
async fn a_doubt_is_decided_by_two_persons() {
    let (_, html) = get("/doubts/att_1", "session=firm").await;
    assert!(html.contains("name=\"evidence\"") && html.contains("Banka süresinde cevap vermedi"), "{html}");
    let (_, html) = get("/doubts/att_2", "session=firm").await;
    assert!(!html.contains("name=\"evidence\""), "a proposal waits: no second one");
    assert!(html.contains("/proposals/prp_1/confirm") && !html.contains("/proposals/prp_1/withdraw"), "{html}");
    let (response, html) = ask(form("/doubts/att_1", "outcome=done&evidence=evet")).await;
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(html.contains(">evet</textarea>") && html.contains("Çok kısa."), "{html}");
    let (response, html) = ask(form("/doubts/att_1", "evidence=Ekstrede+g%C3%B6r%C3%BCn%C3%BCyor")).await;
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(html.contains("Seçilmedi."), "what nobody chose is no outcome: {html}");
    let (response, _) = ask(form("/proposals/prp_1/confirm", "doubt=att_2&payment=pay_2")).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(response.headers()[header::LOCATION], "/payments/pay_2");
    let (response, _) = ask(form("/proposals/prp_1/withdraw", "doubt=att_2&payment=pay_2")).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn only_those_who_may_see_doubts_are_led_to_them() {
    assert!(get("/", "session=firm").await.1.contains("href=\"/doubts\""));
    assert!(!get("/", "session=dealer").await.1.contains("href=\"/doubts\""));
}

fn brought(component: &str, signature: &str) -> Request<Body> {
    let part = |name: &str, file: &str| {
        format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"x\"\r\n\r\n{file}\r\n")
    };
    let mut request =
        form("/plugins", &format!("{}{}--XX--\r\n", part("component", component), part("signature", signature)));
    let kind = "multipart/form-data; boundary=XX".parse().expect("a value");
    request.headers_mut().insert(header::CONTENT_TYPE, kind);
    request
}

#[tokio::test]
async fn a_plugin_is_brought_in_or_the_file_says_why_not() {
    let (response, _) = ask(brought("\0asm", "{}")).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(response.headers()[header::LOCATION], "/plugins/pos-nestpay");
    for (component, signature, place, sentence) in [
        ("hello", "", "component-e", "Bu bir WebAssembly bileşeni değil."),
        ("", "", "component-e", "Bir dosya seçin."),
        ("\0asm", "x", "signature-e", "İmza okunamıyor."),
    ] {
        let (response, html) = ask(brought(component, signature)).await;
        assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY, "{sentence}");
        let below = html.split(&format!("id=\"{place}\"")).nth(1).expect("the sentence stands at the file");
        assert!(below.contains(sentence), "{html}");
    }
    let (response, _) = ask(form("/plugins", "component=x")).await;
    assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn the_last_runs_of_a_plugin_stand_on_its_page() {
    let (_, html) = get("/plugins/pos-nestpay", "session=firm").await;
    assert!(html.contains("/plugins/pos-nestpay/runs/run_01KB7XA2") && html.contains("Sonuç belirsiz"), "{html}");
    assert!(html.contains("POST /fim/api → awaiting-response"), "{html}");
    assert!(html.contains("value=\"shadow-end\"") && html.contains("128,76"), "what a shadow did otherwise: {html}");
    let (_, html) = get("/plugins/pos-new", "session=firm").await;
    assert!(html.contains("Henüz çalışma yok") && html.contains("class=\"empty\""), "{html}");
    let (status, html) = get("/plugins/pos-broken", "session=firm").await;
    assert_eq!(status, StatusCode::OK, "the versions are there all the same");
    assert!(html.contains("req_01kb7xa2") && html.contains("0.4.0"), "{html}");
    let (_, html) = get("/plugins/pos-nestpay", "session=dealer").await;
    assert!(!html.contains("run_01KB7XA2") && !html.contains("shadow-end"), "not for everybody: {html}");
    let (_, html) = get("/plugins/pos-nestpay/runs/run_01KB7XA2", "session=firm").await;
    assert!(html.contains("/v1/plugins/pos-nestpay/runs/run_01KB7XA2/recording"), "{html}");
    assert!(html.contains("«pan pan") && html.contains("panic_fmt") && html.contains("sale of ORD1"), "{html}");
    let (_, html) = get("/plugins/pos-nestpay/runs/run_01KB7XA0", "session=firm").await;
    assert!(html.contains("oynatılamaz"), "{html}");
}

#[tokio::test]
async fn the_instalment_table_is_read_tried_and_written_anew() {
    let (_, html) = get("/instalments", "session=firm").await;
    for words in ["2. sürüm", "Başlayacak", "%2,5", "ödeyene %50", "+3 taksit bankadan", "1.025,00", "Garanti POS"]
    {
        assert!(html.contains(words), "{words}: {html}");
    }
    let (_, html) = get("/instalments?bin=454360&amount=1.000%2C00", "session=firm").await;
    assert!(html.contains("(Ankara Bayi)") && html.contains("Başka program"), "{html}");
    let (status, html) = get("/instalments?amount=abc", "session=firm").await;
    assert!(status == StatusCode::UNPROCESSABLE_ENTITY && html.contains("1.250,00 gibi"), "{html}");
    let (_, html) = get("/instalments/sch_4", "session=firm").await;
    assert!(html.contains("/instalments/sch_4/withdraw") && html.contains("/instalments/sch_4/activate"), "{html}");
    let (_, html) = get("/instalments/sch_2", "session=firm").await;
    assert!(!html.contains("/instalments/sch_2/withdraw") && !html.contains("/activate"), "{html}");

    let lines = "version=5&begins_on=&n=3&prog=&acc=&cards=&offer=2%2C5&share=100&bank=1%2C99&min=&extra=&days=1\
        &n=&prog=Bonus&acc=&cards=&offer=9&share=100&bank=&min=&extra=&days=1\
        &n=6&prog=Bonus&acc=pos_2&cards=false&offer=RATE&share=&bank=&min=MIN&extra=&days=";
    let sent =
        |act: &str, rate: &str, min: &str| format!("{}&act={act}", lines.replace("RATE", rate).replace("MIN", min));
    let (response, html) = ask(form("/instalments", &sent("preview", "5", ""))).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert!(html.contains("1.000,00") && html.contains("1.025,00"), "{html}");
    assert!(html.contains("id=\"n-1\"") && !html.contains("id=\"n-2\""), "the line without a number is out: {html}");
    let (response, html) = ask(form("/instalments", &sent("add", "5", ""))).await;
    assert!(response.status() == StatusCode::OK && html.contains("id=\"n-6\""), "{html}");
    let paste = |rows: &str| {
        let typed = sent("paste", "5", "");
        form("/instalments", &form_urlencoded::Serializer::new(typed).append_pair("pasted", rows).finish())
    };
    let (_, html) = ask(paste("Taksit\tProgram\n3\tbonus\t\tgaranti pos\t%4,5\t100\n\n6\t\tŞirket\t\t9")).await;
    let value = |id: &str| html.split(&format!("id=\"{id}\"")).nth(1).and_then(|rest| rest.split(['>']).next());
    assert!(value("offer-0").is_some_and(|tag| tag.contains("value=\"4,5\"")), "{html}");
    assert!(html.contains("id=\"n-1\"") && !html.contains("id=\"n-2\""), "the rows stand for the lines: {html}");
    let (_, html) = ask(paste("3;Bonsu")).await;
    assert!(html.contains("1. satır okunamadı: “Bonsu” bilinmiyor.") && html.contains("3;Bonsu"), "{html}");
    for (rate, min, place, words) in
        [("101", "", "offer-1-e", "Yüzde yazın."), ("5", "abc", "min-1-e", "1.250,00 gibi")]
    {
        let (response, html) = ask(form("/instalments", &sent("save", rate, min))).await;
        assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY, "{rate} {min}");
        let below = html.split(&format!("id=\"{place}\"")).nth(1).expect("the sentence stands at its field");
        assert!(below.contains(words), "{html}");
    }
    let (response, _) = ask(form("/instalments", &sent("save", "5", "1.000"))).await;
    assert_eq!(response.headers()[header::LOCATION], "/instalments?saved=1");
    let stale = sent("save", "5", "").replace("version=5", "version=4");
    let (response, html) = ask(form("/instalments", &stale)).await;
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(html.contains("name=\"version\" value=\"5\""), "what is saved next follows what was told: {html}");
    for (path, place) in [("sch_4/withdraw", "1"), ("sch_2/withdraw", "begun"), ("sch_4/activate", "1")] {
        let (response, _) = ask(form(&format!("/instalments/{path}"), "sure=on")).await;
        assert_eq!(response.headers()[header::LOCATION], format!("/instalments?saved={place}").as_str(), "{path}");
    }
}

#[tokio::test]
async fn a_dealers_limits_say_whose_they_are_and_are_set() {
    let (_, html) = get("/dealers/dlr_ankara", "session=firm").await;
    for words in ["Mavi Leylek belirledi", "Kendi ayarı", "500.000,00", "value=\"2,4\"", "name=\"programme_max:Bonus\""]
    {
        assert!(html.contains(words), "{words}: {html}");
    }
    let (_, html) = get("/dealers/dlr_ankara", "session=dealer").await;
    assert!(html.contains("Mavi Leylek belirledi") && !html.contains("/dealers/dlr_ankara/settings"), "{html}");
    let to = "/dealers/dlr_ankara/settings";
    let (response, _) = ask(form(to, "version=3&instalments_max=6&pos_share=2%2C4&programme_max%3ABonus=3")).await;
    assert_eq!(response.headers()[header::LOCATION], "/dealers/dlr_ankara?saved=1");
    for (body, words) in [("version=3&instalments_max=99", "1 ile 36"), ("version=3&amount_max=abc", "1.250,00 gibi")] {
        let (response, html) = ask(form(to, body)).await;
        assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert!(html.contains(words), "{html}");
    }
    let (response, html) = ask(form(to, "version=2&instalments_max=6")).await;
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(html.contains("name=\"version\" value=\"3\""), "{html}");
}

#[tokio::test]
async fn the_banks_book_stands_beside_ours_and_is_never_empty_by_mistake() {
    let (_, html) = get("/payments/pay_1", "session=firm").await;
    assert!(html.contains("/bank\""), "{html}");
    let (_, html) = get("/payments/pay_1", "session=dealer").await;
    assert!(!html.contains("/bank\""), "only who sees POS accounts asks a bank: {html}");
    let (_, html) = get("/payments/pay_1/bank", "session=firm").await;
    assert!(html.contains("Bankanın defteri bizimkiyle aynı.") && html.contains("482915"), "{html}");
    let (_, html) = get("/pos/pos_1", "session=firm").await;
    assert!(html.contains("action=\"/pos/pos_1/bank\"") && html.contains("value=\"2026-11-20\""), "{html}");
    let (_, html) = get("/pos/pos_1/bank?day=2026-11-19", "session=firm").await;
    for words in
        ["Bankanın defteri bizimkinden farklı.", "Bizde yok", "Bizde: 45,00", "Bizde yapılmış, bankanın listesinde yok"]
    {
        assert!(html.contains(words), "{words}: {html}");
    }
    assert!(html.contains("value=\"2026-11-19\""), "the day stays in its field: {html}");
    let (status, html) = get("/pos/pos_1/bank?day=2026-11-17", "session=firm").await;
    assert_eq!(status, StatusCode::OK);
    assert!(html.contains("class=\"empty\""), "{html}");
    let (status, html) = get("/pos/pos_1/bank?day=2026-11-18", "session=firm").await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
    assert!(html.contains("not-authentic") && !html.contains("class=\"empty\""), "{html}");
    assert!(html.contains("action=\"/pos/pos_1/bank\""), "the form stands: {html}");
}
