//! The bank's word on an order.

use anyhow::{Context, Result};
use vezne_sandbox::OrderView;

use crate::World;

impl World {
    /// The order as the bank's book has it.
    pub fn order(&self, order_no: &str) -> Result<OrderView> {
        self.bank.bank.order(order_no).with_context(|| format!("the bank has never heard of {order_no}"))
    }

    /// What the bank keeps for us under this order number; nothing where it never heard of it.
    pub fn bank_net(&self, order_no: &str) -> i64 {
        self.bank.bank.order(order_no).map_or(0, |o| o.net)
    }

    /// Everything the bank keeps for us.
    pub fn bank_total(&self) -> i64 {
        self.bank.bank.orders().iter().map(|o| o.net).sum()
    }

    /// How often the bank was asked for money, over all orders.
    pub fn authorize_calls(&self) -> usize {
        use vezne_sandbox::Op;
        self.bank.bank.requests().iter().filter(|r| matches!(r.op, Op::Auth | Op::PreAuth)).count()
    }
}
