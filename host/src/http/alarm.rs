//! What a person is called for.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use vezne_api as api;
use vezne_api::{Page, Permission};

use super::error::{Error, Result};
use super::extract::{Caller, Json, Path, Query};
use super::page::{Listed, Window};
use super::route::{Endpoint, Table};
use super::view;
use crate::app::App;
use crate::ctx::Ctx;
use crate::domain::alarm::{AlarmCause, AlarmState};
use crate::domain::id::{AlarmId, PaymentId};
use crate::flow::alarm::alarm_end;
use crate::limits;
use crate::store::Tx;
use crate::store::alarm::{Alarm, AlarmFilter, alarm_list, alarm_payments};

/// Narrows `GET /v1/alarms`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlarmQuery {
    /// Only in this state.
    #[serde(default)]
    pub state: Option<api::AlarmState>,
    /// 1 to 200 rows; 50 if absent.
    #[serde(default)]
    pub limit: Option<u32>,
    /// From a page before.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Routes of this noun.
pub fn routes(table: Table) -> Table {
    table
        .add(
            Endpoint::get("/v1/alarms", "Lists alarms, one per cause and POS account, newest first")
                .needs(Permission::DoubtRead)
                .query::<AlarmQuery>()
                .reply::<Page<api::Alarm>>(200),
            list,
        )
        .add(
            Endpoint::post("/v1/alarms/{id}/close", "Closes an alarm that does not end by itself, with what was found")
                .needs(Permission::DoubtDecide)
                .body::<api::AlarmClose>()
                .reply::<api::Alarm>(200),
            close,
        )
}

async fn list(State(app): State<App>, caller: Caller, Query(query): Query<AlarmQuery>) -> Result<Listed<api::Alarm>> {
    let prints = &app.security.fingerprints;
    let window = Window::new(prints, "alarms", query.limit, query.cursor.as_deref())?;
    let filter = AlarmFilter {
        alarm_id: None,
        state: query.state.map(|state| match state {
            api::AlarmState::Open => AlarmState::Open,
            api::AlarmState::Closed => AlarmState::Closed,
        }),
        before: window.forward().map(str::to_owned),
        after: window.backward().map(str::to_owned),
        limit: window.fetch_limit(),
    };
    let mut tx = app.db.read().await?;
    let mut rows = Vec::new();
    for row in alarm_list(&mut tx, caller.ctx.tenant, caller.ctx.scope, &filter).await? {
        rows.push(with_payments(&mut tx, &caller.ctx, row).await?);
    }
    let livemode = !app.config.sandbox;
    let page = window.page(
        prints,
        rows,
        |(row, _)| row.alarm_id.to_text(),
        |(row, payments)| alarm_view(row, &payments, livemode),
    );
    Ok(Listed(page))
}

async fn with_payments(tx: &mut Tx, ctx: &Ctx, row: Alarm) -> Result<(Alarm, Vec<PaymentId>)> {
    let payments = alarm_payments(tx, ctx.tenant, row.alarm_id, limits::ALARM_PAYMENTS_SHOWN).await?;
    Ok((row, payments))
}

async fn close(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Json(body): Json<api::AlarmClose>,
) -> Result<axum::Json<api::Alarm>> {
    let id: AlarmId = id.parse().map_err(|_| Error::NotFound)?;
    alarm_end(&app, &caller.ctx, id, &body.note).await?;
    let mut tx = app.db.read().await?;
    let only = AlarmFilter { alarm_id: Some(id.to_text()), limit: 1, ..AlarmFilter::default() };
    let row = alarm_list(&mut tx, caller.ctx.tenant, caller.ctx.scope, &only).await?.into_iter().next();
    let (row, payments) = with_payments(&mut tx, &caller.ctx, row.ok_or(Error::NotFound)?).await?;
    Ok(axum::Json(alarm_view(row, &payments, !app.config.sandbox)))
}

fn alarm_view(row: Alarm, payments: &[PaymentId], livemode: bool) -> api::Alarm {
    let person = row.closed_by.filter(|by| !by.starts_with("job:"));
    api::Alarm {
        id: row.alarm_id.to_string(),
        livemode,
        cause: match row.cause {
            AlarmCause::BankSilent => api::AlarmCause::BankSilent,
            AlarmCause::AskedInVain => api::AlarmCause::AskedInVain,
            AlarmCause::Contradiction => api::AlarmCause::Contradiction,
            AlarmCause::StrayStuck => api::AlarmCause::StrayStuck,
        },
        pos_account: api::PosAccountRef { id: row.pos_account_id.to_string(), name: row.pos_name, bank: row.pos_bank },
        state: match row.state {
            AlarmState::Open => api::AlarmState::Open,
            AlarmState::Closed => api::AlarmState::Closed,
        },
        count: row.items,
        in_doubt: row.in_doubt,
        ends_by_itself: row.cause.ends_by_itself(),
        payments: payments.iter().map(PaymentId::to_string).collect(),
        opened_at: view::instant(row.opened_at_ms),
        last_at: row.last_at_ms.map(view::instant),
        closed_at: row.closed_at_ms.map(view::instant),
        closed_by: person.map(|id| api::PersonRef { name: row.closed_by_name.unwrap_or_default(), id }),
        note: row.note,
    }
}
