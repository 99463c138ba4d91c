//! The harness of the stories: a host and a bank in this process, over real sockets, on both databases.
//!
//! A story is an async function that gets a [`World`]; [`stories!`] runs it on SQLite and on PostgreSQL.
//! The bank's own book is the judge: see [`World::settle`].

#![expect(missing_docs, reason = "test code; the stories read as prose")]

pub mod api;
pub mod bank;
pub mod browser;
pub mod canary;
pub mod chaos;
pub mod collector;
pub mod component;
pub mod database;
pub mod echo;
pub mod family;
// The proxy of `cargo xtask run --nodes`: what a person tries there is what the stories play.
#[path = "../../../xtask/src/front.rs"]
pub mod front;
pub mod host;
pub mod http;
pub mod kill;
pub mod log;
pub mod nodes;
pub mod patience;
pub mod person;
pub mod plugged;
pub mod process;
pub mod proxy;
pub mod receiver;
pub mod samples;
pub mod seed;
pub mod seeded;
pub mod shop;
pub mod story;
pub mod swap;
pub mod tls;
pub mod world;

pub use api::{Api, Reply};
pub use browser::{Browser, Page};
pub use database::Database;
pub use patience::Patience;
pub use person::Person;
pub use story::run;
pub use world::World;

/// Runs each story on both databases, or on those named.
///
/// ```ignore
/// stories! {
///     async fn a_sale_is_booked(world) { … Ok(()) }
/// }
/// stories! {
///     on Postgres as postgres;
///     async fn two_servers_charge_once(world) { … Ok(()) }
/// }
/// ```
#[macro_export]
macro_rules! stories {
    ($($(#[$meta:meta])* async fn $name:ident($world:ident) $body:block)*) => {
        $crate::stories! {
            on Sqlite as sqlite, Postgres as postgres;
            $($(#[$meta])* async fn $name($world) $body)*
        }
    };
    (on $database:ident as $test:ident; $($stories:tt)*) => {
        $crate::stories! { @each [$database as $test] $($stories)* }
    };
    (on $first:ident as $one:ident, $second:ident as $two:ident; $($stories:tt)*) => {
        $crate::stories! { @each [$first as $one, $second as $two] $($stories)* }
    };
    (@each $databases:tt $($(#[$meta:meta])* async fn $name:ident($world:ident) $body:block)*) => {
        $(
            $(#[$meta])*
            mod $name {
                use super::*;

                async fn story($world: &$crate::World) -> ::anyhow::Result<()> $body

                $crate::stories! { @tests $databases }
            }
        )*
    };
    (@tests [$($database:ident as $test:ident),*]) => {
        $(
            #[test]
            fn $test() {
                $crate::run($crate::Database::$database, |world| ::std::boxed::Box::pin(story(world)));
            }
        )*
    };
}
