//! A job that one server does for all: its turn is leased, kept while the job runs, given back by a server that is asked
//! to end, and inherited from one that died in it.

use crate::app::App;
use crate::crash;
use crate::flow::error::FlowResult;
use crate::limits;
use crate::store::turn::{Turn, turn_done, turn_is_free, turn_keep, turn_take};

/// Does a job unless another server does it or has done it. `turn` names the time: a night, an hour. What fails is left
/// to whoever comes when the lease has run out, this server among them.
pub async fn turn_run<T>(
    app: &App,
    job: &str,
    turn: &str,
    work: impl Future<Output = FlowResult<T>>,
) -> FlowResult<Option<T>> {
    let mine = Turn { job, turn, replica: app.replica };
    if !taken(app, mine).await? {
        return Ok(None);
    }
    crash::stop(app, "turn_taken");
    let mut work = std::pin::pin!(work);
    let done = loop {
        tokio::select! {
            biased;
            done = &mut work => break done?,
            () = app.leaving.cancelled() => {
                let mut tx = app.db.begin().await?;
                turn_keep(&mut tx, mine, app.clock.now_ms()).await?;
                tx.commit().await?;
                tracing::info!(job, turn, "this server ends: the job is given back, another one begins it again");
                return Ok(None);
            }
            () = app.clock.sleep(limits::TURN_LEASE / 3) => {
                let mut tx = app.db.begin().await?;
                let kept = turn_keep(&mut tx, mine, until_ms(app)).await?;
                tx.commit().await?;
                if !kept {
                    tracing::warn!(job, turn, "a job took longer than its lease; another server has it now");
                    return Ok(None);
                }
            }
        }
    };
    crash::stop(app, "turn_worked");
    let mut tx = app.db.begin().await?;
    turn_done(&mut tx, mine, app.clock.now_ms()).await?;
    tx.commit().await?;
    Ok(Some(done))
}

async fn taken(app: &App, mine: Turn<'_>) -> FlowResult<bool> {
    let now_ms = app.clock.now_ms();
    // Asked every minute while it is time: most answers need no writer.
    let mut tx = app.db.read().await?;
    let free = turn_is_free(&mut tx, mine.job, mine.turn, now_ms).await?;
    drop(tx);
    if !free {
        return Ok(false);
    }
    let mut tx = app.db.begin().await?;
    let taken = turn_take(&mut tx, mine, until_ms(app), now_ms).await?;
    tx.commit().await?;
    Ok(taken)
}

fn until_ms(app: &App) -> i64 {
    app.clock.now_ms() + limits::millis(limits::TURN_LEASE)
}
