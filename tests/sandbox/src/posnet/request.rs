//! What a `posnetRequest` must look like before the bank looks at the order.

use crate::bank::Bank;
use crate::book::Kind;
use crate::fault::Op;
use crate::issuer::{CodeCheck, IssuedCard};
use crate::store::Store;
use crate::visit::Ordered;
use crate::xml::{self, Flat};

use super::code::{Refused, no, packet};
use super::money::{self, ORDER_CHARS, Undo};
use super::store::Account;

/// One operation of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `sale` or `auth`.
    Charge(Kind),
    /// `saleWP`: a sale of which points pay a part.
    Mixed,
    /// `pointInquiry`.
    Points,
    /// `capt`.
    Capture,
    /// `reverse`.
    Void,
    /// `return`.
    Refund,
    /// `agreement`.
    Agreement,
    /// `merchantReconciliation`.
    Reconciliation,
    /// `oosRequestData`.
    Encrypt,
    /// `oosResolveMerchantData`.
    Resolve,
    /// `oosTranData`.
    ChargeAuthenticated,
}

const OPERATIONS: [(&str, Operation); 12] = [
    ("sale", Operation::Charge(Kind::Auth)),
    ("auth", Operation::Charge(Kind::PreAuth)),
    ("saleWP", Operation::Mixed),
    ("pointInquiry", Operation::Points),
    ("capt", Operation::Capture),
    ("reverse", Operation::Void),
    ("return", Operation::Refund),
    ("agreement", Operation::Agreement),
    ("merchantReconciliation", Operation::Reconciliation),
    ("oosRequestData", Operation::Encrypt),
    ("oosResolveMerchantData", Operation::Resolve),
    ("oosTranData", Operation::ChargeAuthenticated),
];

impl Operation {
    /// For faults and the log.
    pub fn op(self) -> Op {
        match self {
            Self::Charge(Kind::PreAuth) => Op::PreAuth,
            Self::Charge(_) | Self::Mixed | Self::ChargeAuthenticated => Op::Auth,
            Self::Points => Op::Points,
            Self::Capture => Op::PostAuth,
            Self::Void => Op::Void,
            Self::Refund => Op::Credit,
            Self::Agreement => Op::Status,
            Self::Reconciliation => Op::Report,
            Self::Encrypt => Op::Open,
            Self::Resolve => Op::Resolve,
        }
    }
}

/// What goes through the browser to the gate.
pub struct Sealing {
    /// What is ordered.
    pub ordered: Ordered,
    /// The card, unless the bank's page asks for it.
    pub card: Option<IssuedCard>,
    /// Points may pay a part.
    pub mixed: bool,
}

/// A request that was read.
pub struct Request {
    fields: Flat,
    element: &'static str,
    /// What is asked for.
    pub operation: Operation,
}

impl Request {
    /// From the parameter `xmldata`. The parameter is text already, whatever the document declares.
    pub fn read(xmldata: &str) -> Result<Self, Refused> {
        let document = xmldata.trim_start();
        let document = match document.strip_prefix("<?xml") {
            Some(rest) => rest.split_once("?>").map_or("", |(_, document)| document),
            None => document,
        };
        let fields = xml::read(document.as_bytes(), "posnetRequest").map_err(|_| packet("XML"))?;
        let asked = |name: &str| {
            let below = format!("{name}/");
            fields.keys().any(|key| key == name || key.starts_with(&below))
        };
        let mut found = OPERATIONS.iter().filter(|(name, _)| asked(name));
        match (found.next(), found.next()) {
            (Some((element, operation)), None) => Ok(Self { element, operation: *operation, fields }),
            _ => Err(packet("ISLEM")),
        }
    }

    /// A field of the operation, empty if absent.
    pub fn get(&self, name: &str) -> &str {
        self.fields.get(&format!("{}/{name}", self.element)).map_or("", String::as_str)
    }

    fn has(&self, name: &str) -> bool {
        !self.get(name).is_empty()
    }

