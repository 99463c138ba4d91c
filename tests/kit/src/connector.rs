//! A connector as the kit calls it: functions, so that optional interfaces may be missing.

use vezne_plugin::history::Look;
use vezne_plugin::{
    Callback, Card, Context, Fault, History, Payments, Points, Preauth, Purpose, Reply, Step, Target, Terms,
    ThreeDSecure, points,
};

type Asked = Result<Step, Fault>;
type Looked = Result<Look, Fault>;
type Told = Result<points::Look, Fault>;
type Resume = fn(&Context, Option<&Terms>, &[u8], &Reply, Option<&Card>) -> Asked;

type Start = fn(&Context, Purpose, &str, &Terms, Option<&Card>) -> Asked;

type OfDay = fn(&Context, &str, Option<&[u8]>) -> Looked;

/// The functions of one connector.
#[derive(Clone, Copy)]
pub struct Connector {
    pub(crate) sale: fn(&Context, &Terms, &Card) -> Asked,
    pub(crate) void: fn(&Context, &Target) -> Asked,
    pub(crate) refund: fn(&Context, &Terms, &Target) -> Asked,
    pub(crate) inquire: fn(&Context, &Target) -> Asked,
    pub(crate) resume: Resume,
    pub(crate) preauth: Option<Reserving>,
    pub(crate) three_d_secure: Option<Gate>,
    pub(crate) history: Option<Book>,
    pub(crate) points: Option<Purse>,
}

/// The functions of [`Points`].
#[derive(Clone, Copy)]
pub(crate) struct Purse {
    pub ask: fn(&Context, &Terms, &Card) -> Told,
    pub go_on: fn(&Context, &Terms, &[u8], &Reply) -> Told,
}

/// The functions of [`History`].
#[derive(Clone, Copy)]
pub(crate) struct Book {
    pub of_order: fn(&Context, &Target) -> Looked,
    pub of_day: OfDay,
    pub go_on: fn(&Context, &[u8], &Reply) -> Looked,
}

/// The functions of [`Preauth`].
#[derive(Clone, Copy)]
pub(crate) struct Reserving {
    pub authorize: fn(&Context, &Terms, &Card) -> Asked,
    pub capture: fn(&Context, &Terms, &Target) -> Asked,
}

/// The functions of [`ThreeDSecure`].
#[derive(Clone, Copy)]
pub(crate) struct Gate {
    pub start: Start,
    pub correlate: fn(&Callback) -> Result<String, Fault>,
}

impl Connector {
    /// A connector without optional interfaces.
    pub fn of<C: Payments>() -> Self {
        Self {
            sale: C::sale,
            void: C::void,
            refund: C::refund,
            inquire: C::inquire,
            resume: C::resume,
            preauth: None,
            three_d_secure: None,
            history: None,
            points: None,
        }
    }

    /// The same one, which reserves too.
    #[must_use]
    pub fn with_preauth<C: Preauth>(self) -> Self {
        Self { preauth: Some(Reserving { authorize: C::authorize, capture: C::capture }), ..self }
    }

    /// The same one, which knows the 3-D gate too.
    #[must_use]
    pub fn with_three_d_secure<C: ThreeDSecure>(self) -> Self {
        Self { three_d_secure: Some(Gate { start: C::start, correlate: C::correlate }), ..self }
    }

    /// The same one, which reads the bank's book too.
    #[must_use]
    pub fn with_history<C: History>(self) -> Self {
        Self { history: Some(Book { of_order: C::of_order, of_day: C::of_day, go_on: C::go_on }), ..self }
    }

    /// The same one, which asks for points too.
    #[must_use]
    pub fn with_points<C: Points>(self) -> Self {
        Self { points: Some(Purse { ask: C::ask, go_on: C::go_on }), ..self }
    }
}
