//! Watches the promises P1 to P7 after every step, from what the database's triggers told and from the bank's book.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use sqlx::{Connection, Row, SqliteConnection};
use vezne_sandbox::OrderView;

/// What a promise's breach looked like.
#[derive(Debug)]
pub struct Breach {
    pub promise: &'static str,
    pub what: String,
}

impl Breach {
    pub fn of(promise: &'static str, what: impl Into<String>) -> Self {
        Self { promise, what: what.into() }
    }
}

/// One payment as the judge knows it.
#[derive(Debug, Default)]
pub struct PaymentSeen {
    /// In order of birth, from 1.
    pub number: usize,
    /// Whose, as the request said.
    pub client: String,
    pub state: String,
    /// Somebody was told that it is paid.
    pub told_paid: bool,
}

/// One attempt, by its order number.
#[derive(Debug, Default)]
pub struct AttemptSeen {
    pub payment: String,
    pub state: String,
    /// Requests that were committed before they left, and requests that left.
    pub committed: usize,
    pub left: usize,
}

/// When there is something to do for the jobs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Due {
    pub janitor_ms: Option<i64>,
    pub webhooks_ms: Option<i64>,
}

/// The judge.
pub struct Judge {
    connection: SqliteConnection,
    seen: i64,
    pub payments: BTreeMap<String, PaymentSeen>,
    pub attempts: BTreeMap<String, AttemptSeen>,
    /// Events of each aggregate by sequence, and which of them the receiver has taken.
    events: BTreeMap<(String, i64), String>,
    taken: BTreeSet<String>,
    pub due: Due,
}

/// Everything in one question, since it is asked after every step. The first column says what a row is about.
const LOOK: &str = "
select 'move' as about, kind as a, id as b, of as c, was as d, is_now as e, seq as n from world_move where seq > $1
union all select 'changed', what, '', '', '', '', 0 from world_breach
union all select 'unbalanced', posting_id, currency, '', '', '', sum(minor) from entry
    group by posting_id, currency having sum(minor) <> 0
union all select * from (select 'attempt due', '', '', '', '', '', due_ms from attempt
    where due_ms is not null order by due_ms limit 1)
union all select * from (select 'operation due', '', '', '', '', '', due_ms from operation
    where due_ms is not null order by due_ms limit 1)
union all select * from (select 'outbox', '', '', '', '', '', created_at_ms from outbox
    where delivered_at_ms is null order by created_at_ms limit 1)
union all select * from (select 'delivery due', '', '', '', '', '', max(due_ms, coalesce(lease_until_ms, 0)) as at
    from webhook_delivery d where state = 'pending' and not exists (select 1 from webhook_delivery e
        where e.tenant_id = d.tenant_id and e.webhook_endpoint_id = d.webhook_endpoint_id
        and e.aggregate = d.aggregate and e.state = 'pending' and e.sequence < d.sequence) order by at limit 1)
order by n";

impl Judge {
    pub async fn new(database_url: &str) -> Result<Self> {
        let connection = SqliteConnection::connect(database_url).await?;
        Ok(Self {
            connection,
            seen: 0,
            payments: BTreeMap::new(),
            attempts: BTreeMap::new(),
            events: BTreeMap::new(),
            taken: BTreeSet::new(),
            due: Due::default(),
        })
    }

    /// Looks at what the last step left; gives a line for every move.
    pub async fn look(&mut self) -> Result<Result<Vec<String>, Breach>> {
        let rows = sqlx::query(LOOK).bind(self.seen).fetch_all(&mut self.connection).await?;
        let mut lines = Vec::new();
        self.due = Due::default();
        for row in rows {
            let text = |column: &str| row.try_get::<String, _>(column);
            let (about, a, b) = (text("about")?, text("a")?, text("b")?);
            let n: i64 = row.try_get("n")?;
            let earlier = |known: Option<i64>| Some(known.map_or(n, |known| known.min(n)));
            match about.as_str() {
                "move" => {
                    self.seen = self.seen.max(n);
                    match self.moved(&a, &b, &text("c")?, &text("d")?, &text("e")?) {
                        Ok(line) => lines.extend(line),
                        Err(breach) => return Ok(Err(breach)),
                    }
                }
                "changed" => return Ok(Err(Breach::of("P6", a))),
                "unbalanced" => return Ok(Err(Breach::of("P5", format!("posting {a} is off by {n} {b}")))),
                "attempt due" | "operation due" => self.due.janitor_ms = earlier(self.due.janitor_ms),
                _ => self.due.webhooks_ms = earlier(self.due.webhooks_ms),
            }
        }
        Ok(Ok(lines))
    }

    fn moved(&mut self, kind: &str, id: &str, of: &str, was: &str, now: &str) -> Result<Option<String>, Breach> {
        let arrow = if was.is_empty() { now.to_owned() } else { format!("{was} → {now}") };
        match kind {
            "payment" => {
                let number = self.payments.len() + 1;
                let payment = self.payments.entry(id.to_owned()).or_insert_with(|| PaymentSeen {
                    number,
                    client: of.to_owned(),
                    ..PaymentSeen::default()
                });
                now.clone_into(&mut payment.state);
                let line = format!("payment {} {arrow}", payment.number);
                if payment.told_paid && !still_paid(now) {
                    return Err(Breach::of("P2", format!("told to be paid, and now: {line}")));
                }
                Ok(Some(line))
            }
            "attempt" => {
                let attempt = self.attempts.entry(id.to_owned()).or_default();
                of.clone_into(&mut attempt.payment);
                now.clone_into(&mut attempt.state);
                Ok(Some(format!("attempt of payment {} {arrow}", self.number(of))))
            }
            "sent" => {
                self.attempts.entry(id.to_owned()).or_default().committed += 1;
                Ok(None)
            }
            "told" => {
                self.events.insert((of.to_owned(), was.parse().unwrap_or(0)), id.to_owned());
                Ok(None)
            }
            _ => Ok(Some(format!("{of} {arrow}"))),
        }
    }

