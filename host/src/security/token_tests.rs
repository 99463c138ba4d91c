//! Forged tokens (S7): every one is refused.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::*;

const NOW_MS: i64 = 1_800_000_000_000;

fn tokens() -> (Tokens, Clock) {
    let clock = Clock::simulated(NOW_MS);
    (Tokens::new(&Zeroizing::new([7; 32]), "vezne-test", clock.clone()), clock)
}

fn issue(tokens: &Tokens) -> String {
    tokens.issue(ApiKeyId::at(1), TenantId::at(1), NodeId::at(1), "payments:read").unwrap().0
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn read(token: &str, place: usize) -> Value {
    let text = URL_SAFE_NO_PAD.decode(token.split('.').nth(place).unwrap()).unwrap();
    serde_json::from_slice(&text).unwrap()
}

/// Signs any header and claims with a seed, as an attacker with the wrong key, or we by mistake, might.
fn forge(seed: [u8; 32], header: &Value, claims: &str) -> String {
    use ed25519_dalek::Signer;
    let signed = format!("{}.{}", part(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = SigningKey::from_bytes(&seed).sign(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

#[test]
fn a_token_of_ours_is_believed_until_it_ends() {
    let (tokens, clock) = tokens();
    let token = issue(&tokens);
    assert_eq!(tokens.check(&token).unwrap().scope, "payments:read");
    clock.advance(limits::TOKEN_LIFE + limits::TOKEN_LEEWAY);
    assert!(tokens.check(&token).is_ok());
    clock.advance(Duration::from_secs(1));
    assert_eq!(tokens.check(&token), Err(TokenError));
}

#[test]
fn the_forging_tool_itself_makes_good_tokens() {
    let (tokens, _) = tokens();
    let token = issue(&tokens);
    let same = forge([7; 32], &read(&token, 0), &read(&token, 1).to_string());
    assert!(tokens.check(&same).is_ok());
}

#[test]
fn a_changed_header_is_refused_even_when_signed_with_our_key() {
    let (tokens, _) = tokens();
    let token = issue(&tokens);
    let (header, claims) = (read(&token, 0), read(&token, 1).to_string());
    let changes = [
        json!({"alg": "none"}),
        json!({"alg": "HS256"}),
        json!({"alg": "RS256"}),
        json!({"alg": "ES256"}),
        json!({"typ": "JWT"}),
        json!({"typ": null}),
        json!({"kid": "other"}),
        json!({"kid": null}),
        json!({"jku": "http://127.0.0.1/keys"}),
        json!({"x5u": "http://127.0.0.1/cert"}),
        json!({"x5c": ["MIIB"]}),
        json!({"jwk": {"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}}),
    ];
    for change in changes {
        let mut header = header.clone();
        for (name, value) in change.as_object().unwrap() {
            header[name] = value.clone();
        }
        assert_eq!(tokens.check(&forge([7; 32], &header, &claims)), Err(TokenError), "{change}");
    }
}

#[test]
fn changed_or_missing_claims_are_refused_even_when_signed_with_our_key() {
    let (tokens, _) = tokens();
    let token = issue(&tokens);
    let (header, claims) = (read(&token, 0), read(&token, 1));
    let now = NOW_MS / 1000;
    let changes = [
        json!({"iss": "somebody"}),
        json!({"aud": "somebody"}),
        json!({"exp": now - 6}),
        json!({"nbf": now + 6}),
        json!({"exp": now + 86_400}),
        json!({"sub": "usr_1"}),
        json!({"admin": true}),
        json!({"exp": "never"}),
    ];
    for change in changes {
        let mut claims = claims.clone();
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
        }
        assert_eq!(tokens.check(&forge([7; 32], &header, &claims.to_string())), Err(TokenError), "{change}");
    }
    for name in ["exp", "nbf", "iss", "aud", "sub", "iat", "jti", "tenant", "node", "scope"] {
        let mut claims = claims.clone();
        claims.as_object_mut().unwrap().remove(name);
        assert_eq!(tokens.check(&forge([7; 32], &header, &claims.to_string())), Err(TokenError), "{name}");
    }
    let twice = claims.to_string().replacen('{', "{\"scope\":\"payments:write\",", 1);
    assert_eq!(tokens.check(&forge([7; 32], &header, &twice)), Err(TokenError), "a claim twice");
}

#[test]
fn wrong_signatures_and_shapes_are_refused() {
    let (tokens, _) = tokens();
    let token = issue(&tokens);
    let (header, claims) = (read(&token, 0), read(&token, 1).to_string());
    let unsigned = token.rsplit_once('.').unwrap().0;
    let refused = [
        forge([8; 32], &header, &claims),
        format!("{unsigned}."),
        unsigned.to_owned(),
        format!("{token}A"),
        format!("{token}.AAAA"),
        String::new(),
        "..".to_owned(),
        "a.b.c".to_owned(),
        "A".repeat(1 << 20),
        format!("{}.{}.{}", part(&json!({"alg":"none","typ":"at+jwt"})), part(&read(&token, 1)), ""),
    ];
    for token in refused {
        assert_eq!(tokens.check(&token), Err(TokenError));
    }
}

#[test]
fn a_public_key_is_no_hmac_secret() {
    let (tokens, _) = tokens();
    let token = issue(&tokens);
    let public = SigningKey::from_bytes(&[7; 32]).verifying_key();
    let mut header = Header::new(Algorithm::HS256);
    header.typ = Some(TYPE.to_owned());
    header.kid = read(&token, 0)["kid"].as_str().map(str::to_owned);
    let key = EncodingKey::from_secret(public.as_bytes());
    let forged = jsonwebtoken::encode(&header, &read(&token, 1), &key).unwrap();
    assert_eq!(tokens.check(&forged), Err(TokenError));
}
