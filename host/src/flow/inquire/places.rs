//! Who is asked at the same time: so many at each POS account, so that a bank that hangs takes its own places and no
//! others (P10), and nobody waits for the slowest of a round (P4).

use std::collections::{BTreeMap, HashMap};

use tokio::task::{Id, JoinSet};

use super::{janitor_due, janitor_tend};
use crate::app::App;
use crate::domain::doubt::DoubtId;
use crate::domain::id::PosAccountId;
use crate::flow::error::FlowResult;
use crate::limits;

/// What the janitor is tending to. Dropping it ends that: the rows say what is left to do.
#[derive(Debug, Default)]
pub struct Places {
    tasks: JoinSet<()>,
    taken: HashMap<Id, (DoubtId, PosAccountId)>,
}

impl Places {
    /// Begins with what has come due, as far as there are places, and waits for none of it. Gives how many those are.
    pub async fn round(&mut self, app: &App) -> FlowResult<usize> {
        while let Some(ended) = self.tasks.try_join_next_with_id() {
            self.free(ended);
        }
        if self.taken.len() >= limits::JANITOR_AT_ONCE {
            return Ok(0);
        }
        let busy: Vec<_> = self.full().collect();
        let mut begun = 0;
        for due in janitor_due(app, &busy).await? {
            let (id, pos_account) = (due.id(), due.pos_account());
            // A row that is tended to may be due still, until its time has moved.
            let under_way = self.taken.values().any(|(taken, _)| *taken == id);
            let at_account = self.taken.values().filter(|(_, taken)| *taken == pos_account).count();
            if under_way || at_account >= limits::JANITOR_PER_ACCOUNT || self.taken.len() >= limits::JANITOR_AT_ONCE {
                continue;
            }
            let app = app.clone();
            // Among what is under way at this server; dropping it ends that, so nothing waits for a silent bank.
            let under_way = app.tasks.token();
            let task = self.tasks.spawn(async move {
                janitor_tend(&app, due).await;
                drop(under_way);
            });
            self.taken.insert(task.id(), (id, pos_account));
            begun += 1;
        }
        Ok(begun)
    }

    /// Comes back when somebody who waits for a place may have one; never while nobody waits.
    pub async fn freed(&mut self) {
        if self.full().next().is_none() && self.taken.len() < limits::JANITOR_AT_ONCE {
            return std::future::pending().await;
        }
        if let Some(ended) = self.tasks.join_next_with_id().await {
            self.free(ended);
        }
        // Not for each of them: and whatever fails at once, for the database is away, must not make this spin.
        tokio::time::sleep(limits::JANITOR_PAUSE).await;
    }

    /// Waits for what is under way, and begins nothing.
    pub async fn rest(&mut self) {
        while let Some(ended) = self.tasks.join_next_with_id().await {
            self.free(ended);
        }
    }

    /// The accounts without a free place.
    fn full(&self) -> impl Iterator<Item = PosAccountId> {
        let mut counts = BTreeMap::<PosAccountId, usize>::new();
        for (_, pos_account) in self.taken.values() {
            *counts.entry(*pos_account).or_default() += 1;
        }
        counts.into_iter().filter(|(_, count)| *count >= limits::JANITOR_PER_ACCOUNT).map(|(account, _)| account)
    }

    fn free(&mut self, ended: Result<(Id, ()), tokio::task::JoinError>) {
        let id = match ended {
            Ok((id, ())) => id,
            Err(error) => {
                tracing::error!(%error, "a task of the janitor ended early");
                error.id()
            }
        };
        self.taken.remove(&id);
    }
}
