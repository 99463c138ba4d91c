//! The scheduler of a seeded world: one event after the other, one chain at a time, all promises after each.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use vezne::app::App;
use vezne::ctx::{Clock, Ctx};
use vezne::security::publisher::TrustStore;
use vezne::store::Db;

use super::bank::Bank;
use super::board::{Asked, Board, Chain, Go, HostClock, HostNo, News, Place, Reply, Wire};
use super::chance::Chance;
use super::client::Client;
use super::errand::Outcome;
use super::event::{Event, Turn};
use super::judge::{Breach, Judge};
use super::kit::{self, Kit, START_MS};

/// A world that does not come to rest has found something, too.
const STEPS_MAX: usize = 8_000;
/// How late a job may look for work.
const JOB_LATE_MS: i64 = 4_000;
/// Real time that a chain may take from one place to the next: it waits for nothing but the database.
const STUCK_AFTER: Duration = Duration::from_mins(1);

/// One host: a process that may die.
pub(super) struct Host {
    /// Nothing while it is down.
    pub app: Option<App>,
    /// Which life it is in.
    pub life: usize,
    off_ms: i64,
    pub room: Arc<Semaphore>,
}

/// A chain that is not over.
pub(super) struct Running {
    pub host: HostNo,
    pub label: String,
    /// Whose request it is.
    pub client: Option<usize>,
    handle: JoinHandle<()>,
}

/// A world being played.
pub struct World<'k> {
    pub(super) kit: &'k Kit,
    pub(super) chance: Chance,
    pub(super) runtime: Runtime,
    pub(super) board: Board,
    news: mpsc::UnboundedReceiver<News>,
    pub(super) bank: Bank,
    pub(super) hosts: Vec<Host>,
    pub(super) clients: Vec<Client>,
    pub(super) judge: Judge,
    db: Db,
    agenda: BTreeMap<(i64, u64), Event>,
    numbers: u64,
    pub(super) turns: BTreeMap<u64, (Chain, Go)>,
    pub(super) running: BTreeMap<Chain, Running>,
    outcomes: Arc<Mutex<Vec<Outcome>>>,
    pub(super) history: Vec<String>,
    pub(super) steps: usize,
    /// Nothing goes wrong any more.
    pub(super) calm: bool,
    pub(super) outage_until_ms: i64,
    /// When the jobs look next, where that is planned.
    pub(super) janitor_at_ms: Option<i64>,
    pub(super) webhooks_at_ms: Option<i64>,
    _folder: TempDir,
}

/// What came of one step.
pub(super) type Stepped = Result<Result<(), Breach>>;

impl<'k> World<'k> {
    /// The beginning that a seed gives.
    pub fn new(kit: &'k Kit, seed: u64) -> Result<Self> {
        let mut chance = Chance::of_seed(seed);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (folder, url) = kit.database()?;
        let (db, judge) = runtime.block_on(async { anyhow::Ok((Db::open(&url).await?, Judge::new(&url).await?)) })?;
        let (board, news) = Board::new(START_MS, chance.fork());
        let bank = Bank::open()?;
        bank.desk.clock().stand_at_ms(START_MS);
        let mut world = Self {
            kit,
            runtime,
            board,
            news,
            bank,
            hosts: Vec::new(),
            clients: Vec::new(),
            judge,
            db,
            agenda: BTreeMap::new(),
            numbers: 0,
            turns: BTreeMap::new(),
            running: BTreeMap::new(),
            outcomes: Arc::default(),
            history: Vec::new(),
            steps: 0,
            calm: false,
            outage_until_ms: 0,
            janitor_at_ms: None,
            webhooks_at_ms: None,
            _folder: folder,
            chance,
        };
        for _ in 0..=world.chance.below(2) {
            let off_ms = world.chance.between(-1_500, 1_500);
            world.hosts.push(Host { app: None, life: 0, off_ms, room: Arc::new(Semaphore::new(1)) });
            world.host_start(world.hosts.len() - 1);
        }
        // What the firm's setting up told is no news.
        world.runtime.block_on(world.judge.look())?.map_err(|breach| anyhow::anyhow!("{breach:?}"))?;
        Ok(world)
    }

    /// A host begins with empty memory on the same database.
    pub(super) fn host_start(&mut self, host: HostNo) {
        let slot = &mut self.hosts[host];
        let stage = HostClock { board: self.board.clone(), off_ms: slot.off_ms };
        let way_out = |to_bank| Arc::new(Wire { board: self.board.clone(), to_bank });
        let Kit { plugins, security, config, .. } = self.kit;
        let (plugins, clock) = (plugins.with_transport(way_out(true)), Clock::staged(Arc::new(stage)));
        let app = App::assemble(
            config.clone(),
            clock,
            self.db.clone(),
            plugins,
            TrustStore::default(),
            (way_out(false), way_out(false)),
            security.clone(),
        );
        slot.app = Some(app);
        slot.life += 1;
        slot.room = Arc::new(Semaphore::new(1));
    }

