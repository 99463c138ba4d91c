//! The traits a connector implements and the macro that exports them.

use crate::history::Look;
use crate::points;
use crate::{Callback, Card, Context, Fault, Purpose, Reply, Step, Target, Terms};

/// What every connector can do. The contract in `wit/pos/pos.wit` is the authority.
pub trait Payments {
    /// Charges the card at once.
    fn sale(ctx: &Context, terms: &Terms, card: &Card) -> Result<Step, Fault>;
    /// Voids `target` before the bank's day end.
    fn void(ctx: &Context, target: &Target) -> Result<Step, Fault>;
    /// Gives back the amount of `terms`, all of `target` or a part of it.
    fn refund(ctx: &Context, terms: &Terms, target: &Target) -> Result<Step, Fault>;
    /// Asks what became of `target`. Read-only: this is what ends an unknown outcome.
    fn inquire(ctx: &Context, target: &Target) -> Result<Step, Fault>;
    /// Continues any of the others, the optional interfaces included, with what came back.
    fn resume(
        ctx: &Context,
        terms: Option<&Terms>,
        state: &[u8],
        reply: &Reply,
        card: Option<&Card>,
    ) -> Result<Step, Fault>;
}

/// Payments that begin at the bank's 3-D Secure gate.
pub trait ThreeDSecure {
    /// Builds the form for the payer's browser. `purpose` is what shall follow; `model` is one of
    /// [`words::model`](crate::words::model).
    fn start(ctx: &Context, purpose: Purpose, model: &str, terms: &Terms, card: Option<&Card>) -> Result<Step, Fault>;
    /// The `correlation` of the attempt a callback belongs to. Nothing is authentic yet.
    fn correlate(callback: &Callback) -> Result<String, Fault>;
}

/// Reservations.
pub trait Preauth {
    /// Reserves the amount on the card.
    fn authorize(ctx: &Context, terms: &Terms, card: &Card) -> Result<Step, Fault>;
    /// Takes the amount of `terms` from the reservation `target`.
    fn capture(ctx: &Context, terms: &Terms, target: &Target) -> Result<Step, Fault>;
}

/// The bank's own book, for reconciliation. Nothing here writes. [`crate::history`] has what it is made of.
pub trait History {
    /// Every transaction of the order of `target`.
    fn of_order(ctx: &Context, target: &Target) -> Result<Look, Fault>;
    /// Every transaction of one calendar day at the bank (`2026-11-22`); `next` is where the page before ended.
    fn of_day(ctx: &Context, day: &str, next: Option<&[u8]>) -> Result<Look, Fault>;
    /// Continues both with what came back.
    fn go_on(ctx: &Context, state: &[u8], reply: &Reply) -> Result<Look, Fault>;
}

/// What the points of a card are worth. Nothing here writes. [`crate::points`] has what it is made of.
pub trait Points {
    /// Asks the bank.
    fn ask(ctx: &Context, terms: &Terms, card: &Card) -> Result<points::Look, Fault>;
    /// Continues with what came back.
    fn go_on(ctx: &Context, terms: &Terms, state: &[u8], reply: &Reply) -> Result<points::Look, Fault>;
}

/// Between the generated export glue and an author's connector; made by [`export!`](crate::export).
#[doc(hidden)]
pub struct Exported<C>(std::marker::PhantomData<C>);

impl<C: Payments> crate::bindings::exports::vezne::pos::payments::Guest for Exported<C> {
    fn sale(ctx: Context, terms: Terms, card: &Card) -> Result<Step, Fault> {
        crate::host::panics_to_log();
        C::sale(&ctx, &terms, card)
    }

    fn void(ctx: Context, target: Target) -> Result<Step, Fault> {
        crate::host::panics_to_log();
        C::void(&ctx, &target)
    }

    fn refund(ctx: Context, terms: Terms, target: Target) -> Result<Step, Fault> {
        crate::host::panics_to_log();
        C::refund(&ctx, &terms, &target)
    }

    fn inquire(ctx: Context, target: Target) -> Result<Step, Fault> {
        crate::host::panics_to_log();
        C::inquire(&ctx, &target)
    }

    fn resume(
        ctx: Context,
        terms: Option<Terms>,
        state: Vec<u8>,
        reply: Reply,
        card: Option<&Card>,
    ) -> Result<Step, Fault> {
        crate::host::panics_to_log();
        C::resume(&ctx, terms.as_ref(), &state, &reply, card)
    }
}

