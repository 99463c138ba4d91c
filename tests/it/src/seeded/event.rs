//! What can happen in a world, and what it brings about.

use vezne::flow::inquire::{Due, janitor_tend};
use vezne::flow::operation::{OperationRequest, What};
use vezne::flow::webhook::webhook_round;
use vezne_sandbox::Fault;

use super::bank::tampered;
use super::board::{Asked, Chain, HostNo, Reply};
use super::client::key;
use super::errand::{self, Answer, Outcome};
use super::fate::{Fate, Received, element, too_late};
use super::judge::Breach;
use super::kit::BANK_DEADLINE_MS;
use super::play::{Stepped, World};

/// A parked chain's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn(pub u64);

/// Something that happens at a moment.
#[derive(Debug)]
pub enum Event {
    /// A payer sends the request, again or for the first time.
    Post(usize),
    /// A payer's browser is closed.
    Close(usize),
    /// A payer opens the page that leads to the bank.
    Gate { client: usize, host: HostNo, token: String },
    /// A payer is at the bank's pages.
    Visit { client: usize, action: String, fields: Vec<(String, String)> },
    /// A payer comes back.
    Back { client: usize, fields: Vec<(String, String)> },
    /// An administrator acts: which of the plans of which payer.
    Operate { client: usize, plan: usize },
    /// Somebody's janitor looks for work.
    Janitor,
    /// Somebody's janitor tends to what it found, if that host still lives the same life.
    Tend { host: HostNo, life: usize, due: Due },
    /// Somebody tells the outside.
    Webhooks,
    /// A chain goes on.
    Go(Turn),
    /// A request reaches the bank.
    Arrive { turn: Turn, asked: Asked, fate: Fate },
    /// A chain hears from the outside.
    Hear(Turn, Reply),
    /// A host dies.
    Crash(HostNo),
    /// And is started again.
    Restart(HostNo),
    /// The bank is away for so long.
    Outage(i64),
    /// The bank closes its day.
    DayEnd,
    /// Time leaps: everything whose moment is passed comes in any order.
    Leap(i64),
    /// From now on nothing goes wrong.
    Calm,
}

/// Nothing came of it.
const FINE: Stepped = Ok(Ok(()));