    pub(super) fn say(&mut self, line: impl std::fmt::Display) {
        let ms = self.board.now_ms() - START_MS;
        let (minutes, seconds, ms) = (ms / 60_000, ms / 1_000 % 60, ms % 1_000);
        self.history.push(format!("{minutes:5}:{seconds:02}.{ms:03}  {line}"));
    }

    pub(super) fn ctx(&self, app: &App) -> Ctx {
        kit::ctx(&app.clock, self.kit.tenant, self.kit.node)
    }

    /// Plans an event `ms` from now.
    pub(super) fn plan(&mut self, ms: i64, event: Event) {
        self.plan_at(self.board.now_ms() + ms, event);
    }

    pub(super) fn plan_at(&mut self, at_ms: i64, event: Event) {
        self.numbers += 1;
        self.agenda.insert((at_ms, self.numbers), event);
    }

    /// The next event: by chance one of those whose time has come, else the earliest.
    fn next(&mut self) -> Option<Event> {
        let earliest = self.agenda.keys().next()?.0;
        self.board.set_ms(earliest);
        let now_ms = self.board.now_ms();
        let due: Vec<_> = self.agenda.range(..=(now_ms, u64::MAX)).map(|(at, _)| *at).collect();
        let at = due[self.chance.below(due.len())];
        let event = self.agenda.remove(&at);
        // No two things happen at one moment: ids and rows keep the order in which they were made.
        self.board.set_ms(now_ms + 1);
        self.bank.desk.clock().stand_at_ms(now_ms + 1);
        event
    }

    /// Plays until nothing is left to happen.
    pub(super) fn play(&mut self) -> Stepped {
        while let Some(event) = self.next() {
            self.steps += 1;
            if self.steps > STEPS_MAX {
                return Ok(Err(Breach::of("P4", "the world does not come to rest")));
            }
            if let Err(breach) = self.happen(event)? {
                return Ok(Err(breach));
            }
        }
        Ok(Ok(()))
    }