    pub fn number(&self, payment: &str) -> usize {
        self.payments.get(payment).map_or(0, |payment| payment.number)
    }

    /// A request leaves: the row that tells of it must be there (P3).
    pub fn leaves(&mut self, order: &str) -> Result<(), Breach> {
        let Some(attempt) = self.attempts.get_mut(order) else {
            return Err(Breach::of("P3", format!("a request about {order} leaves, and no row knows it")));
        };
        attempt.left += 1;
        if attempt.left > attempt.committed {
            let (left, committed) = (attempt.left, attempt.committed);
            return Err(Breach::of("P3", format!("{left} requests about an attempt left, {committed} are written")));
        }
        Ok(())
    }

    /// A client is told how its payment stands.
    pub fn told(&mut self, payment: &str, state: &str, orders: &[OrderView]) -> Result<(), Breach> {
        let Some(seen) = self.payments.get_mut(payment) else {
            return Err(Breach::of("P2", format!("told of a payment that is not there: {state}")));
        };
        if state != "succeeded" {
            return Ok(());
        }
        seen.told_paid = true;
        if !still_paid(&seen.state) {
            return Err(Breach::of("P2", format!("payment {} is told to be paid and is {}", seen.number, seen.state)));
        }
        let charged = orders.iter().any(|order| order.approvals > 0 && self.pays_for(&order.order, payment));
        if charged { Ok(()) } else { Err(Breach::of("P2", "told to be paid, and the bank knows nothing of it")) }
    }

    fn pays_for(&self, order: &str, payment: &str) -> bool {
        self.attempts.get(order).is_some_and(|attempt| attempt.payment == payment)
    }

    /// One key, one charge (P1).
    pub fn charged(&self, orders: &[OrderView]) -> Result<(), Breach> {
        let mut charges: BTreeMap<&str, usize> = BTreeMap::new();
        for order in orders {
            let Some(attempt) = self.attempts.get(&order.order) else {
                return Err(Breach::of("P3", format!("the bank knows order {} and we do not", order.order)));
            };
            let client = self.payments.get(&attempt.payment).map_or("", |payment| payment.client.as_str());
            let charges = charges.entry(client).or_default();
            *charges += order.approvals;
            if *charges > 1 {
                return Err(Breach::of("P1", format!("the card of client {client} was charged {charges} times")));
            }
        }
        Ok(())
    }

    /// An event of the outbox by the id that the receiver sees.
    fn event(&self, id: &str) -> Option<(&String, i64)> {
        let bare = id.split_once('_').map_or(id, |(_, bare)| bare);
        let known = self.events.iter().find(|(_, id)| *id == bare);
        known.map(|((aggregate, sequence), _)| (aggregate, *sequence))
    }

    /// The event in words.
    pub fn event_named(&self, id: &str) -> String {
        match self.event(id) {
            Some((aggregate, sequence)) => format!("event {sequence} of payment {}", self.number(aggregate)),
            None => "an event that is in no outbox".to_owned(),
        }
    }

    /// The receiver took an event (P7): nothing earlier about the same payment may still be outstanding.
    pub fn took(&mut self, id: &str) -> Result<(), Breach> {
        let Some((aggregate, sequence)) = self.event(id) else {
            return Err(Breach::of("P7", format!("event {id} is in no outbox")));
        };
        let taken = id.split_once('_').map_or(id, |(_, bare)| bare).to_owned();
        let mut earlier = self.events.range((aggregate.clone(), 0)..(aggregate.clone(), sequence));
        if let Some(((_, missing), _)) = earlier.find(|(_, id)| !self.taken.contains(*id)) {
            let number = self.number(aggregate);
            return Err(Breach::of("P7", format!("event {sequence} of payment {number} came before event {missing}")));
        }
        self.taken.insert(taken);
        Ok(())
    }

    /// At the end: every event was taken.
    pub fn all_taken(&self) -> Result<(), Breach> {
        match self.events.iter().find(|(_, id)| !self.taken.contains(*id)) {
            None => Ok(()),
            Some(((aggregate, sequence), _)) => {
                Err(Breach::of("P7", format!("event {sequence} of payment {} never came", self.number(aggregate))))
            }
        }
    }

    /// At the end: nothing is on its way any more, unless a person was called (P4).
    pub async fn all_ended(&mut self) -> Result<Result<(), Breach>> {
        let rows = sqlx::query(
            "select 'attempt' as what, order_no as id, state from attempt
             where state in ('sending', 'browsing', 'browsing_charge', 'provisioning', 'unknown', 'stray')
                and coalesce(json_extract(failure, '$.alarm'), 0) = 0
             union all select kind, operation_id, state from operation
             where state in ('sending', 'unknown') and coalesce(json_extract(failure, '$.alarm'), 0) = 0",
        )
        .fetch_all(&mut self.connection)
        .await?;
        let Some(row) = rows.first() else { return Ok(Ok(())) };
        let (what, state): (String, String) = (row.try_get("what")?, row.try_get("state")?);
        Ok(Err(Breach::of("P4", format!("an {what} is still {state}, and nobody was called"))))
    }
}

/// What a payment may be after somebody was told that it is paid: given back is a word beside it.
fn still_paid(state: &str) -> bool {
    matches!(state, "succeeded" | "canceled")
}
