//! What a family of banks brings to the sandbox: pages, stores, and a memory of its own.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::Router;

use crate::bank::Bank;
use crate::store::Store;

/// One family. Listed in [`crate::FAMILIES`].
pub struct Family {
    /// The module's name: `nestpay`.
    pub name: &'static str,
    /// The family's pages, at the paths that the real gateways have below their host.
    pub routes: fn() -> Router<Bank>,
    /// The test stores, whose `family` is this name.
    pub stores: fn() -> Vec<Store>,
    /// What the family remembers between requests: [`Memory::of`] a type of its own.
    pub memory: fn() -> Memory,
}

/// A place for one value of one type, empty at first and after a reset.
pub struct Memory(TypeId, Box<dyn Kept>);

impl Memory {
    /// A place for a `T`.
    pub fn of<T: Default + Send + 'static>() -> Self {
        Self(TypeId::of::<T>(), Box::<Mutex<T>>::default())
    }
}

trait Kept: Send + Sync {
    fn forget(&self);
    fn as_any(&self) -> &dyn Any;
}

impl<T: Default + Send + 'static> Kept for Mutex<T> {
    fn forget(&self) {
        *locked(self) = T::default();
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Locks, also after a panic in another request: that must not take the bank down with it.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Every family's memory.
pub struct Memories(HashMap<TypeId, Box<dyn Kept>>);

impl Memories {
    /// One place for each family.
    pub fn new(families: &[Family]) -> Self {
        Self(families.iter().map(|f| (f.memory)()).map(|Memory(id, kept)| (id, kept)).collect())
    }

    /// The value of this type.
    ///
    /// # Panics
    /// If no family registered the type.
    pub fn lock<T: 'static>(&self) -> MutexGuard<'_, T> {
        let kept = self.0.get(&TypeId::of::<T>()).and_then(|k| (**k).as_any().downcast_ref::<Mutex<T>>());
        locked(kept.expect("a family registers the type of its memory"))
    }

    /// Empties all.
    pub fn forget(&self) {
        for kept in self.0.values() {
            kept.forget();
        }
    }
}