    fn top(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    /// Is the bank's time wanted?
    pub fn wants_time(&self) -> bool {
        self.top("tranDateRequired") == "1"
    }

    /// The store that asks: the service knows it by its two numbers and its address alone.
    pub fn caller<'a>(&self, bank: &'a Bank) -> Result<(&'a Store, &'a Account), Refused> {
        let (mid, tid) = (self.top("mid"), self.top("tid"));
        let digits = |text: &str, count: usize| text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
        match () {
            () if !digits(mid, 10) => Err(no("0320")),
            () if !digits(tid, 8) => Err(no("0321")),
            () => bank.find_store::<Account>(|s, a| s.id == mid && a.tid == tid).ok_or_else(|| no("0148")),
        }
    }

    /// What a sale or reservation orders.
    pub fn ordered(&self, kind: Kind, account: &Account) -> Result<Ordered, Refused> {
        let order = self.get("orderID");
        let fits = if account.order_date { (1..=24).contains(&order.len()) } else { matches!(order.len(), 20 | 24) };
        if !fits || !money::is_plain(order) {
            return Err(packet("ORDERID"));
        }
        self.campaign()?;
        self.partner()?;
        let kept = if order.len() == 24 { order.strip_prefix("0000").unwrap_or(order) } else { order };
        self.sum(kind, kept)
    }

    fn sum(&self, kind: Kind, order: &str) -> Result<Ordered, Refused> {
        let currency = money::currency(self.get("currencyCode"))?;
        let installments = self.installments(currency)?;
        let order = format!("{order:0>ORDER_CHARS$}");
        Ok(Ordered {
            kind,
            order,
            amount: money::amount(self.get("amount"))?,
            currency: currency.to_owned(),
            installments,
        })
    }

    /// Two digits.
    pub fn installments(&self, currency: &str) -> Result<u8, Refused> {
        let text = self.get("installment");
        match text.parse::<u8>() {
            Ok(count) if text.len() == 2 => money::installments(count, currency),
            _ => Err(packet("INSTALLMENT")),
        }
    }

    fn campaign(&self) -> Result<(), Refused> {
        if matches!(self.get("koiCode"), "" | "1" | "2" | "3" | "4" | "5" | "6") { Ok(()) } else { Err(no("0215")) }
    }

    /// A facilitator's merchant or a sub-dealer, never both.
    fn partner(&self) -> Result<(), Refused> {
        let facilitator = ["subMrcId", "mrcPfId", "mcc"].map(|name| self.has(name));
        let dealer = self.has("tckn") || self.has("vkn");
        match () {
            () if facilitator.contains(&true) && (dealer || self.has("subDealerCode")) => Err(no("0324")),
            () if self.has("subDealerCode") && !dealer => Err(no("0325")),
            () if facilitator.contains(&true) && facilitator.contains(&false) => Err(no("0327")),
            () => Ok(()),
        }
    }

    /// The sub-dealer whose sale it is: its identity, and its number where several share one.
    pub fn sub_dealer(&self) -> String {
        let named = ["tckn", "vkn", "subDealerCode"].map(|name| self.get(name));
        named.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("/")
    }

    /// The card of a sale or reservation. Mail order is a word of the sale alone, and of stores that may.
    pub fn card(&self, kind: Kind, store: &Store) -> Result<IssuedCard, Refused> {
        match self.get("mailorderflag") {
            "Y" if kind != Kind::Auth => return Err(packet("MAILORDERFLAG")),
            "Y" if !store.mail_order => return Err(no("0058")),
            "" | "Y" => {}
            _ => return Err(packet("MAILORDERFLAG")),
        }
        self.posted_card()
    }

    fn posted_card(&self) -> Result<IssuedCard, Refused> {
        let code = Some(self.get("cvc")).filter(|code| !code.is_empty());
        let card = money::card(self.get("ccno"), self.get("expDate"), code)?;
        if card.code == CodeCheck::Absent || self.get("cvc").len() != 3 { Err(packet("CVC")) } else { Ok(card) }
    }

    /// What World points pay of a mixed sale: not more than it, in liras.
    pub fn points(&self, ordered: &Ordered) -> Result<i64, Refused> {
        let digits = |text: &str| (1..=12).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        let text = self.get("wpAmount");
        match text.parse::<i64>() {
            _ if !digits(text) => Err(packet("WPAMOUNT")),
            Ok(points) if points > ordered.amount => Err(no("0205")),
            Ok(points) if points > 0 && ordered.currency != "949" => Err(no("0207")),
            Ok(points) => Ok(points),
            Err(_) => Err(packet("WPAMOUNT")),
        }
    }

