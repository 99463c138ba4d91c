//! Line icons, 16 × 16, drawn with the colour of the text around them.

use leptos::prelude::*;

/// An icon beside a word: hidden from readers, because the word says it.
pub fn icon(path: &'static str) -> AnyView {
    view! { <svg class="i" viewBox="0 0 16 16" aria-hidden="true"><path d=path></path></svg> }.into_any()
}

pub(crate) const HOME: &str = "M2.5 7.5L8 3l5.5 4.5V13h-11zM6.5 13V9.5h3V13";
pub(crate) const LIST: &str = "M2.5 4h11M2.5 8h11M2.5 12h7";
pub(crate) const PLUS: &str = "M8 3v10M3 8h10";
pub(crate) const CARD: &str = "M1.5 3.5h13v9h-13zM1.5 6.5h13";
pub(crate) const TREE: &str = "M2.5 2.5h4v3h-4zM9.5 6.5h4v3h-4zM9.5 11h4v3h-4zM4.5 5.5v7h5M4.5 8h5";
pub(crate) const LEDGER: &str = "M3 5h10M3 8h6M3 11h3m4-1l1.5 1.5L14.5 9";
pub(crate) const PLUG: &str = "M5.5 2.5v3m5-3v3M4 5.5h8V8a4 4 0 0 1-8 0zM8 12v2";
pub(crate) const USERS: &str = "M6 7.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM1.5 13.5c0-2.5 2-4 4.5-4s4.5 1.5 4.5 4M11 3a2.3 2.3 0 0 1 0 4.5m1.5 2.5c1.3.6 2 1.8 2 3.5";
pub(crate) const CODE: &str = "M5 4.5L1.5 8 5 11.5m6-7L14.5 8 11 11.5M9 3L7 13";
pub(crate) const MENU: &str = "M2.5 4.5h11M2.5 8h11M2.5 11.5h11";
pub(crate) const BANK: &str = "M2 6l6-3.5L14 6zM3.5 6v6m3-6v6m3-6v6m3-6v6M2 13.5h12";
pub(crate) const SUN: &str = "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM8 1.5v1M8 13.5v1M1.5 8h1M13.5 8h1M3.4 3.4l.7.7M11.9 11.9l.7.7M3.4 12.6l.7-.7M11.9 4.1l.7-.7";
pub(crate) const MOON: &str = "M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7z";
pub(crate) const SCREEN: &str = "M2.5 3h11v7.5h-11zM6 13.5h4";
pub(crate) const HELP: &str =
    "M6.3 6.5a1.7 1.7 0 1 1 2.5 1.5c-.6.3-.8.6-.8 1.2M8 11.1v.1M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0z";
pub(crate) const SEARCH: &str = "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zm3.7-1.3L14 14";
pub(crate) const DOWNLOAD: &str = "M8 3v7.5m0 0L5 7.5m3 3l3-3M2.5 10.5v3h11v-3";
pub(crate) const CROSS: &str = "M4.5 4.5l7 7m0-7l-7 7";
pub(crate) const CHECK: &str = "M3.5 8.5l3 3 6-7";
pub(crate) const DOUBT: &str = "M5.8 6.2a2.3 2.3 0 1 1 3.4 2c-.8.5-1.2.9-1.2 1.8M8 12.4v.1";
pub(crate) const CLOCK: &str = "M8 4.5V8l2.2 1.6M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0z";
pub(crate) const BACK: &str = "M6 4L3 7l3 3M3 7h6.5a3 3 0 0 1 0 6H7";
pub(crate) const SHIELD: &str = "M8 1.8l5 1.7v4c0 3.2-2 5.4-5 6.7-3-1.3-5-3.5-5-6.7v-4zM5.8 8l1.6 1.6 2.9-3.2";
pub(crate) const LOCK: &str = "M3.5 7.5h9v6h-9zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5";
pub(crate) const RECEIPT: &str = "M3.5 2v12l1.5-1 1.5 1L8 13l1.5 1 1.5-1 1.5 1V2zM6 5.5h4M6 8.5h4";
pub(crate) const ROUTE: &str = "M3.5 13V9a3 3 0 0 1 3-3h6m0 0L10 3.5M12.5 6L10 8.5";
pub(crate) const UP: &str = "M8 13V3.5m0 0L4 7.5m4-4l4 4";
pub(crate) const DOWN: &str = "M8 3v9.5m0 0l4-4m-4 4l-4-4";
pub(crate) const INFO: &str = "M8 7.5V11M8 5v.1M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0z";
pub(crate) const PERCENT: &str =
    "M12.5 3.5l-9 9M5 6.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3zM11 12.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3z";
pub(crate) const PLAY: &str = "M5 3.5v9l7-4.5z";
pub(crate) const BELL: &str = "M4 11.5V7a4 4 0 0 1 8 0v4.5l1.5 1h-11zM6.5 14.5h3";
pub(crate) const LEAVE: &str = "M9.5 4.5v-2h-7v11h7v-2M6.5 8h8m0 0L12 5.5M14.5 8L12 10.5";
