//! The figures behind the portal's first page, put together in one read.

use jiff::ToSpan;
use jiff::civil::Date;
use vezne_api::{Home, HomeDay, MoneySum};

use crate::app::App;
use crate::ctx::Ctx;
use crate::domain::money::Currency;
use crate::flow::books::{day_of, zone};
use crate::flow::error::FlowResult;
use crate::flow::view::{payment_view, whole_list};
use crate::limits::{HOME_DAYS, HOME_PAYMENTS};
use crate::store::alarm::alarm_count;
use crate::store::home::{DaySum, Sum, collected, collected_by_day, owed_by, owed_to, payments_in_state};
use crate::store::payment::{PaymentFilter, payment_list};

/// Later than every due day.
const NO_DAY: &str = "9999-12-31";

/// What I owe, what I collected, what is in doubt.
/// `alarms` says whether the caller may know what a person is called for.
pub async fn home(app: &App, ctx: &Ctx, alarms: bool) -> FlowResult<Home> {
    let now_ms = ctx.clock.now_ms();
    let today = day_of(now_ms);
    let week_ms = start_ms(today.saturating_sub(6.days()));
    let (tenant, scope) = (ctx.tenant, ctx.scope);
    let mut tx = app.db.read().await?;
    let mut recent = Vec::new();
    let newest = PaymentFilter { limit: HOME_PAYMENTS, ..PaymentFilter::default() };
    let payments = payment_list(&mut tx, tenant, scope, &newest).await?;
    for whole in whole_list(&mut tx, tenant, payments).await? {
        recent.push(payment_view(app, &whole, ctx.locale));
    }
    let first_day = today.saturating_sub((HOME_DAYS - 1).days());
    let offset_ms =
        i64::from(zone().to_offset(jiff::Timestamp::from_millisecond(now_ms).unwrap_or_default()).seconds()) * 1000;
    let days = collected_by_day(&mut tx, tenant, scope, Currency::TRY, start_ms(first_day), offset_ms).await?;
    Ok(Home {
        owed: sums(owed_by(&mut tx, tenant, scope, NO_DAY).await?),
        overdue: sums(owed_by(&mut tx, tenant, scope, &today.to_string()).await?),
        receivable: sums(owed_to(&mut tx, tenant, scope).await?),
        collected_today: sums(collected(&mut tx, tenant, scope, start_ms(today)).await?),
        collected_month: sums(collected(&mut tx, tenant, scope, start_ms(today.first_of_month())).await?),
        alarms: if alarms { alarm_count(&mut tx, tenant, scope).await? } else { 0 },
        in_doubt: sums(payments_in_state(&mut tx, tenant, scope, "unknown", 0).await?),
        declined_week: count(&payments_in_state(&mut tx, tenant, scope, "declined", week_ms).await?),
        succeeded_week: count(&payments_in_state(&mut tx, tenant, scope, "succeeded", week_ms).await?),
        days: chart(first_day, &days),
        recent,
    })
}

fn start_ms(day: Date) -> i64 {
    day.to_zoned(zone()).map_or(0, |start| start.timestamp().as_millisecond())
}

/// Sums as the wire shows them.
pub fn sums(rows: Vec<Sum>) -> Vec<MoneySum> {
    rows.into_iter().map(|row| MoneySum { amount: row.minor, currency: row.currency, count: row.rows }).collect()
}

fn count(rows: &[Sum]) -> i64 {
    rows.iter().map(|row| row.rows).sum()
}

/// Every day of the chart, those without a payment too.
fn chart(first: Date, found: &[DaySum]) -> Vec<HomeDay> {
    let epoch = Date::constant(1970, 1, 1);
    (0..HOME_DAYS)
        .map(|distance| {
            let day = first.saturating_add(distance.days());
            let number = day.duration_since(epoch).as_hours() / 24;
            let row = found.iter().find(|row| row.day == number);
            HomeDay {
                day: day.to_string(),
                amount: row.map_or(0, |row| row.minor),
                currency: Currency::TRY.code().to_owned(),
                count: row.map_or(0, |row| row.rows),
            }
        })
        .collect()
}