    /// Only a mixed sale speaks of points, and it has no place for a clerk or another merchant.
    pub fn words_of_points(&self) -> Result<(), Refused> {
        let mixed = self.operation == Operation::Mixed;
        match () {
            () if !mixed && self.has("wpAmount") => Err(packet("WPAMOUNT")),
            () if mixed && !self.has("wpAmount") => Err(packet("WPAMOUNT")),
            () if mixed
                && ["mailorderflag", "subMrcId", "mrcPfId", "mcc", "tckn", "vkn"].iter().any(|n| self.has(n)) =>
            {
                Err(packet("ISLEM"))
            }
            () => Ok(()),
        }
    }

    /// The card whose points are asked about.
    pub fn points_card(&self) -> Result<IssuedCard, Refused> {
        if !matches!(self.get("getPointDetail"), "" | "Y" | "N") {
            return Err(packet("GETPOINTDETAIL"));
        }
        money::card(self.get("ccno"), self.get("expDate"), None)
    }

    /// Is a refund to be shared between card and points?
    pub fn in_proportion(&self) -> Result<bool, Refused> {
        match self.get("isRationalReturn") {
            "" | "N" => Ok(false),
            "Y" => Ok(true),
            _ => Err(packet("ISRATIONALRETURN")),
        }
    }

    /// What is to be encrypted for the gate, and the card unless the bank's page asks for it.
    pub fn encrypted(&self, store: &Store, account: &Account) -> Result<Sealing, Refused> {
        if self.get("posnetid") != account.posnet_id || !store.allows("3d") {
            return Err(no("0148"));
        }
        if self.get("XID").len() != ORDER_CHARS || !money::is_plain(self.get("XID")) {
            return Err(no("E189"));
        }
        let kind = match self.get("tranType") {
            "Sale" | "SaleWP" => Kind::Auth,
            "Auth" => Kind::PreAuth,
            _ => return Err(packet("TRANTYPE")),
        };
        if self.get("cardHolderName").chars().count() > 50 {
            return Err(packet("CARDHOLDERNAME"));
        }
        let ordered = self.sum(kind, self.get("XID"))?;
        let any = self.has("ccno") || self.has("expDate") || self.has("cvc");
        let card = if any { Some(self.posted_card()?) } else { None };
        Ok(Sealing { ordered, card, mixed: self.get("tranType") == "SaleWP" })
    }

    /// The order an operation speaks of, and the bank's key if it names one.
    pub fn original(&self, bank: &Bank, store: &Store, account: &Account) -> Result<(String, Option<String>), Refused> {
        if self.has("hostLogKey") {
            let key = self.get("hostLogKey").to_owned();
            return Ok((money::order_of_key(bank, store, &key)?, Some(key)));
        }
        Ok((self.addressed(bank, store, account)?.ok_or_else(|| no("0123"))?, None))
    }

    /// The order that is addressed by its 24 characters, and by its day where the store needs it.
    pub fn addressed(&self, bank: &Bank, store: &Store, account: &Account) -> Result<Option<String>, Refused> {
        let address = self.get("orderID");
        if address.len() != 24 || !money::is_plain(address) {
            return Err(packet("ORDERID"));
        }
        let found = money::order_of_address(bank, store, address);
        if !account.order_date {
            return Ok(found);
        }
        let day = self.get("orderDate");
        if day.len() != 8 || !day.bytes().all(|b| b.is_ascii_digit()) {
            return Err(packet("ORDERDATE"));
        }
        let on_day = |order: &String| {
            let first = money::desk(bank, store).history(order).into_iter().next();
            first.is_some_and(|s| crate::clock::local(s.entry.at_ms).strftime("%Y%m%d").to_string() == day)
        };
        Ok(found.filter(on_day))
    }

    /// What a void undoes.
    pub fn undo(&self) -> Result<Undo, Refused> {
        Ok(match self.get("transaction") {
            "sale" => Undo::Sale,
            "auth" => Undo::Hold,
            "capt" => Undo::Capture,
            "return" => Undo::Refund,
            _ => return Err(no("0202")),
        })
    }
}
