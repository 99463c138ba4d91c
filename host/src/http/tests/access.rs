//! Every route × everybody (S1). The table of routes is the list; none can be forgotten.

use std::time::Duration;

use http::Method;

use super::*;
use crate::config::Token;
use crate::http::route::Access;
use crate::http::{openapi, table};
use crate::security::permission::of_role;
use vezne_api::{Page, Role};

const PEOPLE: [(&str, Role); 5] = [
    ("yonetici", Role::FirmAdministrator),
    ("muhasebe", Role::FirmClerk),
    ("bayi", Role::Dealer),
    ("altbayi", Role::SubDealer),
    ("izmir", Role::Dealer),
];

/// A path whose parameters name nothing.
fn absent(path: &str) -> String {
    let prefix = match path.split('/').nth(2) {
        Some("payments") => "pay",
        Some("refunds") => "ref",
        Some("dealers") => "dlr",
        Some("customers") => "cus",
        Some("receivables") => "rcv",
        Some("pos_accounts") => "pos",
        Some("routing") => "rtr",
        Some("instalment_rules") => "sch",
        Some("api_keys") => "key",
        Some("webhook_endpoints") => "whk",
        Some("webhook_deliveries") => "whd",
        Some("sessions") => "ses",
        Some("doubts") => "att",
        Some("proposals") => "prp",
        Some("alarms") => "alr",
        _ => "x",
    };
    path.split('/')
        .map(
            |word| if word.starts_with('{') { format!("{prefix}_01JD0000000000000000000000") } else { word.to_owned() },
        )
        .collect::<Vec<_>>()
        .join("/")
}

fn body_for(method: &Method) -> Option<Value> {
    matches!(*method, Method::POST | Method::PATCH | Method::PUT).then(|| json!({}))
}

#[tokio::test]
async fn nobody_comes_in_without_a_credential() {
    let place = Place::new().await;
    for row in table().endpoints().iter().filter(|row| row.access != Access::Anyone) {
        // Strangers are counted on their address, and they are many.
        place.clock.advance(Duration::from_secs(1));
        let headers: [&[(&str, &str)]; 4] = [
            &[],
            &[("authorization", "Bearer eyJhbGciOiJub25lIn0.e30.")],
            &[("authorization", "Basic YTpi")],
            &[("cookie", "__Host-vezne=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), ORIGIN, ("x-vezne-portal", "1")],
        ];
        for headers in headers {
            let request = request(row.method.as_str(), &absent(row.path), body_for(&row.method), headers);
            let answer = place.send(request).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{} {} {headers:?}", row.method, row.path);
            assert_eq!(answer.headers[header::CONTENT_TYPE], "application/problem+json");
        }
    }
}

#[tokio::test]
async fn everybody_meets_exactly_what_the_role_holds() {
    let place = Place::new().await;
    for (who, role) in PEOPLE {
        let cookie = place.sign_in(who).await;
        for row in table().endpoints() {
            // Ending one's own session would end the test.
            if row.access == Access::Anyone || (row.method == Method::DELETE && row.path.starts_with("/v1/sessions")) {
                continue;
            }
            let answer = place.call(&cookie, row.method.as_str(), &absent(row.path), body_for(&row.method)).await;
            let held = match row.access {
                Access::Needs(action) => of_role(role).contains(&action),
                Access::SignedIn | Access::Anyone => true,
            };
            let told = format!("{who} {} {}: {} {}", row.method, row.path, answer.status, answer.text);
            if held {
                assert_ne!(answer.status, StatusCode::UNAUTHORIZED, "{told}");
                assert_ne!(answer.status, StatusCode::FORBIDDEN, "{told}");
                assert!(answer.status.as_u16() < 500, "{told}");
            } else {
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{told}");
            }
            assert!(answer.headers.contains_key("x-request-id") && answer.headers.contains_key("ratelimit"), "{told}");
        }
    }
}

#[tokio::test]
async fn the_document_lists_every_route_and_no_other() {
    let table = table();
    let document = openapi::document(table.endpoints());
    assert_eq!(document["openapi"], "3.1.0");
    let mut listed: Vec<String> = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            assert!(operation["operationId"].is_string() && operation["summary"].is_string());
            listed.push(format!("{} {path}", method.to_uppercase()));
        }
    }
    let mut rows: Vec<String> = table.endpoints().iter().map(|row| format!("{} {}", row.method, row.path)).collect();
    listed.sort();
    rows.sort();
    assert_eq!(listed, rows);
    // Every reference leads somewhere.
    let text = document.to_string();
    for name in text.split("#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(document["components"]["schemas"].get(name).is_some(), "no schema {name}");
    }
}

