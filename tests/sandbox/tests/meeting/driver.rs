//! Does a connector's steps against a bank's router, as the host would over the wire.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use tower::ServiceExt;
use vezne_plugin::history::{Line, Look};
pub use vezne_plugin::native::terms;
use vezne_plugin::native::{self, TestCard};
use vezne_plugin::points;
use vezne_plugin::{
    BankRef, BrowserAction, Card, Context, Fault, History, HttpResponse, Outcome, Payments, Points, Reply, Step,
    Target, Terms,
};
use vezne_sandbox::Bank;

pub const CODE: &str = "123456";
pub const ORDER: &str = "01JD8ZK0Q3XYZ0123456";
pub const CARD: &str = "4355084355084358";

/// A bank, and where its endpoints are.
pub struct Desk {
    pub bank: Bank,
    pub api: &'static str,
    pub gate: &'static str,
}

/// A payer who comes back to an address where nobody listens.
pub fn ctx(order: &str) -> Context {
    Context { callback_url: "http://127.0.0.1:9/back".into(), ..native::context(order) }
}

pub fn card(number: &str) -> TestCard {
    let mut card = TestCard::new(number, 12, 2030, Some("000"));
    card.holder = Some("Ayşe Yılmaz".into());
    card
}

/// The target of a later act: what the charge left behind.
pub fn target(operation: &str, model: &str, minor: i64, bank: BankRef) -> Target {
    let sent_at_millis = 1_795_338_000_000;
    Target { operation: operation.into(), model: model.into(), terms: terms(minor), bank, sent_at_millis }
}

