//! The plugin runtime alone, as benchmarks call it: real components in real sandboxes, a bank that answers from memory at
//! once, no database.

use std::sync::Arc;

use anyhow::{Result, anyhow};
use bytes::Bytes;
use futures::future::BoxFuture;
use vezne::ctx::Clock;
use vezne::domain::card::{Card, Expiry, Pan, SecurityCode};
use vezne::domain::id::{PosAccountId, TenantId};
use vezne::domain::money::{Currency, Money};
use vezne::plugin::{
    Act, ActContext, BankRef, Ending, Endpoint, HeldCard, Installation, Operation, OutRequest, PluginInfo, Plugins,
    Response, Secret, Target, Terms, ThreeDModel, Transport, TransportFailure, Tuning, Unwritten, Verdict,
};

use crate::component::Component;

/// The clock of every act stands still here.
const NOW_MS: i64 = 1_790_000_000_000;
/// An act may take this long; none does.
const UNTIL_MS: i64 = NOW_MS + 30_000;

/// Says the same to everybody.
struct Says(Vec<u8>);

impl Transport for Says {
    fn send<'a>(
        &'a self,
        _: &'a OutRequest,
        _: tokio::time::Instant,
    ) -> BoxFuture<'a, Result<Response, TransportFailure>> {
        let response = Response { status: 200, headers: Vec::new(), body: self.0.clone(), truncated: false };
        Box::pin(async move { Ok(response) })
    }
}

/// Plugins whose bank gives one answer.
pub struct Plugged {
    pub plugins: Plugins,
    _folder: tempfile::TempDir,
}

impl Plugged {
    /// A runtime as a server has it. The program compiles components itself: see [`crate::host::compile_if_asked`].
    pub fn new(answer: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let compiler = std::env::current_exe()?;
        let bank = Arc::new(Says(answer.as_bytes().to_vec()));
        let plugins = Plugins::new(&folder.path().join("compiled"), Some(compiler), bank)?;
        plugins.serving_begins();
        Ok(Self { plugins, _folder: folder })
    }

    /// One plugin on an engine that is set in another way.
    pub fn tuned(answer: &str, name: &str, tuning: Tuning) -> Result<(Self, PluginInfo)> {
        let folder = tempfile::tempdir()?;
        let bank = Arc::new(Says(answer.as_bytes().to_vec()));
        let wasm = Component::built(name)?.wasm;
        let (plugins, info) = Plugins::load_tuned(&wasm, &folder.path().join("compiled"), bank, tuning)?;
        Ok((Self { plugins, _folder: folder }, info))
    }

    /// Loads a built component.
    pub async fn load(&self, name: &str) -> Result<PluginInfo> {
        self.load_as(&Component::built(name)?).await
    }

    /// Loads any component.
    pub async fn load_as(&self, component: &Component) -> Result<PluginInfo> {
        self.plugins.load(Bytes::from(component.wasm.clone())).await.map_err(|sentence| anyhow!(sentence))
    }

    /// Sells once.
    pub async fn sale(&self, installation: &Installation, card: &HeldCard) -> Ending {
        let act = Act::Sale { terms: terms() };
        self.plugins.drive(installation, &context(), act, Some(card), &Unwritten, UNTIL_MS).await
    }

    /// Asks what became of a sale.
    pub async fn inquiry(&self, installation: &Installation) -> Ending {
        let (operation, model) = (Operation::Sale, ThreeDModel::None);
        let target = Target { operation, model, terms: terms(), bank: BankRef::default(), sent_at_ms: 0 };
        self.plugins.drive(installation, &context(), Act::Inquire { target }, None, &Unwritten, UNTIL_MS).await
    }
}

/// An account of a new firm with everything that the plugin asks for.
pub fn installation(info: &PluginInfo, config: &[(&str, &str)]) -> Result<Installation> {
    let given = config.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let filled = info.manifest.config_filled(None, &given);
    let secrets = info.manifest.secrets.iter().map(|asked| (asked.name.clone(), Secret::new("ISBANK07".to_owned())));
    let endpoints = info.manifest.endpoints.iter().map(|(name, asked)| {
        let (takes_card, takes_secrets) = (asked.takes_card, asked.takes_secrets);
        (name.clone(), Endpoint { url: format!("https://bank.example/{name}"), takes_card, takes_secrets })
    });
    Ok(Installation {
        tenant: TenantId::at(0),
        pos_account: PosAccountId::at(0),
        digest: info.digest.clone(),
        config: Arc::new(filled.map_err(|problems| anyhow!("{problems:?}"))?),
        secrets: Arc::new(secrets.collect()),
        endpoints: endpoints.collect(),
        sandbox: false,
        zone: "Europe/Istanbul".to_owned(),
    })
}

/// 123,45 TRY in one payment.
pub fn terms() -> Terms {
    Terms {
        amount: Money::new(12_345, Currency::TRY),
        installments: 1,
        entry: "ecommerce".to_owned(),
        description: None,
    }
}

fn context() -> ActContext {
    ActContext::of_trial("ORD1", Clock::simulated(NOW_MS))
}

/// A card of a bank's test environment.
pub fn card() -> Result<HeldCard> {
    let card = Card {
        pan: Pan::parse(crate::world::GOOD_CARD)?,
        expiry: Expiry { month: 12, year: 2030 },
        security_code: Some(SecurityCode::parse("000")?),
        holder: None,
    };
    Ok(HeldCard::new(&card, "visa", None))
}

/// Whether the bank said yes.
pub fn is_approved(ending: &Ending) -> bool {
    matches!(ending, Ending::Done(Verdict::Approved(_)))
}

/// The code of an act that came to nothing.
pub fn code(ending: &Ending) -> &'static str {
    match ending {
        Ending::Done(Verdict::NotProcessed(reason) | Verdict::Unknown { reason, .. }) => reason.code,
        _ => "",
    }
}

/// How NestPay says yes.
pub const NESTPAY_YES: &str = "<?xml version=\"1.0\" encoding=\"ISO-8859-9\"?><CC5Response><OrderId>ORD1</OrderId>\
     <GroupId>ORD1</GroupId><Response>Approved</Response><AuthCode>P12345</AuthCode><HostRefNum>123</HostRefNum>\
     <ProcReturnCode>00</ProcReturnCode><TransId>T1</TransId><ErrMsg></ErrMsg><Extra></Extra></CC5Response>";

/// The settings that NestPay wants.
pub const NESTPAY_CONFIG: &[(&str, &str)] = &[("client-id", "700655000200"), ("user-name", "ISBANKAPI")];
