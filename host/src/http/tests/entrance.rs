//! Sessions, sign-in, keys and tokens (S6, S8).

use std::time::Duration;

use super::*;
use crate::limits;

async fn is_in(place: &Place, cookie: &str) -> bool {
    place.send(request("GET", "/v1/me", None, &[("cookie", cookie)])).await.status == StatusCode::OK
}

#[tokio::test]
async fn a_cookie_carries_every_flag_and_is_new_at_every_sign_in() {
    let place = Place::new().await;
    let answer = place.try_sign_in("yonetici@mavileylek.example", password("yonetici")).await;
    let set = answer.headers[header::SET_COOKIE].to_str().unwrap().to_owned();
    for flag in ["__Host-vezne=", "; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"] {
        assert!(set.contains(flag), "{set}");
    }
    assert!(!set.contains("Domain"));
    let first = answer.cookie();
    // Signing in with a cookie ends its session: nobody can plant one and wait (fixation).
    let body = json!({"email": "yonetici@mavileylek.example", "password": password("yonetici")});
    let again = place.send(request("POST", "/v1/sessions", Some(body), &[ORIGIN, ("cookie", &first)])).await;
    assert_ne!(again.cookie(), first);
    assert!(!is_in(&place, &first).await);
    assert!(is_in(&place, &again.cookie()).await);
}

