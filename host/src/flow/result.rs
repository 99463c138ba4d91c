//! The secret under which a payer sees the result of a payment without signing in.

use crate::app::App;
use crate::domain::id::{PaymentId, TenantId};
use crate::security::cursor::Walk;
use crate::store::payment::Payment;

/// Nobody can make one without our key; it opens one payment's result and nothing else.
pub fn result_token(app: &App, tenant: TenantId, payment: PaymentId) -> String {
    let mark = format!("{}{}", tenant.to_text(), payment.to_text());
    app.security.fingerprints.cursor("result", Walk::Forward, &mark)
}

/// Which payment a token opens.
pub fn result_open(app: &App, token: &str) -> Option<(TenantId, PaymentId)> {
    let (_, mark) = app.security.fingerprints.mark("result", token)?;
    let (tenant, payment) = mark.split_at_checked(26)?;
    Some((TenantId::from_text(tenant).ok()?, PaymentId::from_text(payment).ok()?))
}

/// Where the payer's browser goes when the bank is done with it.
pub fn result_url(app: &App, payment: &Payment) -> String {
    match &payment.return_url {
        Some(url) => {
            let separator = if url.contains('?') { '&' } else { '?' };
            format!("{url}{separator}payment={}", payment.payment_id)
        }
        None => format!("/result/{}", result_token(app, payment.tenant_id, payment.payment_id)),
    }
}
