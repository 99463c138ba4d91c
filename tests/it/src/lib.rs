//! The harness of the stories: a host and a bank in this process, over real sockets, on both databases.
//!
//! A story is an async function that gets a [`World`]; [`stories!`] runs it on SQLite and on PostgreSQL.
//! The bank's own book is the judge: see [`World::settle`].

#![expect(missing_docs, reason = "test code; the stories read as prose")]

pub mod api;
pub mod bank;
pub mod browser;
pub mod database;
pub mod family;
pub mod host;
pub mod http;
pub mod kill;
pub mod log;
pub mod person;
pub mod process;
pub mod proxy;
pub mod receiver;
pub mod seed;
pub mod story;
pub mod world;

pub use api::{Api, Reply};
pub use browser::{Browser, Page};
pub use database::Database;
pub use person::Person;
pub use story::run;
pub use world::World;

/// Runs each story on both databases.
///
/// ```ignore
/// stories! {
///     async fn a_sale_is_booked(world) { … Ok(()) }
/// }
/// ```
#[macro_export]
macro_rules! stories {
    ($($(#[$meta:meta])* async fn $name:ident($world:ident) $body:block)*) => {
        $(
            $(#[$meta])*
            mod $name {
                use super::*;

                async fn story($world: &$crate::World) -> ::anyhow::Result<()> $body

                #[test]
                fn sqlite() {
                    $crate::run($crate::Database::Sqlite, |world| ::std::boxed::Box::pin(story(world)));
                }

                #[test]
                fn postgres() {
                    $crate::run($crate::Database::Postgres, |world| ::std::boxed::Box::pin(story(world)));
                }
            }
        )*
    };
}
