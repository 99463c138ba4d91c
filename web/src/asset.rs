//! The few static files: one style sheet, two small scripts, one icon. Their addresses carry a hash of their content,
//! so browsers keep them for a year and never see an old one.

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};

use crate::Portal;

/// One file.
pub struct Asset {
    /// Where it is served.
    pub address: String,
    /// What a `script` element checks before it runs the file.
    pub integrity: String,
    kind: &'static str,
    bytes: Bytes,
}

/// All files of the portal.
pub struct Assets {
    /// Tokens, components and the portal's own additions.
    pub style: Asset,
    /// The pay and result pages' only script.
    pub pay: Asset,
    /// Every other page's script: keeps the theme, nothing else.
    pub portal: Asset,
    /// The tab's icon.
    pub icon: Asset,
}

impl Assets {
    /// Builds them once. `hue` is the firm's colour, the only thing about our look that a firm chooses.
    pub fn new(hue: Option<u16>) -> Self {
        let hue = hue.map(|hue| format!(":root{{--hue:{}}}", hue % 360)).unwrap_or_default();
        let style = [
            include_str!("../assets/tokens.css"),
            &hue,
            include_str!("../assets/vezne.css"),
            include_str!("../assets/portal.css"),
        ]
        .join("\n");
        Self {
            style: Asset::new("vezne.css", "text/css; charset=utf-8", style.into()),
            pay: Asset::new("pay.js", "text/javascript; charset=utf-8", include_str!("../assets/pay.js").into()),
            portal: Asset::new(
                "portal.js",
                "text/javascript; charset=utf-8",
                include_str!("../assets/portal.js").into(),
            ),
            icon: Asset::new("icon.svg", "image/svg+xml", include_str!("../assets/icon.svg").into()),
        }
    }

    fn find(&self, address: &str) -> Option<&Asset> {
        [&self.style, &self.pay, &self.portal, &self.icon].into_iter().find(|a| a.address == address)
    }
}

impl Asset {
    fn new(name: &str, kind: &'static str, bytes: Bytes) -> Self {
        let digest = Sha256::digest(&bytes);
        let short = URL_SAFE_NO_PAD.encode(&digest[..9]);
        Self {
            address: format!("/assets/{short}/{name}"),
            integrity: format!("sha256-{}", STANDARD.encode(digest)),
            kind,
            bytes,
        }
    }
}

/// `GET /assets/{hash}/{name}`
pub async fn serve(State(portal): State<Portal>, Path((hash, name)): Path<(String, String)>) -> Response {
    let Some(asset) = portal.assets().find(&format!("/assets/{hash}/{name}")) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut response = asset.bytes.clone().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_colour_changes_the_address() {
        let (plain, firm) = (Assets::new(None), Assets::new(Some(12)));
        assert_ne!(plain.style.address, firm.style.address);
        assert_eq!(plain.pay.address, firm.pay.address);
        assert!(plain.pay.integrity.starts_with("sha256-"));
        assert!(plain.find(&plain.style.address).is_some());
        assert!(plain.find("/assets/x/vezne.css").is_none());
    }

    #[test]
    fn the_pay_script_is_small() {
        assert!(Assets::new(None).pay.bytes.len() <= 8 << 10);
    }
}
