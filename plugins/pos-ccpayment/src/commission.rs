//! `commissions`: what instalments cost, by card programme; for whoever compares POS accounts.

use vezne_plugin::json::Tree;
use vezne_plugin::{Fault, HttpRequest};

use crate::answer::{Answer, DONE};
use crate::message;

/// The commission of one programme at one number of instalments. Percentages and amounts as the platform writes
/// them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commission<'a> {
    /// How many instalments; 1 is a single payment.
    pub instalments: u8,
    /// `WORLD`, `BONUS`, …
    pub programme: &'a str,
    /// What the merchant pays, in per cent.
    pub merchant_percentage: &'a str,
    /// What the payer pays, in per cent.
    pub payer_percentage: &'a str,
}

/// Asks for a currency's commissions, with a token.
pub fn request(token: &str, currency: &str) -> Result<HttpRequest, Fault> {
    message::request(message::COMMISSIONS, Some(token), message::commissions(currency))
}

/// Reads them: `data` has a list for each number of instalments.
pub fn read(answer: &Answer) -> Result<Vec<Commission<'_>>, Fault> {
    let unreadable = || Fault::UnreadableAnswer("the commissions cannot be read".into());
    if answer.code() != Some(DONE) {
        return Err(unreadable());
    }
    let mut all = Vec::new();
    for (number, rows) in answer.members() {
        let (Ok(instalments), Tree::List(rows)) = (number.parse(), rows) else { return Err(unreadable()) };
        for row in rows {
            let text = |name: &str| row.filled(name).ok_or_else(unreadable);
            all.push(Commission {
                instalments,
                programme: text("card_program")?,
                merchant_percentage: text("merchant_commission_percentage")?,
                payer_percentage: text("user_commission_percentage")?,
            });
        }
    }
    Ok(all)
}