impl Desk {
    /// Where an endpoint is: some banks have more than one service.
    fn place(&self, endpoint: &str) -> &'static str {
        match endpoint {
            // Param's hosted page.
            "hosted-api" => "/to.ws/Service_Odeme.asmx",
            // PayFlex.
            "mpi" => "/MPIAPI/MPI_Enrollment.aspx",
            "search" => "/UIService/Search.aspx",
            "register" => "/CommonPayment/api/RegisterTransaction",
            "transaction" => "/CommonPayment/api/VposTransaction",
            _ => self.api,
        }
    }

    async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, Vec<u8>)],
        body: Vec<u8>,
    ) -> (HttpResponse, String) {
        let request = Request::builder().method(method).uri(path);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, value.as_slice()));
        let request = request.body(Body::from(body)).expect("a request");
        let response = vezne_sandbox::router(self.bank.clone()).oneshot(request).await.expect("an answer");
        let status = response.status().as_u16();
        let read = |name| response.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        let (location, kind) = (read(header::LOCATION), read(header::CONTENT_TYPE));
        let headers = vec![("content-type".to_owned(), kind)];
        let body = to_bytes(response.into_body(), 1 << 20).await.unwrap_or_default().to_vec();
        (HttpResponse { status, headers, body, body_truncated: false }, location)
    }

    /// Sends until the connector is done or wants the payer.
    pub async fn run<C: Payments>(
        &self,
        ctx: &Context,
        terms: Option<&Terms>,
        step: Result<Step, Fault>,
    ) -> Result<Step, Fault> {
        // The host holds the card until the last send that needs it.
        let held = card(CARD).card();
        let mut step = step?;
        while let Step::Send(send) = &step {
            let answer = self.answered(send).await;
            native::next_call();
            step = C::resume(ctx, terms, &send.state, &Reply::Response(answer), Some(&held))?;
        }
        Ok(step)
    }

    /// The bank's answer to one request. What the connector does with it is another call.
    pub async fn answered(&self, send: &vezne_plugin::Send) -> HttpResponse {
        native::next_call();
        let path = format!("{}{}", self.place(&send.request.endpoint), send.request.path);
        let kind = send.request.content_type.clone().unwrap_or_default().into_bytes();
        let mut headers = vec![("content-type", kind)];
        let own = send.request.headers.iter();
        headers.extend(own.map(|field| (field.name.as_str(), native::reveal_part(&field.value))));
        self.send("POST", &path, &headers, native::reveal(&send.request.body)).await.0
    }

    /// What the bank lists of the order of `target`.
    pub async fn order<C: History>(&self, ctx: &Context, target: &Target) -> Vec<Line> {
        let (lines, next) = self.page::<C>(ctx, C::of_order(ctx, target)).await;
        assert!(next.is_none(), "an order is one list");
        lines
    }

    /// What the bank lists of its present day, all pages of it.
    pub async fn today<C: History>(&self, ctx: &Context) -> Vec<Line> {
        let now = vezne_plugin::istanbul::civil(self.bank.clock().now_ms());
        let day = format!("{:04}-{:02}-{:02}", now.year, now.month, now.day);
        let (mut lines, mut next) = self.page::<C>(ctx, C::of_day(ctx, &day, None)).await;
        while let Some(from) = next {
            let (more, then) = self.page::<C>(ctx, C::of_day(ctx, &day, Some(&from))).await;
            lines.extend(more);
            next = then;
        }
        lines
    }

    async fn page<C: History>(&self, ctx: &Context, look: Result<Look, Fault>) -> (Vec<Line>, Option<Vec<u8>>) {
        let mut look = look.expect("a question");
        loop {
            match look {
                Look::Listed(page) => return (page.lines, page.next),
                Look::Send(send) => {
                    let answer = self.answered(&send).await;
                    look = C::go_on(ctx, &send.state, &Reply::Response(answer)).expect("a list");
                }
            }
        }
    }

    /// What the bank says that the points of this card are worth; nothing where it says no.
    pub async fn points<C: Points>(&self, ctx: &Context, number: &str) -> Option<i64> {
        let terms = terms(1_000);
        let mut look = C::ask(ctx, &terms, &card(number).card()).expect("a question");
        loop {
            match look {
                points::Look::Told(worth) => return Some(worth.minor),
                points::Look::Declined(_) => return None,
                points::Look::Send(send) => {
                    let answer = Reply::Response(self.answered(&send).await);
                    native::next_call();
                    look = C::go_on(ctx, &terms, &send.state, &answer).expect("a number, or no");
                }
            }
        }
    }

    /// To the end of an act that needs no payer.
    pub async fn end<C: Payments>(&self, ctx: &Context, terms: Option<&Terms>, step: Result<Step, Fault>) -> Outcome {
        native::outcome(self.run::<C>(ctx, terms, step).await)
    }

    /// The payer goes where the step says, types what is asked for, and comes back.
    pub async fn pay<C: Payments>(
        &self,
        ctx: &Context,
        terms: &Terms,
        step: Result<Step, Fault>,
    ) -> Result<Outcome, Fault> {
        self.pay_holding::<C>(ctx, terms, step, None).await
    }

    /// The same at a bank that wants the card again afterwards: the host still holds it, or no longer.
    pub async fn pay_holding<C: Payments>(
        &self,
        ctx: &Context,
        terms: &Terms,
        step: Result<Step, Fault>,
        held: Option<&Card>,
    ) -> Result<Outcome, Fault> {
        let Step::Browse(browse) = self.run::<C>(ctx, Some(terms), step).await? else { panic!("a form") };
        let (BrowserAction::PostForm(form) | BrowserAction::Redirect(form)) = &browse.action;
        let text = |value| String::from_utf8_lossy(&native::reveal_part(value)).into_owned();
        let fields: Vec<_> = form.fields.iter().map(|field| (field.name.clone(), text(&field.value))).collect();
        // A bank's answer may name a whole address.
        let whole = form.path.split_once("://").map(|(_, rest)| rest[rest.find('/').unwrap_or(0)..].to_owned());
        let gate = whole.unwrap_or_else(|| format!("{}{}", self.gate, form.path));
        let method = if matches!(browse.action, BrowserAction::Redirect(_)) { "GET" } else { "POST" };
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
        let (mut path, mut page) = if method == "GET" && !query.is_empty() {
            self.visit(method, &format!("{gate}?{query}"), &[]).await
        } else {
            self.visit(method, &gate, &fields).await
        };
        if page.contains("name=\"pan\"") {
            let typed = [("pan", CARD), ("month", "12"), ("year", "30"), ("cv2", "000"), ("action", "pay")];
            (path, page) = self.visit("POST", &path, &typed.map(|(k, v)| (k.to_owned(), v.to_owned()))).await;
        }
        if path.starts_with("/acs/") {
            let typed = [("code", CODE), ("action", "confirm")].map(|(k, v)| (k.to_owned(), v.to_owned()));
            (path, page) = self.visit("POST", &path, &typed).await;
        }
        let mut fields = hidden(&page);
        // Led back by GET, or by a form that posts itself.
        if let Some(query) = path.strip_prefix(&format!("{}?", ctx.callback_url)) {
            fields = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        }
        let pairs: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let back = Reply::Callback(native::callback(&pairs));
        let back = C::resume(ctx, Some(terms), &browse.state, &back, held);
        self.run::<C>(ctx, Some(terms), back).await.map(|step| native::outcome(Ok(step)))
    }

    /// The same from a step that may be the end already.
    pub async fn pay_or_done<C: Payments>(
        &self,
        ctx: &Context,
        terms: &Terms,
        step: Step,
        held: Option<&Card>,
    ) -> Result<Outcome, Fault> {
        match step {
            Step::Done(outcome) => Ok(outcome),
            step => self.pay_holding::<C>(ctx, terms, Ok(step), held).await,
        }
    }

    async fn visit(&self, method: &str, path: &str, fields: &[(String, String)]) -> (String, String) {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let form = [("content-type", b"application/x-www-form-urlencoded".to_vec())];
        let (mut answer, mut location) = self.send(method, path, &form, body.into_bytes()).await;
        let mut path = path.to_owned();
        while answer.status == StatusCode::SEE_OTHER.as_u16() {
            path.clone_from(&location);
            (answer, location) = self.send("GET", &path, &form, Vec::new()).await;
        }
        (path, String::from_utf8_lossy(&answer.body).into_owned())
    }
}

