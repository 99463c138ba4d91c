//! The stories: what payers, firms and banks go through, told over the public interfaces.

mod audit;
mod backup;
mod canary;
mod capture;
mod chaos;
mod crash;
mod debt;
mod direction;
mod disk;
mod doubt;
mod dropped;
mod family;
mod idempotency;
mod outage;
mod plugin;
mod refund;
mod replica;
mod routing;
mod sale;
mod statement;
mod three_ds;
mod three_ds_hostile;
mod unknown;
mod webhook;
mod webhook_hostile;
mod world;
