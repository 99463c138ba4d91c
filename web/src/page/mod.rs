//! The pages, one file per noun of the API.

pub mod api_key;
pub mod bank_transaction;
pub mod customer;
pub mod dealer;
mod dealer_settings;
pub mod doubt;
pub mod doubt_detail;
pub mod home;
pub mod instalment;
pub mod menu;
pub mod pay;
pub mod payment;
pub mod payment_detail;
pub mod plugin;
mod plugin_grant;
mod plugin_health;
pub mod plugin_run;
mod plugin_shadow;
mod plugin_upload;
pub mod plugin_version;
pub mod pos_account;
pub mod pos_form;
pub mod proposal;
pub mod receipt;
pub mod receivable;
pub mod refund;
pub mod result;
pub mod routing;
pub mod sign_in;
pub mod statement;
pub mod trouble;
pub mod webhook;
pub mod webhook_delivery;

use axum::{
    Router,
    routing::{get, post},
};

use crate::{Portal, export};

/// Every page and every form of the portal. `POST /sign-in`, `POST /sign-out` and `POST /pay` are the host's.
pub fn routes() -> Router<Portal> {
    Router::new()
        .route("/", get(home::show))
        .route("/sign-in", get(sign_in::show))
        .route("/menu", get(menu::show))
        .route("/preferences", post(menu::save))
        .route("/pay", get(pay::show))
        .route("/pay/options", post(pay::options))
        .route("/result/{token}", get(result::show))
        .route("/payments", get(payment::list))
        .route("/payments/export.csv", get(export::csv))
        .route("/payments/export.xlsx", get(export::xlsx))
        .route("/payments/{id}", get(payment_detail::show))
        .route("/payments/{id}/refund", get(refund::form).post(refund::send))
        .route("/payments/{id}/capture", post(refund::capture))
        .route("/payments/{id}/cancel", post(refund::cancel))
        .route("/payments/{id}/bank", get(bank_transaction::of_payment))
        .route("/payments/{id}/receipt", get(receipt::show))
        .route("/payments/{id}/receipt.pdf", get(receipt::file))
        .route("/statement", get(statement::show))
        .route("/dealers", get(dealer::list).post(dealer::create))
        .route("/dealers/new", get(dealer::form))
        .route("/dealers/{id}", get(dealer::show))
        .route("/dealers/{id}/settings", post(dealer_settings::save))
        .route("/customers", get(customer::list).post(customer::create))
        .route("/customers/new", get(customer::form))
        .route("/customers/{id}", get(customer::show))
        .route("/receivables", get(receivable::list).post(receivable::create))
        .route("/receivables/new", get(receivable::form))
        .route("/doubts", get(doubt::list))
        .route("/doubts/{id}", get(doubt_detail::show).post(doubt_detail::decide))
        .route("/proposals/{id}/{act}", post(proposal::decide))
        .route("/alarms/{id}/close", post(doubt::close))
        .route("/pos", get(pos_account::list).post(pos_account::create))
        .route("/pos/new", get(pos_account::form))
        .route("/pos/{id}", get(pos_account::show).post(pos_account::change))
        .route("/pos/{id}/test", post(pos_account::test))
        .route("/pos/{id}/bank", get(bank_transaction::of_day))
        .route("/routing", get(routing::list).post(routing::create))
        .route("/routing/new", get(routing::form))
        .route("/routing/{id}", get(routing::show).post(routing::change))
        .route("/routing/{id}/move", post(routing::shifted))
        .route("/routing/{id}/delete", post(routing::delete))
        .route("/instalments", get(instalment::list).post(instalment::create))
        .route("/instalments/new", get(instalment::form))
        .route("/instalments/{id}", get(instalment::show))
        .route("/instalments/{id}/activate", post(instalment::activate))
        .route("/instalments/{id}/withdraw", post(instalment::withdraw))
        .route("/plugins", get(plugin::list).post(plugin_upload::add))
        .route("/plugins/{id}/runs/{run}", get(plugin_run::show))
        .route("/plugins/{id}", get(plugin_version::show).post(plugin_version::act))
        .route("/api-keys", get(api_key::list).post(api_key::create))
        .route("/api-keys/{id}/revoke", post(api_key::revoke))
        .route("/webhooks", get(webhook::list).post(webhook::create))
        .route("/webhooks/new", get(webhook::form))
        .route("/webhooks/{id}", get(webhook::show).post(webhook::change))
        .route("/webhooks/{id}/rotate", post(webhook::rotate))
        .route("/webhooks/{id}/test", post(webhook::test))
        .route("/webhooks/{id}/replay", post(webhook::replay))
        .route("/webhooks/{id}/delete", post(webhook::delete))
        .route("/webhooks/{id}/deliveries/{delivery}", get(webhook_delivery::show))
        .route("/webhooks/{id}/deliveries/{delivery}/resend", post(webhook_delivery::resend))
        .fallback(trouble::unknown_path)
}
