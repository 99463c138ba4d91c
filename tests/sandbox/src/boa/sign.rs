//! Signatures of requests and answers.

use base64::{Engine, engine::general_purpose::STANDARD};
use encoding_rs::WINDOWS_1254;
use sha1::{Digest, Sha1};

fn hashed(text: &str) -> String {
    // The banks hash ISO-8859-9 bytes.
    STANDARD.encode(Sha1::digest(WINDOWS_1254.encode(text).0))
}

/// The password as the signatures (and Vakıf Katılım's messages) carry it.
pub fn password(password: &str) -> String {
    hashed(password)
}

/// Of a request: merchant, order, amount, ok and fail address, user, hashed password.
pub fn request(values: [&str; 6], api_password: &str) -> String {
    hashed(&format!("{}{}", values.concat(), password(api_password)))
}

/// Of an answer: order, RRN where there is one, code, the bank's order number, hashed password.
pub fn answer(order: &str, rrn: &str, code: &str, bank_order: &str, api_password: &str) -> String {
    hashed(&format!("{order}{rrn}{code}{bank_order}{}", password(api_password)))
}