#[tokio::test]
async fn a_session_ends_idle_absolutely_and_when_told() {
    let place = Place::new().await;
    let cookie = place.sign_in("bayi").await;
    place.clock.advance(limits::SESSION_IDLE.checked_sub(Duration::from_secs(1)).unwrap());
    assert!(is_in(&place, &cookie).await);
    place.clock.advance(limits::SESSION_IDLE);
    assert!(!is_in(&place, &cookie).await, "idle");

    let cookie = place.sign_in("bayi").await;
    let step = Duration::from_mins(10);
    for _ in 0..(limits::SESSION_LIFE.as_secs() / step.as_secs() - 1) {
        place.clock.advance(step);
        assert!(is_in(&place, &cookie).await);
    }
    place.clock.advance(step);
    assert!(!is_in(&place, &cookie).await, "twelve hours are over");

    let cookie = place.sign_in("bayi").await;
    let out = place.send(request("POST", "/sign-out", None, &[("cookie", &cookie), ORIGIN])).await;
    assert_eq!((out.status, out.headers[header::LOCATION].to_str().unwrap()), (StatusCode::SEE_OTHER, "/sign-in"));
    assert!(out.headers[header::SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
    assert!(!is_in(&place, &cookie).await, "signed out");
}

#[tokio::test]
async fn sessions_are_listed_and_revoked_by_their_owner_alone() {
    let place = Place::new().await;
    let (phone, desk) = (place.sign_in("bayi").await, place.sign_in("bayi").await);
    let other = place.sign_in("izmir").await;
    let list = place.call(&desk, "GET", "/v1/sessions", None).await.json();
    let rows = list["data"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    let elsewhere = rows.iter().find(|row| row["current"] == json!(false)).unwrap();
    let path = format!("/v1/sessions/{}", elsewhere["id"].as_str().unwrap());
    assert_eq!(place.call(&other, "DELETE", &path, None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(place.call(&desk, "DELETE", &path, None).await.status, StatusCode::NO_CONTENT);
    assert!(!is_in(&place, &phone).await && is_in(&place, &desk).await);
    place.call(&desk, "DELETE", "/v1/sessions", None).await;
    assert!(!is_in(&place, &desk).await && is_in(&place, &other).await);
}

#[tokio::test]
async fn ten_wrong_passwords_lock_and_half_an_hour_opens() {
    let place = Place::new().await;
    let email = "bayi@mavileylek.example";
    for _ in 0..limits::SIGN_IN_FAILURES_MAX {
        let answer = place.try_sign_in(email, "wrong wrong wrong").await;
        assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "sign_in_failed".into()));
    }
    let locked = place.try_sign_in(email, password("bayi")).await;
    let unknown = place.try_sign_in("nobody@mavileylek.example", "wrong wrong wrong").await;
    assert_eq!(
        (locked.status, locked.code()),
        (unknown.status, unknown.code()),
        "nobody learns who is locked or known"
    );
    place.clock.advance(limits::SIGN_IN_LOCK);
    assert_eq!(place.try_sign_in(email, password("bayi")).await.status, StatusCode::CREATED);
    // The right password gives all tries back.
    for _ in 0..limits::SIGN_IN_FAILURES_MAX - 1 {
        place.try_sign_in(email, "wrong wrong wrong").await;
    }
    assert_eq!(place.try_sign_in(email, password("bayi")).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn guesses_that_arrive_together_count_as_many() {
    let place = Place::new().await;
    let guesses = (0..20).map(|_| place.try_sign_in("izmir@mavileylek.example", "wrong wrong wrong"));
    futures::future::join_all(guesses).await;
    place.clock.advance(Duration::from_secs(1));
    let answer = place.try_sign_in("izmir@mavileylek.example", password("izmir")).await;
    assert_eq!(answer.code(), "sign_in_failed", "locked after ten of the twenty");
}

#[tokio::test]
async fn one_address_is_slowed_down() {
    let place = Place::new().await;
    for _ in 0..limits::SIGN_INS_PER_ADDRESS {
        place.try_sign_in("nobody@mavileylek.example", "wrong wrong wrong").await;
    }
    let answer = place.try_sign_in("bayi@mavileylek.example", password("bayi")).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(answer.headers.contains_key(header::RETRY_AFTER));
}

#[tokio::test]
async fn the_form_signs_in_without_a_script_and_only_from_our_page() {
    let place = Place::new().await;
    let form = |password: &str, origin: (&'static str, &'static str)| {
        let body = format!("email=bayi%40mavileylek.example&password={password}&next=%2Fpay");
        Request::post("/sign-in")
            .header("host", "127.0.0.1:7070")
            .header(origin.0, origin.1)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(body))
            .unwrap()
    };
    let answer = place.send(form("mavi-leylek-bayi", ORIGIN)).await;
    assert_eq!((answer.status, answer.headers[header::LOCATION].to_str().unwrap()), (StatusCode::SEE_OTHER, "/pay"));
    assert!(is_in(&place, &answer.cookie()).await);
    let wrong = place.send(form("wrong-wrong-wrong", ORIGIN)).await;
    let back = wrong.headers[header::LOCATION].to_str().unwrap();
    assert!(back.starts_with("/sign-in?error=refused&email=bayi%40") && back.ends_with("next=%2Fpay"), "{back}");
    let foreign = place.send(form("mavi-leylek-bayi", ("origin", "https://evil.example"))).await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_key_is_shown_once_exchanged_bound_and_revoked() {
    let place = Place::new().await;
    let admin = place.sign_in("yonetici").await;
    let dealers = place.call(&admin, "GET", "/v1/dealers?q=%C3%A7ankaya", None).await.json();
    let cankaya = dealers["data"][0]["id"].clone();
    let body = json!({"name": "Kasa", "node": cankaya, "scopes": ["books:read"]});
    let made = place.call(&admin, "POST", "/v1/api_keys", Some(body)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let (id, secret) = (made.json()["id"].clone(), made.json()["secret"].as_str().unwrap().to_owned());
    assert!(secret.starts_with("sk_test_"));
    let list = place.call(&admin, "GET", "/v1/api_keys", None).await;
    assert!(list.text.contains(id.as_str().unwrap()) && !list.text.contains(&secret));

    let bearer = format!("Bearer {secret}");
    assert_eq!(
        place.send(request("GET", "/v1/dealers", None, &[("authorization", &bearer)])).await.status,
        StatusCode::UNAUTHORIZED,
        "a key is no token"
    );
    let token = place.send(request("POST", "/v1/tokens", None, &[("authorization", &bearer)])).await;
    assert_eq!(token.status, StatusCode::CREATED, "{}", token.text);
    let token = format!("Bearer {}", token.json()["access_token"].as_str().unwrap());
    let as_program = |path: &'static str| request("GET", path, None, &[("authorization", &token)]);
    let seen = place.send(as_program("/v1/dealers")).await.json();
    assert_eq!(seen["data"].as_array().unwrap().len(), 1, "bound to its node");
    assert_eq!(place.send(as_program("/v1/pos_accounts")).await.status, StatusCode::FORBIDDEN, "beyond its scopes");
    assert_eq!(place.send(as_program("/v1/me")).await.json()["user"], Value::Null);

    let path = format!("/v1/api_keys/{}", id.as_str().unwrap());
    assert_eq!(place.call(&admin, "DELETE", &path, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(
        place.send(as_program("/v1/dealers")).await.status,
        StatusCode::UNAUTHORIZED,
        "no token outlives its key"
    );
    let again = place.send(request("POST", "/v1/tokens", None, &[("authorization", &bearer)])).await;
    assert_eq!(again.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn sessions_of_a_person_share_a_pace_and_strangers_their_address() {
    let place = Place::with(|config| config.reads_per_second = 4).await;
    let (desk, phone) = (place.sign_in("bayi").await, place.sign_in("bayi").await);
    let other = place.sign_in("izmir").await;
    // The first request of each is counted on the address: nobody has believed it yet.
    for cookie in [&desk, &phone, &other] {
        assert!(is_in(&place, cookie).await);
    }
    for cookie in [&desk, &phone, &desk, &phone] {
        assert!(is_in(&place, cookie).await);
    }
    for cookie in [&desk, &phone] {
        let answer = place.send(request("GET", "/v1/me", None, &[("cookie", cookie)])).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(answer.headers[header::RETRY_AFTER], "1");
        assert_eq!(answer.headers["ratelimit"], "\"read\";r=0;t=1");
        assert_eq!(answer.headers["ratelimit-policy"], "\"read\";q=4;w=1");
    }
    assert!(is_in(&place, &other).await, "another person's pace is its own");
    // Made-up credentials make no buckets of their own.
    let made_up = |n: u32| format!("Bearer made-up-{n}");
    assert_eq!(place.send(request("GET", "/v1/me", None, &[("authorization", &made_up(0))])).await.status, 401);
    let answer = place.send(request("GET", "/v1/me", None, &[("authorization", &made_up(1))])).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
}
