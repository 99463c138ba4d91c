//! R3 and R4: a proxy that breaks connections stands between host and bank. What never left may be tried again; what
//! left is in doubt until the bank's word, and money is asked for once.

use anyhow::{Result, ensure};
use serde_json::json;
use std::time::Duration;
use vezne_it::chaos::{Chaos, Trouble};
use vezne_it::host::BANK_DEADLINE_MS;
use vezne_it::seed::{Store, pos_account};
use vezne_it::world::{AMOUNT, GOOD_CARD, id, order_no};
use vezne_it::{World, stories};

/// A POS account whose bank stands behind a proxy.
async fn behind_chaos(world: &World) -> Result<(Chaos, String)> {
    let chaos = Chaos::start(world.bank.addr).await?;
    let pos = pos_account(&world.api, &chaos.url(), "Arkada", "none", Store::Demo).await?;
    Ok((chaos, pos))
}

/// Pays through trouble: in doubt at first, then as the bank's book says.
async fn in_doubt_then(world: &World, chaos: &Chaos, pos: &str, trouble: Trouble, paid: bool) -> Result<()> {
    let before = world.bank_total();
    chaos.trouble(trouble);
    let mut body = world.sale(AMOUNT, GOOD_CARD);
    body["pos_account"] = json!(pos);
    let answer = world.pay(&body).await?;
    ensure!(answer.text("/state") == "unknown", "{trouble:?}: {}", answer.answer.text());
    let (payment, order) = (id(&answer)?, order_no(&answer)?);
    if paid {
        world.until_booked_beyond(before).await?;
    }
    let ended = world.until_asked_any(&payment, &["succeeded", "failed", "declined"]).await;
    let ended = ended.map_err(|error| error.context(format!("{trouble:?}")))?;
    ensure!((ended.text("/state") == "succeeded") == paid, "{trouble:?}: {}", ended.answer.text());
    let booked = world.bank_total() - before;
    ensure!(booked == if paid { AMOUNT } else { 0 }, "{trouble:?}: the bank booked {booked}");
    // A gateway that asks twice is not us.
    let calls = world.bank.bank.authorize_calls(&order);
    ensure!(calls <= if trouble == Trouble::AskTwice { 2 } else { 1 }, "{trouble:?}: asked for money {calls} times");
    Ok(())
}

stories! {
    async fn resets_before_the_bank_has_it_end_unpaid(world) {
        let (chaos, pos) = behind_chaos(world).await?;
        for trouble in [Trouble::ResetBeforeBody, Trouble::ResetAfterBody] {
            in_doubt_then(world, &chaos, &pos, trouble, false).await?;
        }
        Ok(())
    }

    async fn answers_that_break_are_found_paid(world) {
        let (chaos, pos) = behind_chaos(world).await?;
        let troubles = [
            Trouble::ResetAfterBooking, Trouble::HalfClose, Trouble::Garbage, Trouble::Truncate, Trouble::OtherOrder,
            Trouble::AskTwice,
        ];
        for trouble in troubles {
            in_doubt_then(world, &chaos, &pos, trouble, true).await?;
        }
        Ok(())
    }

    async fn answers_that_never_end_are_found_paid(world) {
        let (chaos, pos) = behind_chaos(world).await?;
        let late = Duration::from_millis(BANK_DEADLINE_MS + 600);
        for trouble in [Trouble::Drip, Trouble::Late(late), Trouble::ArriveLate(late)] {
            in_doubt_then(world, &chaos, &pos, trouble, true).await?;
        }
        Ok(())
    }

    async fn an_answer_that_comes_twice_counts_once(world) {
        let (chaos, pos) = behind_chaos(world).await?;
        chaos.trouble(Trouble::AnswerTwice);
        let mut body = world.sale(AMOUNT, GOOD_CARD);
        body["pos_account"] = json!(pos);
        let answer = world.pay(&body).await?;
        ensure!(answer.text("/state") == "succeeded", "{}", answer.answer.text());
        ensure!(world.bank_total() == AMOUNT);
        Ok(())
    }

    async fn a_connection_that_dies_at_once_charges_nobody(world) {
        let (chaos, pos) = behind_chaos(world).await?;
        chaos.trouble(Trouble::ResetAtOnce);
        let mut body = world.sale(AMOUNT, GOOD_CARD);
        body["pos_account"] = json!(pos);
        let answer = world.pay(&body).await?;
        // Whether a byte left before the reset is the network's secret: both words are honest.
        ensure!(["failed", "unknown"].contains(&answer.text("/state")), "{}", answer.answer.text());
        world.until_asked_any(&id(&answer)?, &["failed", "declined"]).await?;
        ensure!(world.bank_total() == 0 && world.authorize_calls() == 0);
        Ok(())
    }

    async fn a_refund_through_trouble_is_given_once(world) {
        let (chaos, pos) = behind_chaos(world).await?;
        let mut body = world.sale(AMOUNT, GOOD_CARD);
        body["pos_account"] = json!(pos);
        let paid = world.pay(&body).await?;
        ensure!(paid.text("/state") == "succeeded", "{}", paid.answer.text());
        let (payment, order) = (id(&paid)?, order_no(&paid)?);
        chaos.trouble(Trouble::ResetAfterBooking);
        let refund = world.refund(&payment, &json!({})).await?.good()?;
        ensure!(refund.text("/state") != "succeeded", "{}", refund.answer.text());
        let list = format!("/v1/payments/{payment}/refunds");
        for _ in 0..8 {
            world.advance(Duration::from_secs(50));
            tokio::time::sleep(Duration::from_millis(300)).await;
            if world.api.get(&list).await?.good()?.text("/data/0/state") == "succeeded" {
                break;
            }
        }
        let refunds = world.api.get(&list).await?.good()?;
        ensure!(refunds.text("/data/0/state") == "succeeded", "{}", refunds.answer.text());
        ensure!(world.bank_net(&order) == 0, "the bank keeps {}", world.bank_net(&order));
        Ok(())
    }
}
