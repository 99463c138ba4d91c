//! The functions of the contract with their types: found when a component is loaded, checked against its own types then,
//! and from then on called without looking at the types again, which took a fiftieth of each call.

use std::marker::PhantomData;

use wasmtime::component::{
    Component, ComponentExportIndex, ComponentNamedList, ComponentType, Instance, Lift, Lower, TypedFunc,
};
use wasmtime::{Engine, Store};

use super::contract::{CardHandle, PointsLook, common, fault, wire};
use super::history::Look;
use super::sandbox::Sandbox;

const PAYMENTS: &str = "vezne:pos/payments@1.0.0";
const THREE_D_SECURE: &str = "vezne:pos/three-d-secure@1.0.0";
const PREAUTH: &str = "vezne:pos/preauth@1.0.0";
const HISTORY: &str = "vezne:pos/history@1.0.0";
const POINTS: &str = "vezne:points/points@1.0.0";

type Context = common::Context;
type Resumption = (Context, Option<common::Terms>, Vec<u8>, common::Reply, Option<CardHandle>);
type Start = (Context, common::Purpose, String, common::Terms, Option<CardHandle>);
type Answer<R> = (Result<R, fault::Fault>,);

/// A function from `P` to `R` or a fault.
pub(super) struct Function<P, R> {
    name: &'static str,
    index: ComponentExportIndex,
    types: PhantomData<fn(P) -> R>,
}

impl<P, R> Function<P, R>
where
    P: ComponentNamedList + Lower + Send + Sync + 'static,
    R: ComponentType + Lift + Send + Sync + 'static,
{
    fn find(component: &Component, interface: &ComponentExportIndex, name: &'static str) -> Result<Self, String> {
        let index = component.get_export_index(Some(interface), name);
        let index = index.ok_or_else(|| format!("it does not export the function {name}"))?;
        Ok(Self { name, index, types: PhantomData })
    }

    /// Notes its name and why where its types are not these.
    fn check(&self, store: &mut Store<Sandbox>, instance: Instance, wrong: &mut Vec<String>) {
        if let Err(error) = instance.get_typed_func::<P, Answer<R>>(store, &self.index) {
            wrong.push(format!("{}: {}", self.name, error.root_cause()));
        }
    }

    /// Calls it in a sandbox of the version for which it was found and checked.
    #[expect(unsafe_code, reason = "its types were compared when the version was loaded")]
    pub async fn call(
        &self,
        store: &mut Store<Sandbox>,
        instance: Instance,
        params: P,
    ) -> wasmtime::Result<Result<R, fault::Fault>> {
        let function = instance.get_func(&mut *store, self.index);
        let function = function.ok_or_else(|| wasmtime::Error::msg("a function of another component"))?;
        // SAFETY: the registry keeps only a version that is `checked`: `Functions::check` has compared the component's
        // types with `P` and `R` of this very field, and every instance has the types of its component.
        let function: TypedFunc<P, Answer<R>> = unsafe { TypedFunc::new_unchecked(function) };
        Ok(function.call_async(store, params).await?.0)
    }
}

/// Begins what a card pays for.
pub(super) type Charge = Function<(Context, common::Terms, CardHandle), common::Step>;

/// Is about what was done before.
pub(super) type FollowUp = Function<(Context, common::Target), common::Step>;

/// The same, of a part of it.
pub(super) type FollowUpPart = Function<(Context, common::Terms, common::Target), common::Step>;

/// The functions of one version, by interface.
pub(super) struct Functions {
    pub sale: Charge,
    pub void: FollowUp,
    pub refund: FollowUpPart,
    pub inquire: FollowUp,
    pub resume: Function<Resumption, common::Step>,
    pub three_d_secure: Option<ThreeDSecure>,
    pub preauth: Option<Preauth>,
    pub history: Option<History>,
    pub points: Option<Points>,
}

/// Of the optional interface `three-d-secure`.
pub(super) struct ThreeDSecure {
    pub start: Function<Start, common::Step>,
    pub correlate: Function<(wire::Callback,), String>,
}

/// Of the optional interface `preauth`.
pub(super) struct Preauth {
    pub authorize: Charge,
    pub capture: FollowUpPart,
}

