//! A connector that misbehaves in every way the host must survive. The setting `mode` says how, and whether
//! before (`trap`) or after (`after-trap`) its request has been sent. Without a setting the amount says how, so that a
//! story can put it in the place of another connector whose accounts have no such setting.

use vezne_plugin::{
    BankRef, Card, Context, DigestAlg, Effect, Fault, HttpRequest, Method, Outcome, Part, Payments, Reply, Sealed,
    Send, Stated, Step, Target, Terms, TextForm, host, step, value,
};

struct Bad;

vezne_plugin::export!(Bad: payments);

impl Payments for Bad {
    fn sale(_: &Context, terms: &Terms, card: &Card) -> Result<Step, Fault> {
        let mode = host::setting("mode").unwrap_or_else(|| by_amount(terms.amount.minor).to_owned());
        match mode.strip_prefix("after-") {
            Some(_) => write(vec![Part::Text("<x/>".to_owned())], "api"),
            None => misbehave(&mode, Some(terms), Some(card)),
        }
    }

    fn void(_: &Context, target: &Target) -> Result<Step, Fault> {
        misbehave(&host::setting("mode").unwrap_or_default(), Some(&target.terms), None)
    }

    fn refund(_: &Context, terms: &Terms, _: &Target) -> Result<Step, Fault> {
        misbehave(&host::setting("mode").unwrap_or_default(), Some(terms), None)
    }

    fn inquire(_: &Context, target: &Target) -> Result<Step, Fault> {
        misbehave(&host::setting("mode").unwrap_or_default(), Some(&target.terms), None)
    }

    fn resume(_: &Context, terms: Option<&Terms>, _: &[u8], _: &Reply, card: Option<&Card>) -> Result<Step, Fault> {
        let mode = host::setting("mode").unwrap_or_default();
        misbehave(mode.strip_prefix("after-").unwrap_or(&mode), terms, card)
    }
}

fn by_amount(minor: i64) -> &'static str {
    match minor {
        66_600 => "trap",
        66_601 => "card-leak",
        _ => "",
    }
}

fn write(body: Vec<Part>, endpoint: &str) -> Result<Step, Fault> {
    let request = HttpRequest {
        endpoint: endpoint.to_owned(),
        method: Method::Post,
        path: String::new(),
        query: Vec::new(),
        headers: Vec::new(),
        content_type: Some("text/xml".to_owned()),
        body,
    };
    let known = BankRef { bank_order_id: None, transaction_id: None, auth_code: None, extra: Vec::new() };
    Ok(Step::Send(Send { request, effect: Effect::OnceOnlyWrite, known, state: Vec::new() }))
}

fn misbehave(mode: &str, terms: Option<&Terms>, card: Option<&Card>) -> Result<Step, Fault> {
    match mode {
        "trap" => panic!("as asked"),
        "loop" => loop {
            std::hint::black_box(0);
        },
        "allocate" => {
            let mut hoard = Vec::new();
            loop {
                hoard.push(std::hint::black_box(vec![1_u8; 1 << 20]));
            }
        }
        "recurse" => Err(Fault::InvalidRequest(deep(1).to_string())),
        "resources" => {
            let hoard: Vec<_> = (0..1_000_000).map(|_| Sealed::concat(&[])).collect();
            Err(Fault::InvalidRequest(hoard.len().to_string()))
        }
        "log" => {
            let line = "4355084355084358 ".repeat(1000);
            (0..10_000).for_each(|_| host::note(host::Level::Error, &line, &[]));
            Err(Fault::InvalidRequest("logged".to_owned()))
        }
        "big-state" => {
            let Step::Send(mut send) = write(Vec::new(), "api")? else { unreachable!() };
            send.state = vec![7; 1 << 20];
            Ok(Step::Send(send))
        }
        "card-leak" => write(card.map(|card| Part::Sealed(card.pan())).into_iter().collect(), "no-card"),
        "measure" => {
            let pan = card.map(Card::pan).ok_or_else(|| Fault::InvalidRequest("no card".to_owned()))?;
            let known = (1..64).take_while(|&end| pan.slice(0, end).is_ok()).count();
            Err(Fault::InvalidRequest(known.to_string()))
        }
        "guess" => {
            let hash = value::secret("key")?.digest(DigestAlg::Sha256).to_text(TextForm::HexLower);
            Err(Fault::InvalidRequest(value::equals(&hash, "guess").to_string()))
        }
        "endless" => write(Vec::new(), "api"),
        "lie" => {
            let minor = terms.map(|terms| terms.amount.minor + 1);
            let stated = Stated { minor, currency: Some("949".to_owned()), order_id: None };
            let bank = BankRef { bank_order_id: None, transaction_id: None, auth_code: None, extra: Vec::new() };
            step::done(step::approved(bank, stated, None, Vec::new()))
        }
        "approve" => {
            let bank = BankRef { bank_order_id: None, transaction_id: None, auth_code: None, extra: Vec::new() };
            step::done(step::approved(bank, step::nothing_stated(), None, Vec::new()))
        }
        _ => step::done(Outcome::Unknown("no such mode".to_owned())),
    }
}

#[expect(unconditional_recursion, reason = "running out of stack is the point")]
fn deep(depth: u64) -> u64 {
    std::hint::black_box(depth) + deep(std::hint::black_box(depth + 1))
}
