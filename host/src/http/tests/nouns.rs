//! Dealers and customers, lists, problems and headers.

use super::*;

#[tokio::test]
async fn a_dealer_adds_a_sub_dealer_and_a_customer() {
    let place = Place::new().await;
    let cookie = place.sign_in("bayi").await;
    let body = json!({"name": "Mamak Alt Bayi", "code": "MAM", "email": "mamak@mavileylek.example"});
    let made = place.call(&cookie, "POST", "/v1/dealers", Some(body.clone())).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let made = made.json();
    let names: Vec<_> = made["path"].as_array().unwrap().iter().map(|n| n["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Ankara Bayi", "Mamak Alt Bayi"], "what is above the caller is not named");
    let again = place.call(&cookie, "POST", "/v1/dealers", Some(body)).await;
    assert_eq!((again.status, again.code()), (StatusCode::CONFLICT, "code_taken".into()));
    let body = json!({"name": "IŞIL ÇİNİ", "code": "C-9", "node": made["id"]});
    let customer = place.call(&cookie, "POST", "/v1/customers", Some(body)).await;
    assert_eq!(customer.status, StatusCode::CREATED, "{}", customer.text);
    let found = place.call(&cookie, "GET", "/v1/customers?q=isil%20cini", None).await.json();
    assert_eq!(found["data"][0]["code"], "C-9", "found whatever the case and the dots");
}

#[tokio::test]
async fn everything_wrong_is_told_at_once_in_the_callers_language() {
    let place = Place::new().await;
    let cookie = place.sign_in("yonetici").await;
    for (language, said) in
        [("tr", "Bu alan gerekli."), ("en", "This field is required."), ("az", "Bu sahə tələb olunur.")]
    {
        let body = json!({"name": " ", "code": "x".repeat(51), "email": "nonsense"});
        let headers = [("cookie", cookie.as_str()), ORIGIN, ("x-vezne-portal", "1"), ("accept-language", language)];
        let answer = place.send(request("POST", "/v1/dealers", Some(body), &headers)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        let problem = answer.json();
        let pointers: Vec<_> =
            problem["errors"].as_array().unwrap().iter().map(|e| e["pointer"].as_str().unwrap()).collect();
        assert_eq!(pointers, ["/name", "/code", "/email"]);
        assert_eq!(problem["errors"][0]["detail"], said);
        assert!(problem["request_id"].as_str().unwrap().starts_with("req_"));
    }
    let answer = place.call(&cookie, "POST", "/v1/dealers", Some(json!({"name": "a", "code": "b", "color": 1}))).await;
    assert_eq!(
        answer.json()["errors"][0],
        json!({"pointer": "/color", "code": "unknown_field", "detail": "Böyle bir alan yok."})
    );
}

#[tokio::test]
async fn a_list_is_walked_by_cursors() {
    let place = Place::new().await;
    let cookie = place.sign_in("yonetici").await;
    let mut path = "/v1/dealers?limit=1".to_owned();
    let mut codes = Vec::new();
    loop {
        let page = place.call(&cookie, "GET", &path, None).await.json();
        codes.push(page["data"][0]["code"].as_str().unwrap().to_owned());
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/v1/dealers?limit=1&cursor={cursor}"),
            None => break,
        }
    }
    codes.sort();
    assert_eq!(codes, ["ANK", "CAN", "IZM", "MERKEZ"]);
    let bad = place.call(&cookie, "GET", "/v1/dealers?cursor=fAAAA", None).await;
    assert_eq!((bad.status, bad.code()), (StatusCode::BAD_REQUEST, "cursor_invalid".into()));
    let bad = place.call(&cookie, "GET", "/v1/dealers?colour=red", None).await;
    assert_eq!((bad.status, bad.code()), (StatusCode::BAD_REQUEST, "query_malformed".into()));
}

#[tokio::test]
async fn every_answer_carries_the_headers() {
    let place = Place::new().await;
    for path in ["/healthz", "/readyz", "/metrics", "/openapi.json", "/v1/nothing", "/v1/me"] {
        let answer = place.send(request("GET", path, None, &[])).await;
        for (name, part) in [
            ("content-security-policy", "default-src 'none'"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cache-control", "no-store"),
            ("cross-origin-opener-policy", "same-origin"),
            ("ratelimit-policy", "q="),
            ("x-request-id", "req_"),
        ] {
            let value = answer.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
            assert!(value.contains(part), "{path} {name}: {value}");
        }
    }
    let missing = place.send(request("GET", "/v1/nothing", None, &[])).await;
    assert_eq!((missing.status, missing.code()), (StatusCode::NOT_FOUND, "not_found".into()));
    let large = json!({"name": "x".repeat(crate::limits::BODY_BYTES_MAX)});
    let cookie = place.sign_in("yonetici").await;
    assert_eq!(place.call(&cookie, "POST", "/v1/dealers", Some(large)).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn sensitive_acts_leave_a_row() {
    let place = Place::new().await;
    let cookie = place.sign_in("yonetici").await;
    place.call(&cookie, "POST", "/v1/customers", Some(json!({"name": "a", "code": "b"}))).await;
    let body = json!({"name": "k", "scopes": ["payments:read"]});
    let key = place.call(&cookie, "POST", "/v1/api_keys", Some(body)).await;
    let mut tx = place.app.db.read().await.unwrap();
    let tenant = crate::store::tenant::tenant_by_slug(&mut tx, crate::seed::SLUG).await.unwrap().unwrap();
    let rows = crate::store::audit::audit_list(&mut tx, tenant.tenant_id, None, 10).await.unwrap();
    let acts: Vec<_> = rows.iter().map(|row| row.act.as_str()).collect();
    for act in ["session.created", "customer.created", "api_key.created"] {
        assert!(acts.contains(&act), "{acts:?}");
    }
    let secret = key.json()["secret"].as_str().unwrap().to_owned();
    assert!(rows.iter().all(|row| !row.detail.contains(&secret) && !row.request_id.is_empty()));
}
