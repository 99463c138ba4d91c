//! HMAC-SHA-512 in Base64: the one signature of this bank.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha512;

/// Names and values, as posted.
pub type Fields = Vec<(String, String)>;

/// The value of a field, empty if absent.
pub fn field<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.iter().find(|(k, _)| k == name).map_or("", |(_, v)| v)
}

/// Signs bytes.
pub fn sign(bytes: &[u8], key: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha512>::new_from_slice(key.as_bytes()) else {
        // HMAC takes keys of any length.
        return String::new();
    };
    mac.update(bytes);
    STANDARD.encode(mac.finalize().into_bytes())
}

/// What a merchant's form is signed over, in the bank's order; absent fields count as empty.
const FORM: [&str; 22] = [
    "paymentModel",
    "txnCode",
    "merchantSafeId",
    "terminalSafeId",
    "orderId",
    "lang",
    "amount",
    "ccbRewardAmount",
    "pcbRewardAmount",
    "xcbRewardAmount",
    "currencyCode",
    "installCount",
    "okUrl",
    "failUrl",
    "emailAddress",
    "subMerchantId",
    "creditCard",
    "expiredDate",
    "cvv",
    "randomNumber",
    "requestDateTime",
    "b2bIdentityNumber",
];

/// The signature of a merchant's form.
pub fn form(fields: &Fields, key: &str) -> String {
    let text: String = FORM.iter().map(|name| field(fields, name)).collect();
    sign(text.as_bytes(), key)
}

/// The signature of a callback over the fields its `hashParams` name.
pub fn callback(fields: &Fields, params: &str, key: &str) -> String {
    let text: String = params.split('+').map(|name| field(fields, name)).collect();
    sign(text.as_bytes(), key)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the public test suite of `mewebstudio/pos` (MIT), as all of the bank's examples are.
    #[test]
    fn a_published_callback_has_the_hash_we_make() {
        let key = "3230323330393034313735303032363031353172675f357637355f3273387373745f7233725f73323333383737335f323272383774767276327672323531355f";
        let fields: Fields = [
            ("responseCode", "VPS-1279"),
            ("responseMessage", "BKM 3DS Server Doğrulama Başarısız"),
            ("orderId", "202404180331"),
        ]
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .to_vec();
        assert_eq!(
            callback(&fields, "responseCode+responseMessage+orderId", key),
            "ZKXJ0jQkkO2skSh1QC+9kVOpA2OoTNysPzJdhL1okUK6sZ0MS3T3tyu858c/ZBrI9MsgFfZxq/dLMakn9hqLMQ=="
        );
    }
}