#[tokio::test]
async fn another_branch_is_as_absent_as_what_never_was() {
    let place = Place::new().await;
    let admin = place.sign_in("yonetici").await;
    let izmir = place.sign_in("izmir").await;
    let sub = place.sign_in("altbayi").await;
    let dealers: Page<vezne_api::Dealer> =
        serde_json::from_str(&place.call(&admin, "GET", "/v1/dealers", None).await.text).unwrap();
    let customers: Page<vezne_api::Customer> =
        serde_json::from_str(&place.call(&admin, "GET", "/v1/customers", None).await.text).unwrap();
    let dealer = |code: &str| dealers.data.iter().find(|d| d.code == code).unwrap().id.clone();
    let customer = |code: &str| customers.data.iter().find(|c| c.code == code).unwrap().id.clone();
    let cases = [
        (&izmir, format!("/v1/dealers/{}", dealer("ANK"))),
        (&izmir, format!("/v1/dealers/{}", dealer("MERKEZ"))),
        (&izmir, format!("/v1/dealers/{}/effective_settings", dealer("CAN"))),
        (&izmir, format!("/v1/customers/{}", customer("M-001"))),
        // A parent is as invisible as a stranger.
        (&sub, format!("/v1/dealers/{}", dealer("ANK"))),
        (&sub, format!("/v1/customers/{}", customer("K-001"))),
    ];
    for (cookie, path) in cases {
        let other = place.call(cookie, "GET", &path, None).await;
        let never = place.call(cookie, "GET", "/v1/dealers/dlr_01JD0000000000000000000000", None).await;
        assert_eq!(other.status, StatusCode::NOT_FOUND, "{path}");
        let bare = |answer: &Answer| {
            let mut problem = answer.json();
            problem["instance"] = Value::Null;
            problem["request_id"] = Value::Null;
            problem
        };
        assert_eq!(bare(&other), bare(&never), "{path}");
    }
    // Lists hold the own branch alone.
    for (cookie, codes) in [(&izmir, vec!["IZM"]), (&sub, vec!["CAN"]), (&admin, vec!["MERKEZ", "ANK", "CAN", "IZM"])] {
        let answer = place.call(cookie, "GET", "/v1/dealers", None).await.json();
        let mut seen: Vec<&str> =
            answer["data"].as_array().unwrap().iter().map(|d| d["code"].as_str().unwrap()).collect();
        let mut wanted = codes.clone();
        seen.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(seen, wanted);
    }
    // Nothing can be hung into another branch.
    let body = json!({"name": "Kaçak", "code": "X-1", "parent": dealer("ANK")});
    let answer = place.call(&izmir, "POST", "/v1/dealers", Some(body)).await;
    assert_eq!(
        (answer.status, answer.json()["errors"][0]["pointer"].clone()),
        (StatusCode::UNPROCESSABLE_ENTITY, json!("/parent"))
    );
    let body = json!({"name": "Kaçak", "code": "X-1", "node": dealer("CAN")});
    assert_eq!(place.call(&izmir, "POST", "/v1/customers", Some(body)).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_session_changes_nothing_from_another_site() {
    let place = Place::new().await;
    let cookie = place.sign_in("yonetici").await;
    let evil = ("origin", "https://evil.example");
    let portal = ("x-vezne-portal", "1");
    for row in table().endpoints().iter().filter(|row| row.access != Access::Anyone && row.method != Method::GET) {
        // So many requests at once would be too many.
        place.clock.advance(Duration::from_secs(1));
        let strangers: [&[(&str, &str)]; 5] = [
            &[("cookie", &cookie)],
            &[("cookie", &cookie), portal],
            &[("cookie", &cookie), ORIGIN],
            &[("cookie", &cookie), evil, portal],
            &[("cookie", &cookie), ("origin", "null"), portal, ("sec-fetch-site", "cross-site")],
        ];
        for headers in strangers {
            let request = request(row.method.as_str(), &absent(row.path), body_for(&row.method), headers);
            let answer = place.send(request).await;
            assert_eq!(
                (answer.status, answer.code()),
                (StatusCode::FORBIDDEN, "cross_site".into()),
                "{} {headers:?}",
                row.path
            );
        }
    }
    // And reading needs no more than the cookie.
    assert_eq!(place.send(request("GET", "/v1/me", None, &[("cookie", &cookie)])).await.status, StatusCode::OK);
}

#[tokio::test]
async fn figures_are_for_this_machine_or_for_who_has_the_token() {
    let ask = async |place: &Place, peer: &str, headers: &[(&str, &str)]| {
        let mut request = request("GET", "/metrics", None, headers);
        let peer: std::net::SocketAddr = peer.parse().unwrap();
        request.extensions_mut().insert(axum::extract::ConnectInfo(peer));
        place.send(request).await.status
    };
    let place = Place::new().await;
    assert_eq!(ask(&place, "127.0.0.1:9", &[]).await, StatusCode::OK);
    assert_eq!(ask(&place, "127.0.0.1:9", &[("x-forwarded-for", "8.8.8.8")]).await, StatusCode::UNAUTHORIZED);
    assert_eq!(ask(&place, "8.8.8.8:9", &[("x-forwarded-for", "127.0.0.1")]).await, StatusCode::UNAUTHORIZED);
    let place = Place::with(|config| config.metrics_token = Some(Token::from("a-token-of-figures"))).await;
    assert_eq!(ask(&place, "8.8.8.8:9", &[("authorization", "Bearer a-token-of-figures")]).await, StatusCode::OK);
    for headers in [&[][..], &[("authorization", "Bearer a-token-of-figure")]] {
        assert_eq!(ask(&place, "127.0.0.1:9", headers).await, StatusCode::UNAUTHORIZED);
    }
}