impl<C: ThreeDSecure> crate::bindings::three_d_secure::exports::vezne::pos::three_d_secure::Guest for Exported<C> {
    fn start(ctx: Context, purpose: Purpose, model: String, terms: Terms, card: Option<&Card>) -> Result<Step, Fault> {
        crate::host::panics_to_log();
        C::start(&ctx, purpose, &model, &terms, card)
    }

    fn correlate(callback: Callback) -> Result<String, Fault> {
        crate::host::panics_to_log();
        C::correlate(&callback)
    }
}

impl<C: Preauth> crate::bindings::preauth::exports::vezne::pos::preauth::Guest for Exported<C> {
    fn authorize(ctx: Context, terms: Terms, card: &Card) -> Result<Step, Fault> {
        crate::host::panics_to_log();
        C::authorize(&ctx, &terms, card)
    }

    fn capture(ctx: Context, terms: Terms, target: Target) -> Result<Step, Fault> {
        crate::host::panics_to_log();
        C::capture(&ctx, &terms, &target)
    }
}

impl<C: History> crate::bindings::history::exports::vezne::pos::history::Guest for Exported<C> {
    fn of_order(ctx: Context, target: Target) -> Result<Look, Fault> {
        crate::host::panics_to_log();
        C::of_order(&ctx, &target)
    }

    fn of_day(ctx: Context, day: String, next: Option<Vec<u8>>) -> Result<Look, Fault> {
        crate::host::panics_to_log();
        C::of_day(&ctx, &day, next.as_deref())
    }

    fn go_on(ctx: Context, state: Vec<u8>, reply: Reply) -> Result<Look, Fault> {
        crate::host::panics_to_log();
        C::go_on(&ctx, &state, &reply)
    }
}

impl<C: Points> crate::bindings::points::exports::vezne::points::points::Guest for Exported<C> {
    fn ask(ctx: Context, terms: Terms, card: &Card) -> Result<points::Look, Fault> {
        crate::host::panics_to_log();
        C::ask(&ctx, &terms, card)
    }

    fn go_on(ctx: Context, terms: Terms, state: Vec<u8>, reply: Reply) -> Result<points::Look, Fault> {
        crate::host::panics_to_log();
        C::go_on(&ctx, &terms, &state, &reply)
    }
}

/// Makes a crate a component: `vezne_plugin::export!(MyBank: payments, three_d_secure, preauth);`
///
/// `payments` is required. On other targets than WebAssembly this is nothing at all.
#[macro_export]
macro_rules! export {
    ($connector:ident: $($interface:ident),+ $(,)?) => {
        $( $crate::__export_one!($connector, $interface); )+
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __export_one {
    ($connector:ident, payments) => {
        #[cfg(target_arch = "wasm32")]
        mod __vezne_payments {
            type Exported = $crate::connector::Exported<super::$connector>;
            $crate::bindings::export_payments!(Exported with_types_in $crate::bindings);
        }
    };
    ($connector:ident, three_d_secure) => {
        #[cfg(target_arch = "wasm32")]
        mod __vezne_three_d_secure {
            type Exported = $crate::connector::Exported<super::$connector>;
            $crate::bindings::three_d_secure::export_three_d_secure!(Exported with_types_in $crate::bindings::three_d_secure);
        }
    };
    ($connector:ident, preauth) => {
        #[cfg(target_arch = "wasm32")]
        mod __vezne_preauth {
            type Exported = $crate::connector::Exported<super::$connector>;
            $crate::bindings::preauth::export_preauth!(Exported with_types_in $crate::bindings::preauth);
        }
    };
    ($connector:ident, history) => {
        #[cfg(target_arch = "wasm32")]
        mod __vezne_history {
            type Exported = $crate::connector::Exported<super::$connector>;
            $crate::bindings::history::export_history!(Exported with_types_in $crate::bindings::history);
        }
    };
    ($connector:ident, points) => {
        #[cfg(target_arch = "wasm32")]
        mod __vezne_points {
            type Exported = $crate::connector::Exported<super::$connector>;
            $crate::bindings::points::export_points!(Exported with_types_in $crate::bindings::points);
        }
    };
}
