//! `GVPSResponse`.

use crate::clock::trx_date;
use crate::desk::{Done, Verdict};
use crate::http::Wire;
use crate::xml::escape;

use super::hash;
use super::operation::words;
use super::rules::Refused;

/// How the interface writes.
pub const WIRE: Wire = Wire::xml(
    "text/xml; charset=UTF-8",
    b"<?xml version=\"1.0\" encoding=\"UTF-8\"?><GVPSResponse><Mode></Mode><Terminal>",
);

/// One answer, before it is signed and written.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// The order it speaks of.
    pub order: String,
    /// `HOST` if the card's bank was asked, else `GVPS`.
    pub source: &'static str,
    /// `00` is yes.
    pub code: String,
    /// The gateway's own code.
    pub reason: String,
    /// For people.
    pub error: String,
    /// Retrieval number.
    pub number: String,
    /// Authorization code.
    pub auth_code: String,
    /// Day end it belongs to.
    pub batch: String,
    /// Running number in it.
    pub sequence: String,
    /// Masked card.
    pub card: String,
    /// When, epoch milliseconds.
    pub at_ms: i64,
    /// What stands in the order beside its number.
    pub inside: String,
    /// What stands in the list of rewards.
    pub rewards: String,
}

impl Answer {
    /// A question answered.
    pub fn told(order: &str, at_ms: i64, inside: String) -> Self {
        let order = order.to_owned();
        Self { order, source: "GVPS", code: "00".into(), at_ms, inside, ..Self::default() }
    }

    /// What the gateway itself refuses.
    pub fn refused(order: &str, at_ms: i64, (code, reason, error): Refused) -> Self {
        Self {
            order: order.to_owned(),
            source: "GVPS",
            code: code.into(),
            reason: reason.into(),
            error: error.into(),
            at_ms,
            ..Self::default()
        }
    }

    /// What the desk decided.
    pub fn of(done: &Done) -> Self {
        let entry = &done.entry;
        let (code, reason, error) = match &done.verdict {
            Verdict::Approved => ("00", "00", ""),
            Verdict::Declined(refusal) => (entry.code.as_str(), entry.code.as_str(), refusal.text),
            Verdict::Refused(why) => words(*why),
        };
        let refused = matches!(done.verdict, Verdict::Refused(_));
        Self {
            order: entry.order.clone(),
            source: if refused { "GVPS" } else { "HOST" },
            code: code.into(),
            reason: reason.into(),
            error: error.into(),
            number: if refused { String::new() } else { entry.host_ref.clone() },
            auth_code: entry.auth_code.clone(),
            batch: format!("{:06}", 4_950 + done.batch),
            sequence: format!("{:06}", entry.seq % 1_000_000),
            card: entry.card.as_ref().map(|card| format!("{}******{}", card.bin, card.last4)).unwrap_or_default(),
            at_ms: entry.at_ms,
            inside: String::new(),
            rewards: String::new(),
        }
    }

    /// Whether it is a yes.
    pub fn approved(&self) -> bool {
        self.code == "00"
    }

    /// Signed with the asking user's security data.
    pub fn to_bytes(&self, security: &str) -> Vec<u8> {
        let at = trx_date(self.at_ms);
        let hash = hash::answer([&self.code, &self.number, &self.auth_code, &at, &self.order], security);
        let message = if self.approved() { "Approved" } else { "Declined" };
        let system = if self.reason.len() == 4 { format!("ErrorId: {}", self.reason) } else { String::new() };
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><GVPSResponse><Mode></Mode><Terminal></Terminal><Customer></Customer><Order>\
             <OrderID>{}</OrderID><GroupID></GroupID>{}</Order><Transaction><Response><Source>{}</Source><Code>{}</Code>\
             <ReasonCode>{}</ReasonCode><Message>{message}</Message><ErrorMsg>{}</ErrorMsg><SysErrMsg>{system}</SysErrMsg></Response>\
             <RetrefNum>{}</RetrefNum><AuthCode>{}</AuthCode><BatchNum>{}</BatchNum><SequenceNum>{}</SequenceNum>\
             <ProvDate>{at}</ProvDate><CardNumberMasked>{}</CardNumberMasked><CardHolderName></CardHolderName><CardType></CardType>\
             <HashData>{hash}</HashData><HostMsgList></HostMsgList><RewardInqResult><RewardList>{}</RewardList><ChequeList></ChequeList>\
             </RewardInqResult></Transaction></GVPSResponse>",
            escape(&self.order),
            self.inside,
            self.source,
            self.code,
            self.reason,
            escape(&self.error),
            self.number,
            self.auth_code,
            self.batch,
            self.sequence,
            self.card,
            self.rewards,
        )
        .into_bytes()
    }
}
