//! The bank's book in the contract's words: `agreement` answers an order and all that followed it. Of days the bank tells
//! totals only (`merchantReconciliation`), so no days are listed.

use posnet_orders::lines::Asked;
use vezne_plugin::history::{self, Look};
use vezne_plugin::{Context, Fault, History, Reply, Target, state};

use crate::answer::Answer;
use crate::give_back::Original;
use crate::settings::Settings;
use crate::{Posnet, agreement, request_agreement};

impl History for Posnet {
    fn of_order(ctx: &Context, target: &Target) -> Result<Look, Fault> {
        let settings = Settings::load()?;
        let request = request_agreement(&settings, &Original::of(ctx, target, &settings), &ctx.order_id)?;
        Asked::of(ctx, target).ask(request)
    }

    fn of_day(_: &Context, _: &str, _: Option<&[u8]>) -> Result<Look, Fault> {
        history::no_days()
    }

    fn go_on(_: &Context, state: &[u8], reply: &Reply) -> Result<Look, Fault> {
        let asked: Asked = state::decode(state)?;
        asked.listed(agreement::read(&Answer::read(history::answer(reply)?)?))
    }
}
