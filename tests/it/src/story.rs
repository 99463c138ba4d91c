//! Runs one story in a runtime of its own.

use std::pin::Pin;

use crate::database::Database;
use crate::world::World;

type Future<'a> = Pin<Box<dyn std::future::Future<Output = anyhow::Result<()>> + Send + 'a>>;

/// Builds a world, plays the story in it, and checks what must hold after every story.
pub fn run(database: Database, story: impl for<'a> FnOnce(&'a World) -> Future<'a>) {
    if !database.is_there() {
        return;
    }
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let result = runtime.block_on(async {
        let world = World::start(database).await?;
        let told = story(&world).await;
        let closing = if told.is_ok() { world.check_invariants().await } else { Ok(()) };
        world.stop().await;
        told.and(closing)
    });
    runtime.shutdown_background();
    if let Err(error) = result {
        panic!("{error:?}");
    }
}
