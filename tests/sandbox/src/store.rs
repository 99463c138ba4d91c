//! The merchants' stores at the bank: the part that every family's stores have.
//!
//! What a family adds (users, passwords, keys, terminal numbers) is its [`Account`], a struct in the family's own `store.rs`.

use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;

use serde::{Serialize, Serializer};
use serde_json::Value;

/// What a family keeps about a store. Every serializable struct is one; secrets must be `#[serde(skip)]`.
pub trait Account: Any + Debug + Send + Sync {
    /// What the admin's list may show.
    fn shown(&self) -> Value;
    /// For [`Store::account`].
    fn as_any(&self) -> &dyn Any;
}

impl<T: Any + Debug + Send + Sync + Serialize> Account for T {
    fn shown(&self) -> Value {
        serde_json::to_value(self).unwrap_or(Value::Null)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// One store (üye işyeri) at the bank.
#[derive(Clone, Debug, Serialize)]
pub struct Store {
    /// Its name in the book, unique over all families: the client or merchant number.
    pub id: String,
    /// The family's module: `nestpay`.
    pub family: &'static str,
    /// Shown on the bank's pages.
    pub title: String,
    /// May sell without a security code (mail order).
    pub mail_order: bool,
    /// 3-D models this store may use, in the family's words.
    pub models: Vec<String>,
    /// Magic amounts work.
    pub magic_amounts: bool,
    #[serde(serialize_with = "shown")]
    account: Arc<dyn Account>,
}

fn shown<S: Serializer>(account: &Arc<dyn Account>, out: S) -> Result<S::Ok, S::Error> {
    account.shown().serialize(out)
}

impl Store {
    /// A store that needs a security code, has no 3-D models and knows magic amounts.
    pub fn new(family: &'static str, id: &str, title: &str, account: impl Account) -> Self {
        Self {
            id: id.to_owned(),
            family,
            title: title.to_owned(),
            mail_order: false,
            models: Vec::new(),
            magic_amounts: true,
            account: Arc::new(account),
        }
    }

    /// The same store with these 3-D models.
    pub fn with_models(self, models: &[&str]) -> Self {
        Self { models: models.iter().map(|m| (*m).to_owned()).collect(), ..self }
    }

    /// The same store, selling without a security code too.
    pub fn with_mail_order(self) -> Self {
        Self { mail_order: true, ..self }
    }

    /// May it use this 3-D model?
    pub fn allows(&self, model: &str) -> bool {
        self.models.iter().any(|m| m == model)
    }

    /// What the family keeps about it; nothing for another family's type.
    pub fn account<A: Account>(&self) -> Option<&A> {
        // Through the trait object, or the box itself would be asked for its type.
        (*self.account).as_any().downcast_ref()
    }
}
