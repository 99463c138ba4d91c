//! Repeated orders (`PbOrder`): the first charge is made at once, the others wait for their day and can be cancelled one
//! by one. The sandbox's days do not bring them about.

use std::collections::BTreeSet;

use crate::bank::Bank;
use crate::book::Kind;
use crate::store::Store;

use super::rules::{Refused, text};
use super::session::Gate;
use super::xml::{Answer, Request};

/// What a merchant asked the bank to repeat.
#[derive(Clone, Debug)]
pub struct Plan {
    count: u32,
    cancelled: BTreeSet<u32>,
}

impl Plan {
    /// Of a charge, if it has one.
    pub fn read(r: &Request, kind: Kind) -> Result<Option<Self>, Refused> {
        if !r.keys().any(|key| key == "PbOrder" || key.starts_with("PbOrder/")) {
            return Ok(None);
        }
        let number = |name: &str, least: u32| text(r, name).parse().ok().filter(|n| (least..=999).contains(n));
        if kind != Kind::Auth || text(r, "PbOrder/OrderType") != "0" {
            return Err(("CORE-2024", "Yalnizca satis islemleri tekrarlanabilir."));
        }
        match text(r, "PbOrder/OrderFrequencyCycle") {
            "" => return Err(("CORE-2020", "Tekrar periyot birimi zorunludur.")),
            "D" | "W" | "M" | "Y" => {}
            _ => return Err(("CORE-2021", "Tekrar periyot birimi gecersiz.")),
        }
        number("PbOrder/OrderFrequencyInterval", 1).ok_or(("CORE-2022", "Tekrar periyodu gecersiz."))?;
        let count = number("PbOrder/TotalNumberPayments", 2).ok_or(("CORE-2023", "Tekrar suresi gecersiz."))?;
        Ok(Some(Self { count, cancelled: BTreeSet::new() }))
    }

    /// Keeps the plan of a charge that went well, and tells its number.
    pub fn keep(self, bank: &Bank, store: &Store, order: &str, answer: &mut Answer) {
        if !answer.approved {
            return;
        }
        answer.extra.push(("RECURRINGID".to_owned(), answer.get("TransId").to_owned()));
        bank.memory::<Gate>().plans.insert((store.id.clone(), order.to_owned()), self);
    }
}

/// Cancels one charge that waits (`RECORDID` is order and number). The first was made at once.
pub fn cancel(bank: &Bank, store: &Store, r: &Request) -> Result<Answer, Refused> {
    const NONE: Refused = ("CORE-2008", "Iptal edilmeye uygun tekrarli siparis bulunamadi.");
    let record = text(r, "Extra/RECORDID");
    let (order, number) = record.rsplit_once('-').ok_or(NONE)?;
    let number: u32 = number.parse().map_err(|_| NONE)?;
    let mut gate = bank.memory::<Gate>();
    let plan = gate.plans.get_mut(&(store.id.clone(), order.to_owned())).ok_or(NONE)?;
    if !(2..=plan.count).contains(&number) || !plan.cancelled.insert(number) {
        return Err(NONE);
    }
    Ok(Answer {
        approved: true,
        fields: vec![
            ("RECURRINGOPERATION", "CANCEL".to_owned()),
            ("RECORDTYPE", "ORDER".to_owned()),
            ("RECORDID", order.to_owned()),
            ("RESULT", "Successfull".to_owned()),
        ],
        extra: Vec::new(),
    })
}