/// Of the optional interface `history`: the bank's own book.
pub(super) struct History {
    pub of_order: Function<(Context, common::Target), Look>,
    pub of_day: Function<(Context, String, Option<Vec<u8>>), Look>,
    pub go_on: Function<(Context, Vec<u8>, common::Reply), Look>,
}

/// Of the optional interface `points`.
pub(super) struct Points {
    pub ask: Function<(Context, common::Terms, CardHandle), PointsLook>,
    pub go_on: Function<(Context, common::Terms, Vec<u8>, common::Reply), PointsLook>,
}

impl Functions {
    /// Looks all of them up: an optional interface is there whole or not at all.
    pub fn find(engine: &Engine, component: &Component) -> Result<Self, String> {
        let interface = |name| component.get_export_index(None, name);
        let payments = &interface(PAYMENTS).ok_or_else(|| {
            let types = component.component_type();
            let exports: Vec<_> = types.exports(engine).map(|(name, _)| name.to_owned()).collect();
            let exports = if exports.is_empty() { "nothing".to_owned() } else { exports.join(", ") };
            format!("it does not export {PAYMENTS}, so it is no connector of this contract; it exports {exports}")
        })?;
        let three_d_secure = |of: ComponentExportIndex| -> Result<_, String> {
            let start = Function::find(component, &of, "start")?;
            Ok(ThreeDSecure { start, correlate: Function::find(component, &of, "correlate")? })
        };
        let preauth = |of: ComponentExportIndex| -> Result<_, String> {
            let authorize = Function::find(component, &of, "authorize")?;
            Ok(Preauth { authorize, capture: Function::find(component, &of, "capture")? })
        };
        let history = |of: ComponentExportIndex| -> Result<_, String> {
            Ok(History {
                of_order: Function::find(component, &of, "of-order")?,
                of_day: Function::find(component, &of, "of-day")?,
                go_on: Function::find(component, &of, "go-on")?,
            })
        };
        let points = |of: ComponentExportIndex| -> Result<_, String> {
            let ask = Function::find(component, &of, "ask")?;
            Ok(Points { ask, go_on: Function::find(component, &of, "go-on")? })
        };
        Ok(Self {
            sale: Function::find(component, payments, "sale")?,
            void: Function::find(component, payments, "void")?,
            refund: Function::find(component, payments, "refund")?,
            inquire: Function::find(component, payments, "inquire")?,
            resume: Function::find(component, payments, "resume")?,
            three_d_secure: interface(THREE_D_SECURE).map(three_d_secure).transpose()?,
            preauth: interface(PREAUTH).map(preauth).transpose()?,
            history: interface(HISTORY).map(history).transpose()?,
            points: interface(POINTS).map(points).transpose()?,
        })
    }

    /// Compares the types of all of them with the component's; a sentence that names those that differ.
    pub fn check(&self, store: &mut Store<Sandbox>, instance: Instance) -> Result<(), String> {
        // Taken apart, so that none can be forgotten.
        let Self { sale, void, refund, inquire, resume, three_d_secure, preauth, history, points } = self;
        let mut wrong = Vec::new();
        sale.check(store, instance, &mut wrong);
        void.check(store, instance, &mut wrong);
        refund.check(store, instance, &mut wrong);
        inquire.check(store, instance, &mut wrong);
        resume.check(store, instance, &mut wrong);
        if let Some(ThreeDSecure { start, correlate }) = three_d_secure {
            start.check(store, instance, &mut wrong);
            correlate.check(store, instance, &mut wrong);
        }
        if let Some(Preauth { authorize, capture }) = preauth {
            authorize.check(store, instance, &mut wrong);
            capture.check(store, instance, &mut wrong);
        }
        if let Some(History { of_order, of_day, go_on }) = history {
            of_order.check(store, instance, &mut wrong);
            of_day.check(store, instance, &mut wrong);
            go_on.check(store, instance, &mut wrong);
        }
        if let Some(Points { ask, go_on }) = points {
            ask.check(store, instance, &mut wrong);
            go_on.check(store, instance, &mut wrong);
        }
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(format!("its functions have other types than the contract: {}", wrong.join("; ")))
        }
    }
}