/// The hidden fields of a page that posts itself.
fn hidden(page: &str) -> Vec<(String, String)> {
    let attribute = |text: &str, name: &str| {
        let value = text.split(&format!("{name}=\"")).nth(1).and_then(|r| r.split('"').next()).unwrap_or_default();
        value
            .replace("&#39;", "'")
            .replace("&quot;", "\"")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&")
    };
    page.split("<input type=\"hidden\"").skip(1).map(|i| (attribute(i, "name"), attribute(i, "value"))).collect()
}

/// `sale done 1001`, sorted: banks list in orders of their own.
pub fn listed(lines: &[Line]) -> Vec<String> {
    let mut all: Vec<String> = lines
        .iter()
        .map(|line| {
            format!("{} {} {}", line.operation.as_deref().unwrap_or_default(), line.standing, line.minor.unwrap_or(-1))
                .trim()
                .to_owned()
        })
        .collect();
    all.sort();
    all
}

/// What an approval left behind.
pub fn reference(outcome: &Outcome) -> BankRef {
    match outcome {
        Outcome::Approved(approval) => approval.bank.clone(),
        other => panic!("expected an approval, not {other:?}"),
    }
}

/// The amount that an approval states.
pub fn stated(outcome: &Outcome) -> Option<i64> {
    if let Outcome::Approved(approval) = outcome { approval.stated.minor } else { None }
}

/// `approved`, `declined CATEGORY`, `pending`, `not-processed` or `unknown`.
pub fn word(outcome: &Outcome) -> String {
    native::word(&Ok(Step::Done(outcome.clone())))
}