    /// Begins a chain at a host and follows it to the first place where it gives way.
    pub(super) fn begin<F>(&mut self, host: HostNo, label: String, client: Option<usize>, errand: F) -> Stepped
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        self.numbers += 1;
        let chain = usize::try_from(self.numbers)?;
        self.say(format_args!("h{host} {label} …"));
        self.board.let_on(chain);
        let (attended, outcomes) = (self.board.attend(), Arc::clone(&self.outcomes));
        let handle = self.runtime.spawn(async move {
            let outcome = errand.await;
            outcomes.lock().unwrap_or_else(PoisonError::into_inner).push(outcome);
            drop(attended);
        });
        self.running.insert(chain, Running { host, label, client, handle });
        self.follow()
    }

    /// Lets a parked chain go on, and follows it to the next place.
    pub(super) fn resume(&mut self, turn: u64, reply: Option<Reply>) -> Stepped {
        let Some((chain, go)) = self.turns.remove(&turn) else { return Ok(Ok(())) };
        self.board.let_on(chain);
        let gone = match (go, reply) {
            (Go::On(go), _) => go.send(()).is_err(),
            (Go::Reply(go), Some(reply)) => go.send(reply).is_err(),
            (Go::Reply(_), None) => bail!("a chain that waits for the outside was let on without an answer"),
        };
        // Its caller went away and took it along.
        if gone { Ok(Ok(())) } else { self.follow() }
    }

    /// Waits until the chain that is on gives way or ends, and looks at what it did.
    fn follow(&mut self) -> Stepped {
        let news = &mut self.news;
        let waiting = async { tokio::time::timeout(STUCK_AFTER, news.recv()).await };
        let news = self.runtime.block_on(waiting).context("a chain waits for what no simulation knows")?;
        let news = news.context("the board is gone")?;
        if let Err(breach) = self.look()? {
            return Ok(Err(breach));
        }
        match news {
            News::Parked { chain, place, go } => self.parked(chain, place, go),
            News::Ended(chain) => self.ended(chain),
        }
    }

    /// Asks the judge, and plans what the jobs have to do.
    pub(super) fn look(&mut self) -> Stepped {
        match self.runtime.block_on(self.judge.look())? {
            Err(breach) => return Ok(Err(breach)),
            Ok(lines) => {
                for line in lines {
                    self.say(format_args!("    {line}"));
                }
            }
        }
        let (due, now_ms) = (self.judge.due, self.board.now_ms());
        // A job that is planned for later does not wait so long.
        let sooner = |due_ms: Option<i64>, planned_ms: Option<i64>| {
            let due_ms = due_ms?.max(now_ms);
            planned_ms.is_none_or(|planned_ms| due_ms + JOB_LATE_MS < planned_ms).then_some(due_ms)
        };
        if let Some(at_ms) = sooner(due.janitor_ms, self.janitor_at_ms) {
            let at_ms = at_ms + self.chance.between(0, JOB_LATE_MS);
            self.janitor_at_ms = Some(at_ms);
            self.plan_at(at_ms, Event::Janitor);
        }
        if let Some(at_ms) = sooner(due.webhooks_ms, self.webhooks_at_ms) {
            let at_ms = at_ms + self.chance.between(0, JOB_LATE_MS);
            self.webhooks_at_ms = Some(at_ms);
            self.plan_at(at_ms, Event::Webhooks);
        }
        Ok(Ok(()))
    }

    fn parked(&mut self, chain: Chain, place: Place, go: Go) -> Stepped {
        self.numbers += 1;
        let turn = self.numbers;
        self.turns.insert(turn, (chain, go));
        let label = self.running.get(&chain).map_or_else(String::new, |running| running.label.clone());
        match place {
            Place::Point(name) => {
                let pause_ms = self.stall_ms();
                self.say(format_args!("   {label} at {name}"));
                self.plan(pause_ms, Event::Go(Turn(turn)));
            }
            Place::Sleep { until_ms } => {
                self.say(format_args!("   {label} sleeps"));
                self.plan_at(until_ms, Event::Go(Turn(turn)));
            }
            Place::Wire(asked) => return self.leaves(turn, asked),
        }
        Ok(Ok(()))
    }

    /// How long a host takes over a crash point: nearly nothing, or a pause such as a machine that is moved takes.
    fn stall_ms(&mut self) -> i64 {
        if self.calm || !self.chance.percent(8) {
            return self.chance.between(0, 40);
        }
        self.chance.between(1_000, 12 * 60_000)
    }

    fn leaves(&mut self, turn: u64, asked: Asked) -> Stepped {
        if asked.to_bank { self.leaves_for_bank(turn, asked) } else { self.leaves_for_receiver(turn, &asked) }
    }

    fn ended(&mut self, chain: Chain) -> Stepped {
        self.running.remove(&chain);
        let outcomes = std::mem::take(&mut *self.outcomes.lock().unwrap_or_else(PoisonError::into_inner));
        for outcome in outcomes {
            if let Err(breach) = self.heard(outcome)? {
                return Ok(Err(breach));
            }
        }
        Ok(Ok(()))
    }

    /// The payer closes the browser: the edge drops the request, wherever it is.
    pub(super) fn close(&mut self, chain: Chain) -> Stepped {
        let Some(running) = self.running.get(&chain) else { return Ok(Ok(())) };
        running.handle.abort();
        let label = running.label.clone();
        let handle = &running.handle;
        self.runtime.block_on(async {
            while !handle.is_finished() {
                tokio::task::yield_now().await;
            }
        });
        self.say(format_args!("   nobody waits for {label} any more"));
        // What the request took along is over; what it had begun is not.
        while let Ok(News::Ended(chain)) = self.news.try_recv() {
            if let Err(breach) = self.ended(chain)? {
                return Ok(Err(breach));
            }
        }
        self.look()
    }

    /// A host dies: everything in its memory is gone, and whoever waited for it hears the connection break.
    pub(super) fn crash(&mut self, host: HostNo) -> Vec<usize> {
        let died: Vec<Chain> =
            self.running.iter().filter(|(_, running)| running.host == host).map(|(chain, _)| *chain).collect();
        let mut waiting = Vec::new();
        for chain in died {
            waiting.extend(self.running.remove(&chain).and_then(|running| running.client));
            self.turns.retain(|_, (parked, _)| *parked != chain);
        }
        self.hosts[host].app = None;
        self.say(format_args!("h{host} dies"));
        waiting
    }

    /// A host that is up, if one is.
    pub(super) fn host_up(&mut self) -> Option<(HostNo, App)> {
        let up: Vec<_> = (0..self.hosts.len()).filter(|host| self.hosts[*host].app.is_some()).collect();
        if up.is_empty() {
            return None;
        }
        let host = up[self.chance.below(up.len())];
        self.hosts[host].app.clone().map(|app| (host, app))
    }
}