impl World<'_> {
    /// Everything that will happen by itself.
    pub(super) fn open(&mut self) {
        for number in 0..2 + self.chance.below(4) {
            let client = super::client::Client::drawn(&mut self.chance, number);
            let at_ms = self.chance.between(0, 120_000);
            self.plan(at_ms, Event::Post(number));
            if let Some(later_ms) = client.double_click_ms {
                self.plan(at_ms + later_ms, Event::Post(number));
            }
            if let Some(later_ms) = client.closes_ms {
                self.plan(at_ms + later_ms, Event::Close(number));
            }
            for (plan, (later_ms, ..)) in client.later.iter().enumerate() {
                self.plan(at_ms + later_ms, Event::Operate { client: number, plan });
                if self.chance.percent(25) {
                    self.plan(at_ms + later_ms + 500, Event::Operate { client: number, plan });
                }
            }
            self.clients.push(client);
        }
        for _ in 0..self.chance.weighted(&[(4, 0), (4, 1), (2, 2)]) {
            let (host, at_ms) = (self.chance.below(self.hosts.len()), self.chance.between(0, 400_000));
            self.plan(at_ms, Event::Crash(host));
        }
        let some =
            |chance: &mut super::chance::Chance, percent| chance.percent(percent).then(|| chance.between(0, 900_000));
        if let Some(at_ms) = some(&mut self.chance, 20) {
            let length_ms = self.chance.between(30_000, 1_200_000);
            self.plan(at_ms, Event::Outage(length_ms));
        }
        if let Some(at_ms) = some(&mut self.chance, 40) {
            self.plan(at_ms, Event::DayEnd);
        }
        if let Some(at_ms) = some(&mut self.chance, 20) {
            let leap_ms = self.chance.between(60_000, 5_400_000);
            self.plan(at_ms, Event::Leap(leap_ms));
        }
        let calm_ms = self.chance.between(900_000, 2_400_000);
        self.plan(calm_ms, Event::Calm);
    }

    /// Makes an event happen.
    pub(super) fn happen(&mut self, event: Event) -> Stepped {
        match event {
            Event::Post(client) => self.post(client),
            Event::Close(client) => {
                let chain = self.running.iter().rfind(|(_, running)| running.client == Some(client));
                let chain: Option<Chain> = chain.map(|(chain, _)| *chain);
                chain.map_or(FINE, |chain| self.close(chain))
            }
            Event::Gate { client, host, token } => {
                let Some(app) = self.hosts[host].app.clone() else { return FINE };
                let label = format!("{} opens the bank's page", self.clients[client].name);
                self.begin(host, label, Some(client), errand::gate(app, token, client))
            }
            Event::Visit { client, action, fields } => self.visit(client, &action, &fields),
            Event::Back { client, fields } => {
                let Some((host, app)) = self.host_up() else {
                    self.plan(3_000, Event::Back { client, fields });
                    return FINE;
                };
                let (ctx, account) = (self.ctx(&app), self.kit.pos[self.clients[client].pos]);
                let label = format!("{} comes back from the bank", self.clients[client].name);
                self.begin(host, label, None, errand::back(app, ctx, account, fields))
            }
            Event::Operate { client, plan } => self.operate(client, plan),
            Event::Janitor => {
                self.janitor_at_ms = None;
                let Some((host, app)) = self.host_up() else { return self.look() };
                self.begin(host, "janitor looks".to_owned(), None, errand::janitor(app, host))
            }
            Event::Tend { host, life, due } => {
                let Some(app) = self.hosts[host].app.clone().filter(|_| self.hosts[host].life == life) else {
                    return self.look();
                };
                let tend = async move {
                    janitor_tend(&app, due).await;
                    Outcome::Said("tended".to_owned())
                };
                self.begin(host, "janitor tends".to_owned(), None, tend)
            }
            Event::Webhooks => {
                self.webhooks_at_ms = None;
                let Some((host, app)) = self.host_up() else { return self.look() };
                let room = std::sync::Arc::clone(&self.hosts[host].room);
                let round = async move {
                    Outcome::Said(match webhook_round(&app, &room).await {
                        Ok(_) => "told the outside".to_owned(),
                        Err(error) => format!("webhooks are stuck: {error}"),
                    })
                };
                self.begin(host, "webhooks".to_owned(), None, round)
            }
            Event::Go(Turn(turn)) => self.resume(turn, None),
            Event::Hear(Turn(turn), reply) => self.resume(turn, Some(reply)),
            Event::Arrive { turn, asked, fate } => self.arrive(turn, &asked, fate),
            other => self.misfortune(&other),
        }
    }

    /// What nobody asked for.
    fn misfortune(&mut self, event: &Event) -> Stepped {
        match *event {
            Event::Crash(host) if !self.calm && self.hosts[host].app.is_some() => {
                for client in self.crash(host) {
                    let pause_ms = self.chance.between(500, 20_000);
                    self.plan(pause_ms, Event::Post(client));
                }
                let down_ms = self.chance.between(200, 90_000);
                self.plan(down_ms, Event::Restart(host));
            }
            Event::Restart(host) if self.hosts[host].app.is_none() => {
                self.say(format_args!("h{host} is started"));
                self.host_start(host);
            }
            Event::Outage(length_ms) => {
                self.say(format_args!("the bank is away for {} s", length_ms / 1_000));
                self.outage_until_ms = self.board.now_ms() + length_ms;
            }
            Event::DayEnd => {
                self.say("the bank closes its day");
                self.bank.desk.day_end();
            }
            Event::Leap(leap_ms) => {
                self.say(format_args!("time leaps by {} s", leap_ms / 1_000));
                self.board.set_ms(self.board.now_ms() + leap_ms);
            }
            Event::Calm => {
                self.say("all is calm");
                self.calm = true;
                self.outage_until_ms = 0;
                for host in 0..self.hosts.len() {
                    if self.hosts[host].app.is_none() {
                        self.host_start(host);
                    }
                }
            }
            _ => {}
        }
        self.look()
    }

    fn post(&mut self, client: usize) -> Stepped {
        let Some((host, app)) = self.host_up() else {
            self.plan(2_000, Event::Post(client));
            return FINE;
        };
        self.clients[client].tries += 1;
        let (payer, ctx) = (&self.clients[client], self.ctx(&app));
        let label = format!("{} pays {} ({})", payer.name, payer.minor, payer.tries);
        let request = payer.request(self.kit)?;
        self.begin(host, label, Some(client), errand::post(app, ctx, request, client, host))
    }

    fn operate(&mut self, client: usize, plan: usize) -> Stepped {
        let (payer, (_, what, minor)) = (&self.clients[client], self.clients[client].later[plan]);
        let seen = self.judge.payments.iter().find(|(_, payment)| payment.client == payer.name);
        let Some(payment) = seen.and_then(|(id, _)| errand::payment_id(id)) else { return FINE };
        let name = format!("{} {plan}", payer.name);
        let Some((host, app)) = self.host_up() else { return FINE };
        let request = OperationRequest {
            payment,
            what,
            amount_minor: minor,
            reason: None,
            key: Some(key(self.kit, "POST operation", &name)),
            instead_of: None,
        };
        let wish = match what {
            What::Capture => "capture".to_owned(),
            What::GiveBack(mode) => format!("{mode:?} {minor:?}"),
        };
        let (label, ctx) = (format!("administrator: {wish} of {name}"), self.ctx(&app));
        self.begin(host, label, None, errand::operate(app, ctx, request))
    }

    /// What an errand came to.
    pub(super) fn heard(&mut self, outcome: Outcome) -> Stepped {
        match outcome {
            Outcome::Said(line) => self.say(format_args!("   {line}")),
            Outcome::Refused { client, in_doubt, why } => {
                self.clients[client].in_doubt = in_doubt;
                let name = self.clients[client].name.clone();
                self.say(format_args!("   {name} is refused: {why}"));
                // A person tries again; a machine is more patient, but not for ever.
                if self.clients[client].tries < 6 && !self.calm {
                    let pause_ms = self.chance.between(500, 30_000);
                    self.plan(pause_ms, Event::Post(client));
                }
            }
            Outcome::Answered { client, host, answer } => return self.answered(client, host, answer),
            Outcome::Page { client, action, fields } => {
                // Most are quick; some answer the telephone first.
                let most_ms = if self.chance.percent(10) { 20 * 60_000 } else { 60_000 };
                let pause_ms = self.chance.between(500, most_ms);
                self.plan(pause_ms, Event::Visit { client, action, fields });
            }
            Outcome::Found { host, due } => {
                let life = self.hosts[host].life;
                for due in due {
                    let pause_ms = self.chance.between(0, 30);
                    self.plan(pause_ms, Event::Tend { host, life, due });
                }
            }
        }
        FINE
    }

    fn answered(&mut self, client: usize, host: HostNo, answer: Answer) -> Stepped {
        let Answer { payment, state, gate } = answer;
        let number = self.judge.number(&payment);
        let name = self.clients[client].name.clone();
        self.say(format_args!("   {name} is told: payment {number} {state}"));
        if let Err(breach) = self.judge.told(&payment, &state, &self.bank.orders()) {
            return Ok(Err(breach));
        }
        let payer = &mut self.clients[client];
        let known = payer.payment.get_or_insert_with(|| payment.clone());
        if *known != payment {
            return Ok(Err(Breach::of("P1", format!("one key of {} led to two payments", payer.name))));
        }
        if let Some(token) = gate.filter(|_| !payer.at_gate) {
            payer.at_gate = true;
            let pause_ms = self.chance.between(200, 20_000);
            self.plan(pause_ms, Event::Gate { client, host, token });
        } else if state == "unknown" && payer.tries < 4 {
            // "Did it work?" With the same key this may never charge again.
            let pause_ms = self.chance.between(5_000, 60_000);
            self.plan(pause_ms, Event::Post(client));
        }
        FINE
    }

    /// The payer goes through the bank's pages; with the model `3d-pay` the bank charges there.
    fn visit(&mut self, client: usize, action: &str, fields: &[(String, String)]) -> Stepped {
        let payer = &self.clients[client];
        let lowered = payer.tampers.then(|| tampered(fields, "1.01"));
        let form = lowered.as_deref().unwrap_or(fields);
        let returned = self.runtime.block_on(self.bank.visit(action, form))?;
        let trick = if payer.tampers { ", with a smaller amount" } else { "" };
        let (name, leaves, callbacks) = (payer.name.clone(), payer.leaves, payer.callbacks);
        self.say(format_args!("{name} is at the bank{trick}"));
        if let Err(breach) = self.judge.charged(&self.bank.orders()) {
            return Ok(Err(breach));
        }
        let Some(returned) = returned.filter(|_| !leaves) else { return FINE };
        for _ in 0..callbacks {
            let mut fields = returned.fields.clone();
            if self.chance.percent(10) {
                // Somebody else posts to that address: the signature no longer fits.
                for (_, value) in fields.iter_mut().filter(|(name, _)| name == "amount") {
                    value.push('1');
                }
            }
            let pause_ms = self.chance.between(100, 30_000);
            self.plan(pause_ms, Event::Back { client, fields });
        }
        FINE
    }

    /// A request leaves for the bank.
    pub(super) fn leaves_for_bank(&mut self, turn: u64, asked: Asked) -> Stepped {
        let xml = asked.xml();
        let (order, act) = (element(&xml, "OrderId").unwrap_or_default(), element(&xml, "Type"));
        if act.is_some()
            && let Err(breach) = self.judge.leaves(order)
        {
            return Ok(Err(breach));
        }
        let away = self.board.now_ms() < self.outage_until_ms;
        let fate = match (self.calm, away) {
            (true, _) => Fate::Fine,
            (false, true) => self.chance.weighted(&[(3, Fate::Refused), (2, Fate::LostBefore)]),
            (false, false) => Fate::drawn(&mut self.chance).for_act(act),
        };
        self.say(format_args!("   {} leaves for the bank: {fate:?}", act.unwrap_or("question")));
        let turn = Turn(turn);
        self.plan(BANK_DEADLINE_MS, Event::Hear(turn, too_late()));
        if let Some(failure) = fate.broken() {
            let pause_ms = self.chance.between(1, 3_000);
            self.plan(pause_ms, Event::Hear(turn, Err(failure)));
        }
        if let Some(way_ms) = fate.arrives_ms(&mut self.chance) {
            self.plan(way_ms, Event::Arrive { turn, asked, fate });
        }
        FINE
    }

    /// A request is at the bank, which does what it says.
    fn arrive(&mut self, turn: Turn, asked: &Asked, fate: Fate) -> Stepped {
        if let Fate::Lie(kind) = fate {
            self.bank.desk.fault(Fault::once(kind));
        }
        let mut answer = self.ask_bank(asked)?;
        self.bank.desk.clear_faults();
        if matches!(fate, Fate::TwiceFirst | Fate::TwiceSecond) {
            let second = self.ask_bank(asked)?;
            if fate == Fate::TwiceSecond {
                answer = second;
            }
        }
        self.say("   the bank has it");
        if let Err(breach) = self.judge.charged(&self.bank.orders()) {
            return Ok(Err(breach));
        }
        if let Some(reply) = fate.heard(answer) {
            let way_ms = self.chance.between(5, 1_500);
            self.plan(way_ms, Event::Hear(turn, reply));
        }
        FINE
    }

    fn ask_bank(&self, asked: &Asked) -> anyhow::Result<vezne::plugin::Response> {
        self.runtime.block_on(self.bank.ask("POST", &asked.path, &asked.headers, asked.body.clone()))
    }

    /// A webhook leaves for the firm's program.
    pub(super) fn leaves_for_receiver(&mut self, turn: u64, asked: &Asked) -> Stepped {
        let received = if self.calm { Received::Taken } else { Received::drawn(&mut self.chance) };
        let id = asked.headers.iter().find(|(name, _)| name == "webhook-id").map(|(_, id)| id.as_str());
        let id = id.unwrap_or_default();
        let event = self.judge.event_named(id);
        self.say(format_args!("   {event} leaves: {received:?}"));
        if matches!(received, Received::Taken | Received::TakenSilently)
            && let Err(breach) = self.judge.took(id)
        {
            return Ok(Err(breach));
        }
        let way_ms = self.chance.between(5, 2_000);
        self.plan(way_ms, Event::Hear(Turn(turn), received.reply()));
        FINE
    }
}
