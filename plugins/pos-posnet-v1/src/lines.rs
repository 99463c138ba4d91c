//! The bank's book in the contract's words: `TransactionInquiry` answers an order and all that followed it. The service has
//! no method that lists days.

use posnet_orders::lines::Asked;
use posnet_orders::question::is_three_d;
use vezne_plugin::history::{self, Look};
use vezne_plugin::{Context, Fault, History, Reply, Target, state};

use crate::answer::Answer;
use crate::{PosnetV1, request_inquiry};

impl History for PosnetV1 {
    fn of_order(ctx: &Context, target: &Target) -> Result<Look, Fault> {
        let asked = Asked::of(ctx, target);
        asked.ask(request_inquiry(&asked.listed_order, is_three_d(target), &ctx.order_id)?)
    }

    fn of_day(_: &Context, _: &str, _: Option<&[u8]>) -> Result<Look, Fault> {
        history::no_days()
    }

    fn go_on(_: &Context, state: &[u8], reply: &Reply) -> Result<Look, Fault> {
        let asked: Asked = state::decode(state)?;
        asked.listed(Answer::read(history::answer(reply)?)?.found())
    }
}
